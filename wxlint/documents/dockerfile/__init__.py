"""Dockerfiles, split as BuildKit splits them; nothing is expanded."""
