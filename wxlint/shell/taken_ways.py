"""A way that a walk takes at a branch: what is presumed behind it, and what is no longer known."""

from __future__ import annotations

from collections.abc import Sequence

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.shell.model import Command
from wxlint.shell.state import LOOP, ROUND, Changes, Mark, Option, Refine, ShellState
from wxlint.shell.values import NO_ARGUMENTS, PositionalParameters, Variable, hole
from wxlint.shell.ways import Fork, Key, why

End = tuple[int, Changes, Mark]
"""How a way ends that goes on: its number, what it has changed, and where it stands."""
_WRITERS = frozenset("cp mv ln sed tee cat rsync install envsubst patch git tar unzip curl wget rm".split())
_ARGUMENT = late(r"\$\{?[\d@*]")
"""In the name of a hole: a positional parameter."""


class TakenWay(NamedTuple):
    """The way that was chosen of a branch.

    known: what the branch says of a variable there. reason: that, in words. presumed: what no longer holds, since the
    way is not the likely one. changed: the variables that the way sets. shifts: whether it changes the arguments.
    """

    number: int
    known: Refine | None
    reason: Reason
    presumed: tuple[Reason, ...]
    changed: frozenset[str]
    shifts: bool

    def leave_presumptions(self, state: ShellState) -> None:
        """Forget what rests on what no longer holds."""
        about_arguments = any(map(_is_of_arguments, self.presumed))
        more = tuple(filter(_is_of_arguments, state.resting)) if about_arguments else ()
        state.forget((*self.presumed, *more))

    def enter(self, state: ShellState) -> None:
        """Set what the branch says of a variable, behind what the way itself has set."""
        if self.known is None:
            return
        name, value = self.known[0], Value(self.known[1], (), (self.reason,))
        if not name.isdigit():
            _forget_what_came_of(state, name)
            if name not in self.changed:
                state.put(name, value)
        elif name == "1" and not self.shifts:
            state.args = PositionalParameters((value,), True, state.args.script)


def taken(
    state: ShellState,
    ends: Sequence[End],
    options: Sequence[Option],
    likely: int | None,
    assumed: tuple[Reason, ...],
    key: Key,
) -> TakenWay | None:
    """Return the way that is chosen at a branch; where none is, note the branch."""
    assert state.ways is not None
    ways = [(number, options[number][0]) for number, _, _ in ends]
    number = state.ways.choice(key, ways)
    if number is None:
        changed = ((name, value) for _, changes, _ in ends for name, value in changes.items())
        names = {name for name, value in changed if not _is_forgotten(state, name, value)}
        names |= {known[0] for _, known in ways if known}
        state.ways.note(Fork(key, tuple(ways), likely, assumed, frozenset(names)))
        return None
    known = options[number][0]
    _, changes, end = next(one for one in ends if one[0] == number)
    presumed = denied(state, assumed, known) if number != likely else ()
    return TakenWay(number, known, why(ways, number), presumed, frozenset(changes), end.args is not state.args)


def denied(state: ShellState, assumed: tuple[Reason, ...], known: Refine | None) -> tuple[Reason, ...]:
    """Return what does not hold on a way. A variable that an option sets says nothing of other arguments; one that an
    argument gives does."""
    old = state.vars.get(known[0]) if known is not None else None
    if known is None or known[0].isdigit() or type(old) is not Value or _is_argument(old):
        return assumed
    return tuple(reason for reason in assumed if reason != NO_ARGUMENTS)


def writes(command: Command) -> bool:
    """Return whether a command changes files."""
    return bool(command.redirects) or command.words[0].value.text in _WRITERS


def is_outermost(state: ShellState) -> bool:
    """Return whether a walk is in no branch that may not be taken, and in no loop, whose rounds may each take
    another."""
    return not state.branching and not any(catch.kind in (LOOP, ROUND) for catch in state.catches)


def _is_argument(value: Value) -> bool:
    """Whether a value comes of an argument of the script."""
    named = any(reason.name.isdigit() for reason in value.because)
    return named or any(_ARGUMENT.search(one) for one in value.holes)


def _is_of_arguments(reason: Reason) -> bool:
    return reason == NO_ARGUMENTS or reason.name.isdigit()


def _forget_what_came_of(state: ShellState, name: str) -> None:
    """What was made of the value that a variable had before a way said another is not known."""
    for other, value in list(state.vars.items()):
        if other != name and type(value) is Value and any(reason.name == name for reason in value.because):
            if not any(reason.kind == "way" for reason in value.because):
                state.put(other, hole(state.named(other)))


def _is_forgotten(state: ShellState, name: str, value: Variable | None) -> bool:
    """Whether a branch only leaves a variable unknown, since what its value rested on does not hold there."""
    return type(value) is Value and value.text == HOLE and value.holes == (state.named(name),)
