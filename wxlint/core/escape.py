"""Text from outside (names, tags, contents of files, messages of programs), made safe for a terminal and a CI log."""

from __future__ import annotations

import re

CI_COMMAND = r"#(?=[A-Za-z]*\[)(?<=##)"
"""The second # of "##[error]", "##vso[...]", "##teamcity[...]": CI runners obey these anywhere in a line of a log."""

_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def escape_character(character: str) -> str:
    """A character that must not reach a terminal, as its Python escape: \\x1b, \\u202e, \\U000e0001."""
    code = ord(character)
    return _SHORT.get(character) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )


def escape(text: str) -> str:
    """One line with nothing in it that a terminal or a CI runner would obey, or that hides.

    As `escape_part`; besides, the first colon of a text that starts as a workflow command does ("::error::").
    """
    text = escape_part(text)
    return text.replace(":", "\\x3a", 1) if "::" in text and text.lstrip().startswith("::") else text


def escape_part(text: str) -> str:
    """As `escape`, for a text that something else stands before on its line.

    Control and format characters (bidi overrides, zero-width), unassigned ones, lone surrogates, odd spaces and line
    breaks become escapes.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else escape_character(c) for c in text)
    return re.sub(CI_COMMAND, r"\\x23", text) if "##" in text else text


def escape_lines(text: str) -> str:
    """A text of several lines of our own, each as `escape` writes it; for a text from outside use `escape`."""
    return "\n".join(map(escape, text.split("\n")))


def escape_json(text: str) -> str:
    """JSON in ASCII, as json.dumps writes it, with nothing in it that a CI runner would obey."""
    return text.replace("##", "#\\u0023")
