"""What Makefiles build and use: the recipes of every target, and of targets that `$(MAKE) TARGET NAME=VALUE` calls."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.paths import folders_above, normal
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.documents.makefile import Assignment, Makefile, MakeItem, MakeRule, Recipe, read_makefile
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import PROGRAMS, DockerCall, Script, Undefined
from wxlint.images.make.values import MakeExpander, MakeVariable
from wxlint.images.model.embedded_shell import EmbeddedText
from wxlint.images.model.records import Build, Use

if TYPE_CHECKING:
    from wxlint.documents.source import Source, TextProblem
    from wxlint.shell.model import Command

_PREFIXES = "@-+ \t"
"""What make takes off the start of a command line."""
_NAMED = late(r"(?<!\$)\$[({](\w{2,})[)}]")
_MOST_CALLS = 500
"""Targets that are followed, each call of `$(MAKE)` one: targets may call each other in a circle."""
_INCLUDES = 50

Read = Callable[[str], "Source | None"]
Find = Callable[[list[str]], "str | None"]


def makefile_script(source: Source, find: Find, read: Read) -> Script:
    """What a Makefile does with images.

    find: the first of several paths that is a known Dockerfile. read: any file of the repository.
    """
    make = _Make(source, find, read)
    make.run()
    undefined = tuple(make.undefined())
    return Script(tuple(make.calls), tuple(make.builds), tuple(make.uses), undefined=undefined, problems=make.problems)


class _Target:
    """A rule, with the file that it stands in."""

    def __init__(self, name: str, rule: MakeRule, source: Source, stem: Value | None = None) -> None:
        self.name, self.rule, self.source, self.stem = name, rule, source, stem


class _Make:
    def __init__(self, source: Source, find: Find, read: Read) -> None:
        self.source, self.find, self.read = source, find, read
        self.folder = posixpath.dirname(source.path)
        self.variables: dict[str, MakeVariable] = {"MAKE": MakeVariable("make"), "CURDIR": MakeVariable(".")}
        self.own: dict[str, list[tuple[Assignment, Source]]] = {}
        self.rules: list[tuple[MakeRule, Source]] = []
        self.calls: list[DockerCall] = []
        self.builds: list[Build] = []
        self.uses: list[Use] = []
        self.problems: tuple[TextProblem, ...] = ()
        self._files: set[str] = set()
        self._whole = True
        self._references: list[tuple[str, int, Source]] = []
        self._defined: set[str] = set()
        self._followed = 0

    def run(self) -> None:
        """Read the file with what it includes, then follow every target."""
        makefile = read_makefile(self.source)
        self.problems = makefile.problems
        self._load(makefile)
        for target in self._targets():
            self._follow(target, {}, ())

    # -- what the files say

    def _load(self, makefile: Makefile) -> None:
        self._files.add(makefile.source.path)
        for item in makefile.items:
            if item.assignment is not None:
                self._defined.add(item.assignment.name)
                self._refer(item.assignment.value, item.assignment.start, makefile.source)
            decided = self._decided(item)
            if decided is False:
                continue
            if item.kind == "assign" and item.assignment is not None:
                self._assign(item.assignment, makefile.source, decided is None)
            elif item.kind == "rule" and item.rule is not None:
                self.rules.append((item.rule, makefile.source))
            elif item.kind == "include":
                self._include(item.files)

    def _decided(self, item: MakeItem) -> bool | None:
        """Whether an item counts, by the conditions it stands in; None where that is not known."""
        expander = MakeExpander(self.variables, whole=self._whole)
        found = [expander.holds(test) for test in item.tests]
        return False if False in found else None if None in found else True

    def _assign(self, assignment: Assignment, source: Source, doubtful: bool) -> None:
        if assignment.target:
            self.own.setdefault(assignment.target, []).append((assignment, source))
            return
        _set(self.variables, assignment, source, doubtful)

    def _include(self, files: str) -> None:
        for name in MakeExpander(self.variables).value(files).text.split():
            if HOLE in name:
                self._whole = False
                continue
            path = normal(posixpath.join(self.folder, name))
            if path not in self._files and len(self._files) < _INCLUDES:
                source = self.read(path)
                if source is not None:
                    self._load(read_makefile(source))
                else:
                    self._whole = False

    def _refer(self, text: str, start: int, source: Source) -> None:
        """Note the variables that the value of an assignment names."""
        if "$(" in text or "${" in text:
            at = source.text.find(text.partition("\n")[0], start)
            for match in _NAMED.finditer(text.partition("\n")[0]):
                self._references.append((match[1], at + match.start(1), source))

    def undefined(self) -> Iterator[Undefined]:
        """Variables that assignments and command lines of docker name, and that nothing defines.

        None where an included file is not known: it may define anything.
        """
        if not self._whole:
            return
        for rule, source in self.rules:
            for recipe, _ in rule.recipes:
                if any(word in recipe.text for word in PROGRAMS):
                    self._references += [
                        (match[1], recipe.places[match.start(1)], source) for match in _NAMED.finditer(recipe.text)
                    ]
        others = tuple(sorted(self._defined))
        for name, start, source in self._references:
            if name not in self._defined and name not in self.variables and start >= 0:
                yield Undefined(name, source.span(start, start + len(name)), others)

    # -- targets

    def _targets(self) -> Iterator[_Target]:
        expander = MakeExpander(self.variables)
        wanted = {
            word
            for rule, _ in self.rules
            for word in expander.value(rule.prerequisites).text.split()
            if HOLE not in word
        }
        for rule, source in self.rules:
            if not any(word in recipe.text for recipe, _ in rule.recipes for word in (*PROGRAMS, "$")):
                continue
            for name in expander.value(rule.targets).text.split():
                if "%" not in name:
                    yield _Target(name, rule, source)
                    continue
                stems = sorted(stem for word in wanted if (stem := _stem(name, word)) is not None)
                for stem in stems:
                    yield _Target(name.replace("%", stem), rule, source, Value(stem))
                if not stems:
                    yield _Target(name.replace("%", HOLE), rule, source, Value(HOLE, ("$*",)))

    def _follow(self, target: _Target, given: dict[str, MakeVariable], because: tuple[Reason, ...]) -> None:
        """Run the recipes of a target. given: what the command line sets. because: the calls that led here."""
        if self._followed >= _MOST_CALLS or len(because) > 8:
            return
        self._followed += 1
        variables = {**self.variables, **self._of_target(target.name), **given}
        name = Value(target.name, ("$*",) * target.name.count(HOLE))
        needed = MakeExpander(variables).value(target.rule.prerequisites)
        first = Value(needed.text.split()[0]) if needed.known and needed.text.split() else Value(HOLE, ("$<",))
        automatic = {"@": name, "<": first, "^": needed, "*": target.stem or Value(HOLE, ("$*",))}
        expander = MakeExpander(variables, automatic, whole=self._whole)
        for recipe, tests in target.rule.recipes:
            if False not in [expander.holds(test) for test in tests]:
                self._recipe(target, recipe, expander, because)

    def _of_target(self, name: str) -> dict[str, MakeVariable]:
        """The variables that a target sets for itself."""
        found = dict(self.variables)
        for assignment, source in self.own.get(name, ()):
            _set(found, assignment, source, False)
        return {key: value for key, value in found.items() if self.variables.get(key) is not value}

    def _recipe(self, target: _Target, recipe: Recipe, expander: MakeExpander, because: tuple[Reason, ...]) -> None:
        text = EmbeddedText()
        leading = True
        for piece in expander.pieces(recipe.text):
            if piece.value is None:
                written = recipe.text[piece.start : piece.end]
                start = piece.end - len(written.lstrip(_PREFIXES)) if leading else piece.start
                text.written(recipe.text[start : piece.end], recipe.places[start : piece.end])
                leading = leading and start == piece.end
            else:
                value = piece.value
                if leading:  # `$(Q)docker build`, where Q is @
                    value = value._replace(text=value.text.lstrip(_PREFIXES))
                    leading = not value.text
                end = min(piece.end, len(recipe.places) - 1)
                text.filled(value, recipe.places[piece.start], max(recipe.places[end - 1] + 1, 1))
        source = target.source
        commands = text.commands(source, {}, recipe.places[-1], "bash", because)
        script = read_script(source, commands, self.find, self._starts)
        label = f"make {target.name}".replace(HOLE, "*")
        for build in script.builds:
            own = reason_at("build", label, build.span, target.name)
            self.builds.append(build._replace(built_by=(own, *build.built_by[1:])))
        self.calls += script.calls
        self.uses += script.uses
        for command in commands:
            self._called(command, target, because)

    def _called(self, command: Command, target: _Target, because: tuple[Reason, ...]) -> None:
        """Follow `$(MAKE) TARGET NAME=VALUE`."""
        words = [word.value for word in command.words]
        if words[0].text not in ("make", "gmake") or command.cwd is not None or len(words) < 2:
            return
        names: list[str] = []
        given: dict[str, MakeVariable] = {}
        for value in words[1:]:
            name, equals, text = value.text.partition("=")
            if name.startswith("-"):
                if name in ("-C", "-f", "--directory", "--file"):
                    return
            elif equals and HOLE not in name:
                given[name] = MakeVariable("", value._replace(text=text))
            elif value.known:
                names.append(value.text)
        if not given:
            return  # the target runs in the same way by itself
        line = target.source.position(command.start)[0]
        call = Reason("call", f"make {' '.join(names)}", target.source.path, line, " ".join(names))
        for other in self._targets():
            if other.name in names:
                self._follow(other, given, (*because, call))

    def _starts(self, cwd: Value | None) -> list[str]:
        """Where relative paths start: in the folder of the Makefile, or in one above it, from where it is called."""
        above = folders_above(self.folder)
        if cwd is None:
            return above
        if not cwd.known or cwd.text.startswith("/"):
            return []
        return [normal(posixpath.join(folder, cwd.text)) for folder in above]


def _stem(pattern: str, word: str) -> str | None:
    """What `%` stands for in a word that fits a pattern."""
    head, _, tail = pattern.partition("%")
    fits = word.startswith(head) and word.endswith(tail) and len(word) > len(head) + len(tail)
    return word[len(head) : len(word) - len(tail)] if fits else None


def _set(variables: dict[str, MakeVariable], assignment: Assignment, source: Source, doubtful: bool) -> None:
    """Carry out an assignment. doubtful: it stands in a condition that is not known."""
    name, operator, text = assignment.name, assignment.operator, assignment.value
    before = variables.get(name)
    if operator == "?=" and before is not None:
        return
    shown = text.strip().split("\n")[0]
    line = source.position(assignment.start)[0]
    kind = Reason("default" if operator == "?=" else "variable", f"{name}={shown[:80]}", source.path, line, name)
    place = Value("", (), (kind,))
    if doubtful or operator == "!=":
        variables[name] = MakeVariable("", Value(HOLE, (f"$({name})",)))
    elif operator == "+=" and before is not None:
        places = (*before.places, place)
        if before.value is not None:
            added = MakeExpander(variables).value(text)
            joined = before.value._replace(
                text=f"{before.value.text} {added.text}",
                holes=(*before.value.holes, *added.holes),
                because=(*before.value.because, *added.because),
            )
            variables[name] = MakeVariable("", joined, places)
        else:
            variables[name] = MakeVariable(f"{before.text} {text}", None, places)
    elif operator == ":=":
        variables[name] = MakeVariable("", MakeExpander(variables).value(text), (place,))
    else:
        variables[name] = MakeVariable(text, None, (place,))
