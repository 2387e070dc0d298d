"""Texts in XML: what a file says can neither end an attribute nor hold a character that XML does not have."""

from __future__ import annotations

from wxlint.core.escape import escape

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;"}


def attribute(text: str) -> str:
    """The value of an attribute, without its quotes; each line escaped as for a terminal."""
    shown = "\n".join(map(escape, text.split("\n")))
    return "".join(_ENTITIES.get(character, character) for character in shown)


def body(text: str) -> str:
    """The text of an element."""
    return attribute(text).replace("&#10;", "\n")
