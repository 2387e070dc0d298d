"""Makefiles, split into assignments, rules with their recipes, conditionals and includes; nothing is expanded.

    read_makefile(source) -> Makefile        never raises

Recipe lines keep the place of every character. What a line is follows GNU make's manual: a tab starts a recipe line
behind a rule, a backslash at the end of a line joins it with the next, `#` starts a comment outside of recipes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source, TextProblem

_ASSIGN = late(
    r"(?:(?:export|override|private)[ \t]+)*(?P<name>[^\s:#=+?!$()]+)[ \t]*"
    r"(?P<operator>\?=|::?:?=|\+=|!=|=)[ \t]*(?P<value>.*)",
    re.DOTALL,
)
_RULE = late(r"(?P<targets>[^:=#]+?)[ \t]*(?P<colon>::?)(?!=)(?P<rest>.*)", re.DOTALL)
_DEFINE = late(
    r"(?:(?:override|export|private)[ \t]+)*define[ \t]+(?P<name>[^\s=]+?)[ \t]*(?:::?:?=|[+?!]?=)?[ \t]*(?:#.*)?"
)
_CONDITION = late(r"(?P<else>else[ \t]+)?(?P<word>ifeq|ifneq|ifdef|ifndef)\b[ \t]*(?P<rest>.*)")
_INCLUDE = late(r"[-s]?include[ \t]+(?P<files>.+)")


_OTHERS = late(r"(?mi)^[.!][ \t]*(?:if|include|for|undef|error)|^\.RECIPEPREFIX|\{%|<%|^@\w+@")
"""What other makes have (BSD's, NMAKE), what lets recipes start with another sign, and marks of templates."""
_TABBED = late(r"(?m)^\t[ \t]*(?:if(?:n?eq|n?def)|else|endif)\b")
_WORD = late(r"[-\w]+")
_DIRECTIVES = frozenset(
    "export unexport override private undefine vpath load -load include -include sinclude"
    " define endef else endif".split()
)


_ENDS_RULE = frozenset("export unexport vpath undefine load -load".split())


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


class MakeRule(NamedTuple):
    """targets, prerequisites: as written. recipes: the lines below, with the conditions they stand in."""

    targets: str
    prerequisites: str
    recipes: tuple[tuple[Recipe, tuple[MakeCondition, ...]], ...]
    start: int


class MakeCondition(NamedTuple):
    """A condition that a line stands in. word: ifeq, ifneq, ifdef or ifndef. negated: in the branch behind `else`."""

    word: str
    text: str
    negated: bool


class MakeItem(NamedTuple):
    """One part of a Makefile, in the conditions that it stands in."""

    kind: Literal["assign", "rule", "include"]
    tests: tuple[MakeCondition, ...]
    assignment: Assignment | None = None
    rule: MakeRule | None = None
    files: str = ""


class Makefile(NamedTuple):
    """problems: what GNU make refuses."""

    source: Source
    items: tuple[MakeItem, ...]
    problems: tuple[TextProblem, ...] = ()


class _Line(NamedTuple):
    """A logical line: continued lines joined, each backslash with its line end one blank outside of recipes."""

    text: str
    places: tuple[int, ...]


@lru_cache(maxsize=8)
def read_makefile(source: Source) -> Makefile:
    """Split a Makefile. Never raises."""
    reader = _Reader(source)
    reader.read()
    return Makefile(source, tuple(reader.items), () if _OTHERS.search(source.text) else tuple(reader.problems))


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.items: list[MakeItem] = []
        self.problems: list[TextProblem] = []
        self.tests: list[list[MakeCondition]] = []
        self.opened: list[_Line] = []
        """The lines where the conditions began that have not ended yet."""
        self.rule: tuple[str, str, int, tuple[MakeCondition, ...]] | None = None
        self.recipes: list[tuple[Recipe, tuple[MakeCondition, ...]]] = []
        self.targets = False
        """Whether there was a rule, or what may be one."""

    @property
    def inside(self) -> tuple[MakeCondition, ...]:
        return tuple(test for branch in self.tests for test in branch)

    def read(self) -> None:
        define: tuple[str, int, list[str]] | None = None
        begun: _Line | None = None
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
                self._end_rule()
                define, begun = (started["name"], line.places[0], []), line
            else:
                self._directive(line, stripped)
        self._end_rule()
        if define is not None and begun is not None:
            self._refuse(begun, "endef is missing")
        for opened in self.opened:
            self._unbalanced(opened, "endif is missing")

    def _unbalanced(self, line: _Line, message: str) -> None:
        """Conditions that do not match; behind a tab a word of a condition may be one, or a recipe's."""
        if not _TABBED.search(self.source.text):
            self._refuse(line, message)

    def _refuse(self, line: _Line, message: str) -> None:
        self.problems.append(TextProblem(line.places[0], line.places[-1], message))

    def _recipe(self, line: _Line) -> None:
        at = 1
        while at < len(line.text) and line.text[at] in "@-+ \t":
            at += 1
        unclosed = _unclosed(line.text)
        if unclosed is not None:
            places = line.places[unclosed : unclosed + 3]
            self.problems.append(TextProblem(places[0], places[-1], "a reference that does not end"))
        if line.text[at:].strip():
            self.recipes.append((Recipe(line.text[at:], line.places[at:]), self.inside))

    def _directive(self, line: _Line, stripped: str) -> None:
        if self._conditional(stripped, line):
            return
        if (include := _INCLUDE.fullmatch(stripped)) is not None:
            self._end_rule()
            self.items.append(MakeItem("include", self.inside, files=include["files"]))
            return
        text = _uncommented(line.text).strip()
        lead = len(line.text) - len(line.text.lstrip())
        start = line.places[min(lead, len(line.places) - 1)]
        assign = _ASSIGN.fullmatch(text)
        if assign is not None:
            self._end_rule()
            self._assign(Assignment(assign["name"], _operator(assign["operator"]), assign["value"], start))
            return
        first = _first_word(text)
        if first in _ENDS_RULE:
            self._end_rule()
        if text[:1] == "$" and _whole_reference(text):  # $(info ...), $(eval ...)
            self.targets = True
            return
        if line.text.startswith("\t") and not self.targets and first not in _DIRECTIVES:
            self._refuse(line, "a recipe line in front of the first target")
            return
        rule = _RULE.fullmatch(text)
        if rule is None:
            self.targets = self.targets or "$" in text  # what it becomes may be a rule
            if text and "$" not in text and line.text[0] != "\t" and first not in _DIRECTIVES:
                self._refuse(line, "no rule, no assignment, no directive: a recipe line begins with a tab")
            return
        self.targets = True
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

    def _conditional(self, text: str, line: _Line) -> bool:
        """Whether a line starts, turns or ends a condition; it is noted."""
        found = _CONDITION.fullmatch(text)
        if found is not None:
            test = MakeCondition(found["word"], _uncommented(found["rest"]).strip(), False)
            if not found["else"]:
                self.tests.append([test])
                self.opened.append(line)
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
            self.opened.pop()
        elif word in ("else", "endif"):
            self._unbalanced(line, f"{word} without a condition in front of it")
        return word in ("else", "endif")

    def _assign(self, assignment: Assignment) -> None:
        self.items.append(MakeItem("assign", self.inside, assignment))

    def _end_rule(self) -> None:
        if self.rule is not None:
            targets, prerequisites, start, tests = self.rule
            rule = MakeRule(targets, prerequisites, tuple(self.recipes), start)
            self.items.append(MakeItem("rule", tests, rule=rule))
        self.rule, self.recipes = None, []


def _unclosed(text: str) -> int | None:
    """The offset of a reference that does not end: only brackets of its own kind count."""
    at = 0
    while (dollar := text.find("$", at)) >= 0:
        at = _behind(text, dollar)
        if at < 0:
            return dollar
    return None


def _behind(text: str, dollar: int) -> int:
    """The offset behind the reference at an offset; -1 where it does not end."""
    opening = text[dollar + 1 : dollar + 2]
    at = dollar + 2
    depth = 1 if opening in ("(", "{") else 0
    closing = ")" if opening == "(" else "}"
    while depth and at < len(text):
        depth += (text[at] == opening) - (text[at] == closing)
        at += 1
    return -1 if depth else at


def _whole_reference(text: str) -> bool:
    """Whether a line is one reference and no more."""
    return text[1:2] in ("(", "{") and _behind(text, 0) in (-1, len(text))


def _first_word(text: str) -> str:
    found = _WORD.match(text)
    return found[0] if found is not None else ""


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
