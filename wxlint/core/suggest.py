"""The name that a misspelt one was probably meant to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable

_LONGEST = 100
"""Characters of a name that are compared: the comparison is quadratic, and no name is longer."""


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """Find the allowed name that is closest to `name`; None when none is close."""
    import difflib  # on the way to an error only

    close = difflib.get_close_matches(name[:_LONGEST], list(allowed), 1)
    return close[0] if close else None


def did_you_mean(name: str, allowed: Iterable[str], shown: Callable[[str], str] = repr) -> str:
    """Write `; did you mean 'x'?`, to stand at the end of a message; nothing when no allowed name is close.

    Args:
        shown: how a name is quoted in the message.
    """
    close = nearest(name, allowed)
    return "" if close is None else f"; did you mean {shown(close)}?"
