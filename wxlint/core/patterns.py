"""Patterns that are compiled at their first use: compiling takes far longer than matching, and most runs need few."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

_METHODS = ("match", "search", "fullmatch", "finditer", "findall", "sub", "subn", "split")


class _Late:
    """Behaves as the compiled pattern; from the first use on its methods are the compiled one's own."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self.flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def late(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return what `re.compile` would, compiled at its first use; a test compiles all of them."""
    return cast("re.Pattern[str]", _Late(pattern, flags))


def lines_with(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield the lines in which a pattern of one line matches, each once."""
    end = -1
    for found in pattern.finditer(text):
        if found.start() > end:
            end = text.find("\n", found.end())
            end = len(text) if end < 0 else end
            yield text[text.rfind("\n", 0, found.start()) + 1 : end]


def found_behind(line: str, first: re.Pattern[str], then: re.Pattern[str]) -> re.Match[str] | None:
    """The match of a pattern behind that of another in a line. One pattern of both with `.*` between them would look
    through the rest of the line from each match of the first, which takes the square of a long line's time."""
    found = first.search(line)
    return then.search(line, found.end()) if found is not None else None
