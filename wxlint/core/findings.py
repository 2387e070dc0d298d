"""What the linter says: where (Span), how bad (Severity), and what (Finding)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.span import Span as Span
from wxlint.core.span import Where as Where
from wxlint.core.tuples import NamedTuple

if TYPE_CHECKING:
    from wxlint.core.fix import Fix


class Severity(IntEnum):
    """Ordered, so that a threshold is a comparison."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        return self.name.lower()


class Finding(NamedTuple):
    """One statement about the source.

    `because` is the chain of facts that makes it true, each with its place ("ARG TAG=latest (line 1)").
    `hint` says what to do. Both may be empty. `fix`: what clears it, where that was looked for and is known.
    """

    rule: str
    severity: Severity
    span: Span
    message: str
    hint: str = ""
    because: tuple[Reason, ...] = ()
    fix: Fix | None = None
