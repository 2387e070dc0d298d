"""Patterns that are compiled at their first use: compiling takes far longer than matching, and most runs need few."""

from __future__ import annotations

import re
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
