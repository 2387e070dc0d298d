"""Whether a shell text goes on with something else where a command of it fails."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from wxlint.core.patterns import late

_BEFORE = late(r"(?:\n\\|\s)*[)}]?(?:\n\\|\s)*;?(?:[^;|&\n(){}\"'`\\]|\n\\|&&|&>)*")
"""What stands between the end of a command and what runs if it fails, of which `A && B || C` is one form, too; read
backwards."""
_ENDS = late(r"(?:exit|false|return)\b|[({][^)}]*\b(?:exit|false|return)\b")


def is_handled(text: str, end: int) -> bool:
    """Whether `||` stands behind a command, and behind that what does not end the text. end: of the command."""
    stretches = _handled(text)
    place = bisect_right(stretches, (end, len(text)))
    return bool(place) and end <= stretches[place - 1][1]


@lru_cache(maxsize=8)
def _handled(text: str) -> tuple[tuple[int, int], ...]:
    """The stretches of a text, each up to a `||`, in which commands end that are handled. No two overlap, so that the
    text is read once."""
    if "||" not in text:
        return ()
    size, backwards = len(text), text[::-1]
    found = []
    for match in re.finditer(r"\|\|\s*", text):
        before = _BEFORE.match(backwards, size - match.start())
        if before is not None and _ENDS.match(text, match.end()) is None:
            found.append((size - before.end(), match.start()))
    return tuple(found)
