"""Words, `name=value` pairs and exec forms of Dockerfile arguments, split as BuildKit splits them, not expanded."""

from __future__ import annotations

from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.template_marks import masked

SPACE = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f"
    "\u205f\u3000"
)
"""What Go's unicode.IsSpace accepts; Python's own str.strip() also takes U+001C to U+001F."""

_QUOTING = late(r"[\"'\\]")
_PLAIN = late(f"[^{SPACE}]+")
_LISTED = late(r"[^\t\v\f\r ]+")


class Pair(NamedTuple):
    """One `name=value` of ENV, ARG or LABEL; value None without `=`. Offsets into the text it was read from."""

    name: str
    value: str | None
    start: int
    end: int


@lru_cache(maxsize=4096)
def listed_words(text: str, start: int) -> tuple[tuple[int, int], ...]:
    """(start, end) of each word of a list of FROM, COPY, ADD, EXPOSE or VOLUME: split at any space, in quotes too."""
    return tuple([match.span() for match in _LISTED.finditer(masked(text), start)])


def words(text: str, start: int, escape: str = "\\") -> list[tuple[int, int]]:
    """(start, end) of each word of `text` from `start` on, split at unquoted space as BuildKit's parseWords does."""
    text = masked(text)
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


@lru_cache(maxsize=4096)
def pairs(text: str, start: int, escape: str = "\\", old_form: bool = True) -> tuple[Pair, ...]:
    """The `name=value` pairs of ENV (with its old form `ENV name value`) and ARG; each build asks for the same."""
    found = words(text, start, escape)
    if not found:
        return ()
    first = text[found[0][0] : found[0][1]]
    if old_form and "=" not in first:
        end = len(text.rstrip(SPACE))
        if len(found) == 1:
            return (Pair(first, None, *found[0]),)
        return (Pair(first, text[found[1][0] : end], found[0][0], end),)
    out = []
    for begin, end in found:
        name, equals, value = text[begin:end].partition("=")
        out.append(Pair(name, value if equals else None, begin, end))
    return tuple(out)


def json_words(args: str) -> list[str] | None:
    """The words of an exec form (`["a", "b"]`), or None when the text is not one (BuildKit then reads it as shell)."""
    stripped = args.strip(SPACE)
    if not (stripped.startswith("[") and stripped.endswith("]")):
        return None
    import json

    try:
        words = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return words
    return None
