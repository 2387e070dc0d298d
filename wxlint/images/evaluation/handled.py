"""Whether a shell text goes on with something else where a command of it fails."""

from __future__ import annotations

from wxlint.core.patterns import late

_OTHERWISE = late(r"(?:[^;|&\n(){}\"'`\\]|\\\n|&&|>&)*;?\s*[)}]?\s*\|\|\s*")
"""What stands between the end of a command and what runs if it fails, of which `A && B || C` is one form, too."""
_ENDS = late(r"(?:exit|false|return)\b|[({][^)}]*\b(?:exit|false|return)\b")


def is_handled(text: str, end: int) -> bool:
    """Whether `||` stands behind a command, and behind that what does not end the text. end: of the command."""
    found = _OTHERWISE.match(text, end) if "||" in text else None
    return found is not None and _ENDS.match(text, found.end()) is None
