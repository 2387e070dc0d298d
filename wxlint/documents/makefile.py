"""Makefiles, split into assignments, rules with their recipes, conditionals and includes; nothing is expanded.

    read_makefile(source) -> Makefile        never raises

Recipe lines keep the place of every character. What a line is follows GNU make's manual: a tab starts a recipe line
behind a rule, a backslash at the end of a line joins it with the next, `#` starts a comment outside of recipes.
"""

from __future__ import annotations

import re
from typing import Literal

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source

_ASSIGN = late(
    r"(?:(?:export|override|private)[ \t]+)*(?P<name>[^\s:#=+?!$()]+)[ \t]*"
    r"(?P<operator>\?=|::?:?=|\+=|!=|=)[ \t]*(?P<value>.*)",
    re.DOTALL,
)
_RULE = late(r"(?P<targets>[^:=#]+?)[ \t]*(?P<colon>::?)(?!=)(?P<rest>.*)", re.DOTALL)
_DEFINE = late(r"(?:override[ \t]+)?define[ \t]+(?P<name>[^\s=]+)[ \t]*=?[ \t]*")
_CONDITION = late(r"(?P<else>else[ \t]+)?(?P<word>ifeq|ifneq|ifdef|ifndef)\b[ \t]*(?P<rest>.*)")
_INCLUDE = late(r"[-s]?include[ \t]+(?P<files>.+)")


class Assignment(NamedTuple):
    """operator: "=", ":=", "?=", "+=" or "!=". start: the offset of the name. target: of a target's own variable."""

    name: str
    operator: str
    value: str
    start: int
    target: str = ""


class Recipe(NamedTuple):
    """One command line. places: the offset of each character of the text, and of its end."""

    text: str
    places: tuple[int, ...]


class Rule(NamedTuple):
    """targets, prerequisites: as written. recipes: the lines below, with the conditions they stand in."""

    targets: str
    prerequisites: str
    recipes: tuple[tuple[Recipe, tuple[Condition, ...]], ...]
    start: int


class Condition(NamedTuple):
    """A condition that a line stands in. word: ifeq, ifneq, ifdef or ifndef. negated: in the branch behind `else`."""

    word: str
    text: str
    negated: bool


class Item(NamedTuple):
    """One part of a Makefile, in the conditions that it stands in."""

    kind: Literal["assign", "rule", "include"]
    tests: tuple[Condition, ...]
    assignment: Assignment | None = None
    rule: Rule | None = None
    files: str = ""


class Makefile(NamedTuple):
    source: Source
    items: tuple[Item, ...]


class _Line(NamedTuple):
    """A logical line: continued lines joined, each backslash with its line end one blank outside of recipes."""

    text: str
    places: tuple[int, ...]


