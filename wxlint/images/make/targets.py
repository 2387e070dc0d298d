"""The rules of a Makefile with what it includes, and the commands that the recipes of a target start."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.makefile import Assignment, Makefile, MakeItem, MakeRule, Recipe, read_makefile
from wxlint.images.make.values import MakeExpander, MakeVariable
from wxlint.images.model.embedded_shell import EmbeddedText

if TYPE_CHECKING:
    from wxlint.documents.source import Source, TextProblem
    from wxlint.shell.model import Command

_PREFIXES = "@-+ \t"
"""What make takes off the start of a command line."""
_LINE_PREFIXES = late(r"(?<=\n)(?<!\\\n)[-@+ \t]+")
_NAMED = late(r"(?<!\$)\$[({](\w{2,})[)}]")
_GLOB = late(r"[*?\[]")
_INCLUDES = 50
OF_ANOTHER = ("-C", "-f", "--directory", "--file", "--makefile")

Read = Callable[[str], "Source | None"]
Matching = Callable[[str], Sequence[str]]


class MakeTarget(NamedTuple):
    """A name that a rule makes, and the file that the rule stands in. stem: what `%` stands for."""

    name: str
    rule: MakeRule
    source: Source
    stem: Value | None = None


class NamedVariable(NamedTuple):
    """A variable that a text names, and where."""

    name: str
    start: int
    source: Source


class MakeCall(NamedTuple):
    """What a command line of make asks for.

    targets: the names; the first target of the file where there is none. given: the variables that it sets. place: the
    value of -C; file: that of -f.
    """

    targets: tuple[str, ...]
    given: Mapping[str, MakeVariable]
    place: Value | None = None
    file: Value | None = None


def make_call(words: Sequence[Value]) -> MakeCall | None:
    """Return what a command line of make asks for, its first word left out; None where that is not known."""
    names: list[str] = []
    given: dict[str, MakeVariable] = {}
    of_another: dict[str, Value] = {}
    words = list(words)
    while words:
        value = words.pop(0)
        name, equals, text = value.text.partition("=")
        if name in OF_ANOTHER and (equals or words):
            where = value._replace(text=text) if equals else words.pop(0)
            of_another["C" if name in ("-C", "--directory") else "f"] = where
        elif name.startswith("-"):
            continue
        elif equals and HOLE not in name:
            given[name.rstrip(":+?")] = MakeVariable("", value._replace(text=text))
        elif value.known:
            names.append(value.text)
        else:
            return None
    return MakeCall(tuple(names), given, of_another.get("C"), of_another.get("f"))


class MakeTargets:
    """The targets of a Makefile.

    read: any file that it may include, by its path. environment: the variables that make finds set. matching: the
    paths of a pattern.
    """

    def __init__(
        self,
        source: Source,
        read: Read,
        environment: Mapping[str, MakeVariable] | None = None,
        matching: Matching = lambda pattern: (),
    ) -> None:
        self.read, self.matching = read, matching
        self.folder = posixpath.dirname(source.path)
        own = {"MAKE": MakeVariable("make"), "CURDIR": MakeVariable(".")}
        self.variables: dict[str, MakeVariable] = {**(environment or {}), **own}
        self.rules: list[tuple[MakeRule, Source]] = []
        self.defined: set[str] = set()
        self.references: list[NamedVariable] = []
        self.is_whole = True
        """Whether every included file is known: another one may define anything."""
        self._own: dict[str, list[tuple[Assignment, Source]]] = {}
        self._files: set[str] = set()
        makefile = read_makefile(source)
        self.problems: tuple[TextProblem, ...] = makefile.problems
        self._load(makefile)

    def _load(self, makefile: Makefile) -> None:
        self._files.add(makefile.source.path)
        for item in makefile.items:
            if item.assignment is not None:
                self.defined.add(item.assignment.name)
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
        expander = MakeExpander(self.variables, whole=self.is_whole)
        found = [expander.holds(test) for test in item.tests]
        return False if False in found else None if None in found else True

    def _assign(self, assignment: Assignment, source: Source, doubtful: bool) -> None:
        if assignment.target:
            self._own.setdefault(assignment.target, []).append((assignment, source))
            return
        _set(self.variables, assignment, source, doubtful)

    def _include(self, files: str) -> None:
        for path in self._included(MakeExpander(self.variables).value(files).text.split()):
            if path not in self._files and len(self._files) < _INCLUDES:
                source = self.read(path)
                if source is not None:
                    self._load(read_makefile(source))
                else:
                    self.is_whole = False

    def _included(self, names: list[str]) -> Iterator[str]:
        """Yield the paths of files to include."""
        for name in names:
            path = normal(posixpath.join(self.folder, name))
            if _GLOB.search(name):
                found = self.matching(path) if HOLE not in name else []
                self.is_whole = self.is_whole and bool(found)
                yield from sorted(found)
            elif HOLE in name:
                self.is_whole = False
            else:
                yield path

    def _refer(self, text: str, start: int, source: Source) -> None:
        """Note the variables that the value of an assignment names."""
        if "$(" in text or "${" in text:
            at = source.text.find(text.partition("\n")[0], start)
            for match in _NAMED.finditer(text.partition("\n")[0]):
                self.references.append(NamedVariable(match[1], at + match.start(1), source))

    @property
    def has_own_variables(self) -> bool:
        """Whether a target sets variables for itself, and for what it needs."""
        return bool(self._own)

    def names_in(self, recipe: Recipe, source: Source) -> Iterator[NamedVariable]:
        """Yield the variables that a command line names."""
        for match in _NAMED.finditer(recipe.text):
            yield NamedVariable(match[1], recipe.places[match.start(1)], source)

    def targets(self) -> Iterator[MakeTarget]:
        """Yield every target that the rules make, those of patterns for what others need."""
        expander = MakeExpander(self.variables)
        wanted = {
            word
            for rule, _ in self.rules
            for word in expander.value(rule.prerequisites).text.split()
            if HOLE not in word
        }
        for rule, source in self.rules:
            for name in expander.value(rule.targets).text.split():
                if "%" not in name:
                    yield MakeTarget(name, rule, source)
                    continue
                stems = sorted(stem for word in wanted if (stem := _stem(name, word)) is not None)
                for stem in stems:
                    yield MakeTarget(name.replace("%", stem), rule, source, Value(stem))
                if not stems:
                    yield MakeTarget(name.replace("%", HOLE), rule, source, Value(HOLE, ("$*",)))

    def expander(self, target: MakeTarget, given: Mapping[str, MakeVariable]) -> MakeExpander:
        """Return what expands the recipes of a target. given: what the command line sets."""
        variables = {**self.variables, **self._of_target(target.name), **given}
        name = Value(target.name, ("$*",) * target.name.count(HOLE))
        needed = MakeExpander(variables).value(target.rule.prerequisites)
        first = Value(needed.text.split()[0]) if needed.known and needed.text.split() else Value(HOLE, ("$<",))
        automatic = {"@": name, "<": first, "^": needed, "*": target.stem or Value(HOLE, ("$*",))}
        return MakeExpander(variables, automatic, whole=self.is_whole)

    def _of_target(self, name: str) -> dict[str, MakeVariable]:
        """The variables that a target sets for itself."""
        found = dict(self.variables)
        for assignment, source in self._own.get(name, ()):
            _set(found, assignment, source, False)
        return {key: value for key, value in found.items() if self.variables.get(key) is not value}


def recipes_of(target: MakeTarget, expander: MakeExpander) -> Iterator[Recipe]:
    """Yield the command lines of a target that may run."""
    for recipe, tests in target.rule.recipes:
        if False not in [expander.holds(test) for test in tests]:
            yield recipe


def commands_of_recipe(
    source: Source,
    recipe: Recipe,
    expander: MakeExpander,
    because: tuple[Reason, ...] = (),
    variables: Mapping[str, Value] | None = None,
) -> tuple[Command, ...]:
    """Return what a command line starts, with places in the Makefile. because: what else each command depends on.

    variables: those of the environment.
    """
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
            if "\n" in value.text:  # each line of a `define` is a command line of its own
                value = value._replace(text=_LINE_PREFIXES.sub("", value.text))
            if leading:  # `$(Q)docker build`, where Q is @
                value = value._replace(text=value.text.lstrip(_PREFIXES))
                leading = not value.text
            end = min(piece.end, len(recipe.places) - 1)
            text.filled(value, recipe.places[piece.start], max(recipe.places[end - 1] + 1, 1))
    return text.commands(source, variables or {}, recipe.places[-1], "bash", because)


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
