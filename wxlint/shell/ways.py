"""The ways through a script that its arguments and environment choose: `build.sh gpu` beside `build.sh`.

A first walk takes the way that is likely, and does not know a variable behind a branch that nothing decides. Further
walks take the other ways at branches on which a command depends; what they run otherwise is run by the script too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.shell.model import Command
from wxlint.shell.options import read_options

_MOST_WAYS = 8
_MOST_FORKS = 20
"""Branches that are looked at: each is held against every command."""
_MOST_STEPS = 2_000
"""Of the first walk: a longer script is walked once."""
_PRINTS = ("echo", "printf")
_NAMES = frozenset(("-t", "--tag"))
_SETTINGS = ("DOCKER_", "BUILDKIT_", "COMPOSE_DOCKER_")
"""Variables that tell a program how to work, not what to work on."""

Key = tuple[int, int]
"""A branch: the number of its statement in the whole text, and its number there."""
Known = tuple[str, str, bool]
"""What a way says of a variable, as state.Refine."""


class Fork(NamedTuple):
    """A branch of which more than one way goes on.

    ways: the number of each, with what is known there. likely: the number of the one that is taken if `assumed` holds.
    names: the variables that are another behind each.
    """

    key: Key
    ways: tuple[tuple[int, Known | None], ...]
    likely: int | None
    assumed: tuple[Reason, ...]
    names: frozenset[str]

    @property
    def others(self) -> tuple[int, ...]:
        """The ways that the first walk has not taken and that say what they stand for."""
        return tuple([number for number, known in self.ways if number != self.likely and known])


class Ways:
    """The ways that a walk takes at branches, and the branches where it takes none. chosen: by branch."""

    def __init__(self, chosen: Mapping[Key, int] | None = None) -> None:
        self.chosen = chosen or {}
        self.forks: list[Fork] = []
        self.refused = False
        """Whether an earlier choice has denied a later one: no call takes these ways."""
        self._met: dict[int, int] = {}
        self._denied: set[tuple[str, str]] = set()

    def key(self, statement: int) -> Key:
        """Return the key of the branch that is met next in a statement."""
        number = self._met[statement] = self._met.get(statement, 0) + 1
        return statement, number

    def note(self, fork: Fork) -> None:
        """Keep a branch at which no way was chosen."""
        if len(self.forks) < _MOST_FORKS:
            self.forks.append(fork)

    def choice(self, key: Key, ways: Sequence[tuple[int, Known | None]]) -> int | None:
        """Return the way to be taken at a branch; None for none, or where an earlier choice denies it."""
        wanted = self.chosen.get(key)
        known = dict(ways)
        if wanted not in known:
            return None
        said = known[wanted]
        if said is not None and said[:2] in self._denied:
            self.refused = True
            return None
        self._denied.update(other[:2] for number, other in ways if other is not None and number != wanted)
        return wanted


def why(ways: Sequence[tuple[int, Known | None]], number: int) -> Reason:
    """Return what is presumed where a way is taken."""
    known = dict(ways)[number]
    if known is not None and known[0].isdigit():
        return Reason("way", f"where the script is called with {known[1]}", name=known[0])
    if known is not None:
        return Reason("way", f"where {known[0]} is {known[1]}", name=known[0])
    others = [other for each, other in ways if each != number and other is not None]
    if others:
        named = "the first argument" if others[0][0].isdigit() else others[0][0]
        return Reason("way", f"where {named} is not {' or '.join(other[1] for other in others)}")
    return Reason("way", f"where way {number + 1} of a branch is taken")


def with_other_ways(
    commands: tuple[Command, ...], ways: Ways, steps: int, walk: Callable[[Ways], tuple[Command, ...]]
) -> tuple[Command, ...]:
    """Return the commands of a first walk, and those that other ways run otherwise.

    A command that was not known for want of a choice gives way to those of each choice. steps: of the first walk.
    walk: walks again, and takes ways.
    """
    found = {_identity(command): command for command in commands}
    forks = [fork for fork in ways.forks if _matters(fork, commands)] if steps <= _MOST_STEPS else []
    if not forks:
        return tuple(found.values())
    open_forks = _combined([fork for fork in forks if fork.likely is None])
    first = tuple(found.values())
    unsettled = {key for key, one in found.items() if _unknown(one, open_forks)}
    for plan in _plans(open_forks, forks):
        taken = Ways(plan)
        run = walk(taken)
        for one in run if not taken.refused else ():
            key = _identity(one)
            if key not in found:
                found[key] = one
                if _unknown(one, [fork for fork in forks if fork.key not in plan]):
                    unsettled.add(key)
    if _make_the_same(one for key, one in found.items() if key not in unsettled):
        return first
    settled = {_place(one) for one in found.values() if not _unknown(one, forks)}
    return tuple([one for key, one in found.items() if key not in unsettled or _place(one) not in settled])


def _make_the_same(commands: Iterable[Command]) -> bool:
    """Whether one command builds different images of one name on different ways: what a later command names is then
    the one of its own way, and which that is nothing here tells."""
    made: dict[tuple[object, ...], tuple[object, ...]] = {}
    for command in commands:
        names = _names_made(command)
        if names:
            words = tuple(word.value.text for word in command.words)
            if made.setdefault((_place(command), names), words) != words:
                return True
    return False


def _names_made(command: Command) -> tuple[str, ...]:
    """The names that a build gives to its image: `-t NAME`, `--tag=NAME`."""
    if not any(word.value.text == "build" for word in command.words[:4]):
        return ()
    given = read_options(command.words, _NAMES).options
    return tuple(option.value.text for option in given if option.name in _NAMES and option.value is not None)


def _combined(forks: list[Fork]) -> list[Fork]:
    """The open branches whose ways are tried in every combination: of those that say nothing of a variable one, for
    two may ask the same."""
    silent = next((fork for fork in forks if not any(known for _, known in fork.ways)), None)
    chosen: list[Fork] = []
    count = 1
    for fork in forks:
        if (fork is silent or any(known for _, known in fork.ways)) and count * len(fork.ways) <= _MOST_WAYS:
            chosen.append(fork)
            count *= len(fork.ways)
    return chosen


def _plans(open_forks: list[Fork], forks: list[Fork]) -> Iterator[dict[Key, int]]:
    """What further walks choose: of open branches every combination, of likely ones one other way at a time."""
    combinations = [
        dict(zip([fork.key for fork in open_forks], numbers))
        for numbers in product(*[[number for number, _ in fork.ways] for fork in open_forks])
    ]
    left = _MOST_WAYS
    for plan in combinations if open_forks else ():
        left -= 1
        yield plan
    for plan in combinations:
        for fork in forks:
            others = fork.others if fork.likely is not None else ()
            if not others and fork.likely is not None and len(forks) == 1:
                others = tuple([number for number, _ in fork.ways if number != fork.likely])
            for number in others:
                if left > 0:
                    left -= 1
                    yield {**plan, fork.key: number}


def _matters(fork: Fork, commands: tuple[Command, ...]) -> bool:
    """Whether a command depends on the way that is taken: one that only prints does not count."""
    return any(
        _depends(value, fork)
        for command in commands
        if command.words[0].value.text not in _PRINTS
        for value in _values(command)
    )


def _depends(value: Value, fork: Fork) -> bool:
    if fork.likely is not None and any(reason in fork.assumed for reason in value.because):
        return True
    return any(_names(hole, fork) for hole in value.holes)


def _names(hole: str, fork: Fork) -> bool:
    """Whether a hole, named as written, is a variable that is another behind each way."""
    return hole.strip().lstrip("$").strip("{}") in fork.names


def _values(command: Command) -> Iterator[Value]:
    for word in command.words:
        yield word.value
    for name, value in command.env:
        if not name.startswith(_SETTINGS):
            yield value
    if command.cwd is not None:
        yield command.cwd


def _unknown(command: Command, forks: Sequence[Fork]) -> bool:
    """Whether a command is not known for want of a choice."""
    return any(_names(hole, fork) for value in _values(command) for hole in value.holes for fork in forks)


def _place(command: Command) -> tuple[object, ...]:
    return command.start, command.end, command.via


def _identity(command: Command) -> tuple[object, ...]:
    """What tells a command from others: where it stands, and what it is given."""
    values = tuple([value[:2] for value in _values(command)])
    return command.start, command.end, command.via, command.because, values
