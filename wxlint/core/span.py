"""A stretch of a file."""

from __future__ import annotations

from collections.abc import Callable

from wxlint.core.tuples import NamedTuple


class Span(NamedTuple):
    """A stretch of one file. Lines and columns count from 1, in characters (code points).

    `end_column` is the column after the last character, as in SARIF.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


Where = Callable[[], Span]
"""A stretch whose lines and columns are worked out when somebody asks: of most things that are read, nobody does."""
