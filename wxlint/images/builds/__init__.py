"""Builds and uses of images in scripts and compose files."""
