"""What a command ends with."""

from __future__ import annotations

OK = 0
"""Nothing at or above the threshold."""
FOUND = 1
"""Findings, or an image that is not as expected, or a build that failed."""
FAILED = 2
"""It could not be done: a mistake of the user, or something that cannot be read or written."""
BUG = 3
"""A bug in wxlint."""
INTERRUPTED = 130
"""Ctrl-C."""
