"""What `make deps` starts in a RUN, where the Makefile is the repository's."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.images.installs.screening import MAKES, worth_reading
from wxlint.images.make.targets import MakeCall, MakeTarget, MakeTargets, commands_of_recipe, make_call, recipes_of
from wxlint.images.make.values import MakeVariable

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.shell.model import Command

_NAMES = ("GNUmakefile", "makefile", "Makefile")
"""Where make looks, in this order."""
_OPTIONS = frozenset(("-C", "--directory", "-f", "--file", "-s", "--silent", "-k"))
"""Options behind which the targets are what they are called."""
_STARTS_NOTHING = frozenset(("-n", "--dry-run", "--just-print", "-q", "--question", "-t", "--touch", "--version", "-v"))
_DECIDES = late(
    r"(?m)^[ \t]*(?:-?include|sinclude|ifn?eq|ifn?def|define|export|unexport|override|vpath)\b"
    r"|^\.(?:ONESHELL|DEFAULT_GOAL|EXPORT_ALL_VARIABLES|SHELLFLAGS)|\$[({](?:call|eval)\b"
)
"""What may decide what a recipe starts, and is not followed."""
_MOST_TARGETS = 200

Find = Callable[[str], "Source | None"]


class MakeRun(NamedTuple):
    """What a call of make starts. commands: in their order; None where that is not known. folder: the value of -C."""

    source: Source
    commands: tuple[Command, ...] | None
    folder: Value | None


def make_run(command: Command, find: Find, variables: Mapping[str, Value]) -> MakeRun | None:
    """Return what a command of make starts, of a Makefile whose recipes may install something; None for others.

    find: a file as the command finds it. variables: those of the environment.
    """
    options = {word.value.text for word in command.words[1:] if word.value.text.startswith("-")}
    call = make_call([word.value for word in command.words[1:]])
    source = _makefile(call, find)
    if source is None or source.foreign or not worth_reading(source.text) or not options.isdisjoint(_STARTS_NOTHING):
        return None
    known = call is not None and all(value is None or value.known for value in (call.place, call.file))
    plain = known and options <= _OPTIONS and not command.env and _DECIDES.search(source.text) is None
    if call is None or not plain or call.given:
        return MakeRun(source, None, None)
    given = {name: MakeVariable("", value) for name, value in variables.items()}
    make = MakeTargets(source, lambda path: None, given)
    run = _Run(make, variables)
    wanted = call.targets or _first(make)
    commands = tuple(command for target in wanted for command in run.commands(target))
    return MakeRun(source, commands if run.is_whole else None, call.place)


def _makefile(call: MakeCall | None, find: Find) -> Source | None:
    """The Makefile that a call reads; the plain one of the working directory where that is not known."""
    place, file = (call.place, call.file) if call is not None else (None, None)
    names = (file.text,) if file is not None and file.known else _NAMES
    folder = place.text if place is not None and place.known else ""
    return next((source for name in names if (source := find(posixpath.join(folder, name))) is not None), None)


def _first(make: MakeTargets) -> tuple[str, ...]:
    """The target that is made where none is named."""
    names = (target.name for target in make.targets())
    return next(((name,) for name in names if not name.startswith(".")), ())


class _Run:
    """The recipes of targets and of what they need, each once."""

    def __init__(self, make: MakeTargets, variables: Mapping[str, Value]) -> None:
        self.make, self.variables = make, variables
        self.targets: dict[str, list[MakeTarget]] = {}
        for target in make.targets():
            self.targets.setdefault(target.name, []).append(target)
        self.has_patterns = any("%" in rule.targets for rule, _ in make.rules)
        self.done: set[str] = set()
        self.is_whole = make.is_whole and not make.has_own_variables

    def commands(self, name: str) -> Iterator[Command]:
        """Yield what a target starts, what it needs before its own."""
        if name in self.done:
            return
        self.done.add(name)
        self.is_whole = self.is_whole and len(self.done) < _MOST_TARGETS and self._is_certain(name)
        for target in self.targets.get(name, ()) if self.is_whole else ():
            expander = self.make.expander(target, {})
            needed = expander.value(target.rule.prerequisites)
            self.is_whole = self.is_whole and needed.known
            for other in needed.text.split():
                yield from self.commands(other)
            for recipe in recipes_of(target, expander):
                for command in commands_of_recipe(target.source, recipe, expander, variables=self.variables):
                    self.is_whole = self.is_whole and command.words[0].value.text not in MAKES
                    yield command

    def _is_certain(self, name: str) -> bool:
        """Whether one rule at most makes a target, and no pattern may."""
        return len(self.targets.get(name, ())) <= 1 and (name in self.targets or not self.has_patterns)
