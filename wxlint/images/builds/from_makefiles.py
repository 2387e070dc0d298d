"""What Makefiles build and use: the recipes of every target, and of targets that `$(MAKE) TARGET NAME=VALUE` calls."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint.core.paths import folders_above, normal
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.documents.makefile import Recipe
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import PROGRAMS, DockerCall, Script, Undefined
from wxlint.images.installs.screening import MAKES
from wxlint.images.make.targets import (
    OF_ANOTHER,
    MakeTarget,
    MakeTargets,
    Matching,
    Read,
    commands_of_recipe,
    make_call,
    recipes_of,
)
from wxlint.images.make.values import MakeExpander, MakeVariable
from wxlint.images.model.records import Build, Use

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.shell.model import Command

_MOST_CALLS = 500
"""Targets that are followed, each call of `$(MAKE)` one: targets may call each other in a circle."""

Find = Callable[[list[str]], "str | None"]


def makefile_script(source: Source, find: Find, read: Read, matching: Matching = lambda pattern: ()) -> Script:
    """What a Makefile does with images.

    find: the first of several paths that is a known Dockerfile. read: any file of the repository. matching: the paths
    of a pattern.
    """
    found = _Images(source, find, MakeTargets(source, read, None, matching))
    for target in found.targets():
        found.follow(target, {}, ())
    undefined = tuple(found.undefined())
    problems = found.make.problems
    return Script(tuple(found.calls), tuple(found.builds), tuple(found.uses), undefined=undefined, problems=problems)


class _Images:
    """What the targets of a Makefile build and use."""

    def __init__(self, source: Source, find: Find, make: MakeTargets) -> None:
        self.make = make
        self.find = find
        self.calls: list[DockerCall] = []
        self.builds: list[Build] = []
        self.uses: list[Use] = []
        self._followed = 0

    def undefined(self) -> Iterator[Undefined]:
        """Variables that assignments and command lines of docker name, and that nothing defines."""
        make = self.make
        if not make.is_whole:
            return
        references = list(make.references)
        for rule, source in make.rules:
            for recipe, _ in rule.recipes:
                if any(word in recipe.text for word in PROGRAMS):
                    references += make.names_in(recipe, source)
        others = tuple(sorted(make.defined))
        for name, start, source in references:
            if name not in make.defined and name not in make.variables and start >= 0:
                yield Undefined(name, source.span(start, start + len(name)), others)

    def targets(self) -> Iterator[MakeTarget]:
        """Yield the targets that may start docker."""
        for target in self.make.targets():
            if any(word in recipe.text for recipe, _ in target.rule.recipes for word in (*PROGRAMS, "$")):
                yield target

    def follow(self, target: MakeTarget, given: Mapping[str, MakeVariable], because: tuple[Reason, ...]) -> None:
        """Run the recipes of a target. given: what the command line sets. because: the calls that led here."""
        if self._followed >= _MOST_CALLS or len(because) > 8:
            return
        self._followed += 1
        expander = self.make.expander(target, given)
        for recipe in recipes_of(target, expander):
            self._recipe(target, recipe, expander, because)

    def _recipe(self, target: MakeTarget, recipe: Recipe, expander: MakeExpander, because: tuple[Reason, ...]) -> None:
        commands = commands_of_recipe(target.source, recipe, expander, because)
        script = read_script(target.source, commands, self.find, self._starts)
        label = f"make {target.name}".replace(HOLE, "*")
        for build in script.builds:
            own = reason_at("build", label, build.span, target.name)
            self.builds.append(build._replace(built_by=(own, *build.built_by[1:])))
        self.calls += script.calls
        self.uses += script.uses
        for command in commands:
            self._called(command, target, because)

    def _called(self, command: Command, target: MakeTarget, because: tuple[Reason, ...]) -> None:
        """Follow `$(MAKE) TARGET NAME=VALUE`."""
        words = [word.value for word in command.words]
        if words[0].text not in MAKES or command.cwd is not None:
            return
        if any(value.text.startswith(OF_ANOTHER) for value in words):
            return
        call = make_call([value for value in words[1:] if value.known or "=" in value.text])
        if call is None or not call.given:
            return  # without variables the target runs in the same way by itself
        line = target.source.position(command.start)[0]
        named = " ".join(call.targets)
        reason = Reason("call", f"make {named}", target.source.path, line, named)
        for other in self.targets():
            if other.name in call.targets:
                self.follow(other, call.given, (*because, reason))

    def _starts(self, cwd: Value | None) -> list[str]:
        """Where relative paths start: in the folder of the Makefile, or in one above it, from where it is called."""
        above = folders_above(self.make.folder)
        if cwd is None:
            return above
        if not cwd.known or cwd.text.startswith("/"):
            return []
        return [normal(posixpath.join(folder, cwd.text)) for folder in above]
