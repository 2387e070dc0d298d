"""What the parts that read parameters and arithmetic need of each other, and of the words they stand in."""

from __future__ import annotations

from typing import Protocol

from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.shell.bash.tree import Node, Param, Part
from wxlint.shell.state import ShellState, Status
from wxlint.shell.values import Variable


class Substitutes(Protocol):
    """Who runs the commands inside words. last: the outcome of the last command."""

    last: Status

    def substitute(self, body: Node | None, raw: str) -> Value:
        """What `$(...)` gives."""

    def aside(self, body: Node) -> None:
        """Run the commands of a process substitution."""


class Parameters(Protocol):
    """See parameter_values.ParameterValues."""

    def target(self, name: str) -> str:
        """The variable that a name means."""

    def variable(self, name: str) -> Variable | None:
        """A variable by its name; None when nothing here sets it."""

    def key(self, subscript: tuple[Part, ...], variable: Variable | None) -> Value | None:
        """A subscript; None when it is not known."""

    def store(self, text: str, value: Value | None) -> None:
        """Set a variable, or an item, by its name; None for what is not known."""

    def refuses(self, name: str) -> bool:
        """Whether a variable may not be set."""

    def operate(self, part: Param, value: Value) -> Value:
        """What an operator makes of a value."""

    def unbound(self, value: Value | None) -> None:
        """Under `set -u`, a variable that is not set, or may not be."""


class Lists(Protocol):
    """See parameter_lists.ParameterLists."""

    def lacks(self, part: Param) -> bool:
        """Whether an item is not there, or none of a slice."""

    def many(self, part: Param) -> list[Value] | None:
        """The values of a list; None for a parameter that is one value."""

    def bounds(self, part: Param) -> tuple[int, int | None] | None:
        """The two numbers of a slice."""


class Numbers(Protocol):
    """See sums.Sums."""

    def number(self, text: str) -> int | None:
        """The value of an expression without `$`."""


class Words(Protocol):
    """See expansion.Expander."""

    state: ShellState
    substitutes: Substitutes
    script: str
    zero: str
    bash: bool
    presume: bool
    inexact: bool

    @property
    def parameters(self) -> Parameters:
        """Who knows variables."""

    @property
    def lists(self) -> Lists:
        """Who knows lists."""

    @property
    def sums(self) -> Numbers:
        """Who calculates."""

    def part(self, part: Part, beside: tuple[Part, ...] = ()) -> Value:
        """One part of a word, without splitting."""

    def parts_value(self, parts: tuple[Part, ...]) -> Value:
        """Parts end to end."""

    def pattern(self, parts: tuple[Part, ...]) -> tuple[str, tuple[Reason, ...]] | None:
        """A pattern as a regular expression, and its reasons; None when unknown."""

    def charge(self, regex: str, length: int) -> None:
        """Count what looking for a pattern may take."""
