"""Compose projects: the files that are started together, and what their services build and use."""
