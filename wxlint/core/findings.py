"""What the linter says: where (Span), how bad (Severity), and what (Finding)."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple


class Severity(IntEnum):
    """Ordered, so that a threshold is a comparison."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        return self.name.lower()


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


class Finding(NamedTuple):
    """One statement about the source.

    `because` is the chain of facts that makes it true, each with its place ("ARG TAG=latest (line 1)").
    `hint` says what to do. Both may be empty.
    """

    rule: str
    severity: Severity
    span: Span
    message: str
    hint: str = ""
    because: tuple[Reason, ...] = ()
