"""wxlint: one image policy, checked in the source before a build and in the image after it."""

__version__ = "0.1.0"
