"""Regular expressions of Go (RE2) as Python's, where both mean the same."""

from __future__ import annotations

import re

_UNLIKE = {"Q": r"\Q…\E", "E": r"\Q…\E", "C": r"\C", "p": "a class of Unicode", "P": "a class of Unicode"}
_GROUP = re.compile(r"\(\?(?:P<\w+>|(?P<flags>[a-zA-Z-]*)(?P<end>[:)]))")


_IN_CLASS = re.compile(r"(?<!\\)[\[&~|]")
"""What Python warns of inside of a class."""


class UnlikePythonError(Exception):
    """What in a pattern has no equal in Python."""


def python_pattern(text: str) -> str:
    """The same pattern for Python. Raises UnlikePythonError."""
    lines = any("m" in found["flags"] for found in _GROUP.finditer(text) if found["flags"])
    parts: list[str] = []
    at = 0
    while at < len(text):
        piece = _piece(text, at)
        at += len(piece)
        if piece == r"\z" or (piece == "$" and not lines):
            piece = r"\Z"  # Python's own $ also fits before a last line end
        elif piece[0] == "[":
            piece = "[" + _IN_CLASS.sub(r"\\\g<0>", piece[1:])
        parts.append(piece)
    pattern = "".join(parts)
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise UnlikePythonError(f"Python does not take it ({error})") from None
    return pattern


def _piece(text: str, at: int) -> str:
    """The next part of a pattern, as it stands there: an escape, a class, the head of a group, a character."""
    if text[at] == "\\":
        letter = text[at + 1 : at + 2]
        if letter in _UNLIKE:
            raise UnlikePythonError(f"Python has no {_UNLIKE[letter]}")
        if text.startswith("x{", at + 1):
            raise UnlikePythonError(r"Python has no \x{…}")
        return text[at : at + 2]
    if text[at] == "[":
        return _class(text, at)
    if text.startswith("(?", at):
        found = _GROUP.match(text, at)
        if found is None or not set(found["flags"] or "") <= set("ims-"):
            raise UnlikePythonError(f"Python has no {text[at : at + 5]!r}")
        return found[0]
    return text[at]


def _class(text: str, at: int) -> str:
    """A class of characters, to its end."""
    end = at + 1 + text.startswith("^", at + 1)
    end += text.startswith("]", end)
    while end < len(text) and text[end] != "]":
        if text.startswith("[:", end):
            raise UnlikePythonError("Python has no classes such as [:alpha:]")
        if text[end] == "\\" and text[end + 1 : end + 2] in _UNLIKE:
            raise UnlikePythonError(f"Python has no {_UNLIKE[text[end + 1]]}")
        end += 2 if text[end] == "\\" else 1
    return text[at : end + 1]
