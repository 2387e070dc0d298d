"""The patterns of `${name#pattern}`, `${name%pattern}` and `${name/pattern/text}`, matched as BuildKit matches them.

`*` is any text, `?` any character, and `\\` takes `*`, `?` and `\\` literally. Each stretch between stars is looked for
by itself, from one end, so that no pattern takes more steps than (length of the text) × (length of the pattern).
"""

from __future__ import annotations

import re
from functools import lru_cache

Piece = re.Pattern[str]
"""The stretch between two stars: literal characters and `.` for `?`."""


class PatternError(ValueError):
    """A pattern with an escape that BuildKit refuses."""


def check_pattern(pattern: str) -> None:
    """Raises PatternError for a pattern that is refused."""
    _pieces(pattern)


def trim_start(text: str, pattern: str, longest: bool) -> str:
    """`text` without the shortest or longest match of the pattern at its start. Raises PatternError."""
    first, *rest = _pieces(pattern)
    match = first.match(text)
    if not match:
        return text
    if not rest:
        return text[match.end() :]
    end = _behind(text, rest, match.end(), longest)
    return text if end is None else text[end:]


def trim_end(text: str, pattern: str, longest: bool) -> str:
    """As `trim_start`, at the end of the text."""
    return trim_start(text[::-1], _reversed(pattern), longest)[::-1]


def replace(text: str, pattern: str, new: str, everywhere: bool) -> str:
    """`text` with the first match replaced, or every one; a match is as long as it can be. Raises PatternError."""
    first, *rest = _pieces(pattern)
    out: list[str] = []
    at = kept = 0  # where the search goes on; up to where the text has been taken over
    while at <= len(text):
        match = first.search(text, at)
        end = match and (_behind(text, rest, match.end(), longest=True) if rest else match.end())
        if match is None or end is None:
            break
        out.append(text[kept : match.start()])
        if end > kept or match.start() == 0:  # an empty match right behind another one is none
            out.append(new)
        kept = end
        at = max(end, at + 1)
        if not everywhere:
            break
    out.append(text[kept:])
    return "".join(out)


def _behind(text: str, rest: list[Piece], at: int, longest: bool) -> int | None:
    """The end of the match of the pieces behind the first, each behind a star; None when there is none."""
    for piece in rest[:-1]:
        match = piece.search(text, at)
        if match is None:
            return None
        at = match.end()
    last = rest[-1]
    match = last.search(text, at)
    if match is None:
        return None
    if not longest:
        return match.end()
    width = match.end() - match.start()
    for start in range(len(text) - width, match.start(), -1):
        if last.match(text, start):
            return start + width
    return match.end()


@lru_cache(maxsize=256)
def _pieces(pattern: str) -> tuple[Piece, ...]:
    """The pieces between the stars of a pattern; at least one."""
    pieces: list[list[str]] = [[]]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            pieces.append([])
        elif char == "?":
            pieces[-1].append(".")
        elif char == "\\":
            following = pattern[at : at + 1]
            if following and following in "}/":  # escaped for the braces' sake; the pattern has the character alone
                continue
            if not following or following not in "*?\\":
                raise PatternError(f"invalid escape \\{following}")
            pieces[-1].append(re.escape(following))
            at += 1
        else:
            pieces[-1].append(re.escape(char))
    return tuple([re.compile("".join(piece)) for piece in pieces])


def _reversed(pattern: str) -> str:
    """A pattern from its end to its start, each escape still before its character."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        width = 2 if pattern[at] == "\\" and at + 1 < len(pattern) else 1
        out.append(pattern[at : at + width])
        at += width
    return "".join(reversed(out))
