"""The heredocs that a line of a Dockerfile opens: their names, split and unquoted as BuildKit does it."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.words import SPACE

_HEREDOC = late(rf"(\d*)<<(-?)([{SPACE}]*)([^<]*)")
_BEHIND_ARROWS = late(r"[ \t\r]*")


class Opening(NamedTuple):
    """`<<NAME` on a line. expand: the name is not quoted. chomp: `<<-`. spaced: `<< NAME`, none for older frontends."""

    name: str
    expand: bool
    chomp: bool
    spaced: bool


def heredoc_openings(args: str) -> list[Opening]:
    """The heredocs that a line opens, in order."""
    found = []
    for word in _raw_words(args):
        match = _HEREDOC.fullmatch(word)
        name = _unquote(match[4]) if match and match[4] else None
        if match and name:
            found.append(Opening(name, name == match[4], match[2] == "-", match[3] != ""))
    return found


def _raw_words(text: str) -> list[str]:
    """Words split at unquoted space, quotes and escapes kept; space behind `<<` belongs to the word."""
    words: list[str] = []
    first: int | None = None
    at, end = 0, len(text)
    while at < end:
        char = text[at]
        if char in SPACE:
            if first is not None:
                words.append(text[first:at])
                first = None
            at += 1
            continue
        first = at if first is None else first
        if char == "<" and text.startswith("<", at + 1):
            space = _BEHIND_ARROWS.match(text, at + 2)
            at = space.end() if space else at + 2
        elif char in "\"'":
            at = _behind_quote(text, at)
        else:
            at += 2 if char == "\\" else 1
    if first is not None:
        words.append(text[first:])
    return words


def _behind_quote(text: str, at: int) -> int:
    """The offset behind the quoted stretch that starts at `at`; the end of the text when it is not closed."""
    quote = text[at]
    at += 1
    while at < len(text):
        if text[at] == "\\" and quote == '"':
            at += 2
            continue
        if text[at] == quote:
            return at + 1
        at += 1
    return len(text)


def _unquote(raw: str) -> str | None:
    """A heredoc name without its quotes; None when it is more than one word."""
    if not any(c in raw for c in "\"'\\ \t"):
        return raw
    out: list[str] = []
    quote = ""
    at = 0
    while at < len(raw):
        char = raw[at]
        if quote:
            if char == quote:
                quote = ""
            else:
                out.append(char)
        elif char in "\"'":
            quote = char
        elif char == "\\" and at + 1 < len(raw):
            at += 1
            out.append(raw[at])
        else:
            out.append(char)
        at += 1
    return None if quote else "".join(out)
