"""Words and `name=value` pairs of Dockerfile arguments, split as BuildKit's `parseWords` splits them; nothing is expanded."""

from __future__ import annotations

from wxlint.documents.dockerfile import SPACE
from wxlint.patterns import late
from wxlint.tuples import NamedTuple

_QUOTING = late(r"[\"'\\]")
_PLAIN = late(f"[^{SPACE}]+")


class Pair(NamedTuple):
    """One `name=value` of ENV, ARG or LABEL; value None without `=`. Offsets into the text it was read from."""

    name: str
    value: str | None
    start: int
    end: int


def words(text: str, start: int, escape: str = "\\") -> list[tuple[int, int]]:
    """(start, end) of each word of `text` from `start` on, split at unquoted space as BuildKit's parseWords does."""
    if not _QUOTING.search(text, start) and (escape == "\\" or escape not in text):
        return [match.span() for match in _PLAIN.finditer(text, start)]
    found: list[tuple[int, int]] = []
    at, end = start, len(text)
    while at < end:
        while at < end and text[at] in SPACE:
            at += 1
        if at >= end:
            break
        first, quote = at, ""
        while at < end:
            char = text[at]
            if char == escape and quote != "'" and at + 1 < end:
                at += 2
                continue
            if quote:
                if char == quote:
                    quote = ""
            elif char in "\"'":
                quote = char
            elif char in SPACE:
                break
            at += 1
        at = min(at, end)
        found.append((first, at))
    return found


def pairs(text: str, start: int, escape: str = "\\", old_form: bool = True) -> list[Pair]:
    """The `name=value` pairs of ENV (with its old form `ENV name value`) and ARG."""
    found = words(text, start, escape)
    if not found:
        return []
    first = text[found[0][0] : found[0][1]]
    if old_form and "=" not in first:
        end = len(text.rstrip(SPACE))
        if len(found) == 1:
            return [Pair(first, None, *found[0])]
        return [Pair(first, text[found[1][0] : end], found[0][0], end)]
    out = []
    for begin, end in found:
        name, equals, value = text[begin:end].partition("=")
        out.append(Pair(name, value if equals else None, begin, end))
    return out