def read_makefile(source: Source) -> Makefile:
    """Split a Makefile. Never raises."""
    reader = _Reader(source)
    reader.read()
    return Makefile(source, tuple(reader.items))


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.items: list[Item] = []
        self.tests: list[list[Condition]] = []
        self.rule: tuple[str, str, int, tuple[Condition, ...]] | None = None
        self.recipes: list[tuple[Recipe, tuple[Condition, ...]]] = []

    @property
    def inside(self) -> tuple[Condition, ...]:
        return tuple(test for branch in self.tests for test in branch)

    def read(self) -> None:
        define: tuple[str, int, list[str]] | None = None
        for line in _lines(self.source):
            stripped = line.text.strip()
            if define is not None:
                if stripped.startswith("endef"):
                    name, start, texts = define
                    self._assign(Assignment(name, "=", "\n".join(texts), start))
                    define = None
                else:
                    define[2].append(line.text)
            elif line.text.startswith("\t") and self.rule is not None:
                self._recipe(line)
            elif not stripped or stripped.startswith("#"):
                continue
            elif started := _DEFINE.fullmatch(stripped):
                define = (started["name"], line.places[0], [])
            else:
                self._directive(line, stripped)
        self._end_rule()

    def _recipe(self, line: _Line) -> None:
        at = 1
        while at < len(line.text) and line.text[at] in "@-+ \t":
            at += 1
        if line.text[at:].strip():
            self.recipes.append((Recipe(line.text[at:], line.places[at:]), self.inside))

    def _directive(self, line: _Line, stripped: str) -> None:
        if self._conditional(stripped):
            return
        if (include := _INCLUDE.fullmatch(stripped)) is not None:
            self._end_rule()
            self.items.append(Item("include", self.inside, files=include["files"]))
            return
        text = _uncommented(line.text).strip()
        lead = len(line.text) - len(line.text.lstrip())
        start = line.places[min(lead, len(line.places) - 1)]
        assign = _ASSIGN.fullmatch(text)
        if assign is not None:
            self._end_rule()
            self._assign(Assignment(assign["name"], _operator(assign["operator"]), assign["value"], start))
            return
        rule = _RULE.fullmatch(text)
        if rule is None:
            return
        own = _ASSIGN.fullmatch(rule["rest"].strip())
        self._end_rule()
        if own is not None:
            for target in rule["targets"].split():
                self._assign(Assignment(own["name"], _operator(own["operator"]), own["value"], start, target))
            return
        prerequisites, _, command = rule["rest"].partition(";")
        self.rule = (rule["targets"], prerequisites.strip(), start, self.inside)
        if command.strip():
            at = line.text.index(command, line.text.index(";"))
            end = at + len(command)
            self.recipes.append((Recipe(command, (*line.places[at:end], line.places[end])), self.inside))

    def _conditional(self, text: str) -> bool:
        """Whether a line starts, turns or ends a condition; it is noted."""
        found = _CONDITION.fullmatch(text)
        if found is not None:
            test = Condition(found["word"], _uncommented(found["rest"]).strip(), False)
            if not found["else"]:
                self.tests.append([test])
            elif self.tests:
                last = self.tests[-1].pop()
                self.tests[-1] += [last._replace(negated=True), test]
            return True
        word = _uncommented(text).strip()
        if word == "else" and self.tests:
            last = self.tests[-1].pop()
            self.tests[-1].append(last._replace(negated=True))
        elif word == "endif" and self.tests:
            self.tests.pop()
        return word in ("else", "endif")

    def _assign(self, assignment: Assignment) -> None:
        self.items.append(Item("assign", self.inside, assignment))

    def _end_rule(self) -> None:
        if self.rule is not None:
            targets, prerequisites, start, tests = self.rule
            rule = Rule(targets, prerequisites, tuple(self.recipes), start)
            self.items.append(Item("rule", tests, rule=rule))
        self.rule, self.recipes = None, []


def _operator(text: str) -> str:
    return ":=" if text in ("::=", ":::=") else text


def _uncommented(text: str) -> str:
    """A line without its comment."""
    at = text.find("#")
    while at > 0 and text[at - 1] == "\\":
        at = text.find("#", at + 1)
    return text if at < 0 else text[:at]


def _lines(source: Source) -> list[_Line]:
    found: list[_Line] = []
    text: list[str] = []
    places: list[int] = []
    recipe = False
    for number, start in enumerate(source.starts):
        raw = source.line_text(number + 1)
        if not text:
            recipe = raw.startswith("\t")
        continued = (len(raw) - len(raw.rstrip("\\"))) % 2 == 1
        skipped = 0
        if text and recipe:
            skipped = 1 if raw.startswith("\t") else 0
        elif text:
            skipped = len(raw) - len(raw.lstrip())
        body = raw[skipped:-1] if continued and not recipe else raw[skipped:]
        body = body.rstrip() + " " if continued and not recipe else body
        text.append(body)
        places.extend(range(start + skipped, start + skipped + len(body)))
        if continued and recipe:
            text.append("\n")
            places.append(start + len(raw))
        if not continued:
            found.append(_Line("".join(text), (*places, start + len(raw))))
            text, places = [], []
    if text:
        found.append(_Line("".join(text), (*places, len(source.text))))
    return found
