"""What stands in `$'...'`: a text with escapes as in C."""

from __future__ import annotations

import re

from wxlint.core.patterns import late

_ESCAPE = late(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))", re.S)
_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}


def unescaped(text: str) -> str:
    """The text that bash makes of what stands between the quotes."""
    return _ESCAPE.sub(_character, text).replace("\0", "")


def _character(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits:
        code = int(digits, 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    if match[4]:
        return chr(int(match[4], 8) & 0xFF)
    if match[5]:
        return chr(ord(match[5]) & 0x1F)
    char = match[6]
    return _CHARACTERS.get(char, char if char in "\\'\"?" else "\\" + char)
