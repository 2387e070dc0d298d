"""Builds and uses of images in scripts, compose files, CI workflows, bake files and Makefiles."""
