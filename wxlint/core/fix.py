"""A change of files that clears a finding."""

from __future__ import annotations

from wxlint.core.span import Span
from wxlint.core.tuples import NamedTuple


class Edit(NamedTuple):
    """A stretch of a file, and the text that takes its place; an empty stretch is a place where the text comes in."""

    span: Span
    text: str


class Fix(NamedTuple):
    """edits: do not overlap. safe: the result is what the source or the policy already says is meant; an unsafe one may
    build something else than its author wants. text: what it does, as a sentence without its full stop.
    """

    edits: tuple[Edit, ...]
    safe: bool
    text: str
