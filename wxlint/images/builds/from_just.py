"""What the recipes of a justfile build and use: variables, defaults of parameters, and lines that a shell runs.

Syntax as in just's manual. What a recipe is given on the command line is unknown where it has no default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.justfile import justfile_problems
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.github.actions import Find
from wxlint.images.builds.model import PROGRAMS, DockerCall, Script
from wxlint.images.model.embedded_shell import EmbeddedText

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.model.records import Build, Use

_VARIABLE = late(r"(?:export[ \t]+)?(?P<name>[A-Za-z_][\w-]*)[ \t]*:=[ \t]*(?P<value>.*)")
_RECIPE = late(r"@?(?P<name>[A-Za-z_][\w-]*)(?P<parameters>(?:[ \t]+[^:=]*(?:=[^:]*)?)?)[ \t]*:(?!=)(?P<rest>.*)")
_PARAMETER = late(r"""[*+$]*(?P<name>[A-Za-z_][\w-]*)(?:=(?P<value>'[^']*'|"[^"]*"|\S+))?""")
_PART = late(r"\{\{\{\{|\{\{(?P<inside>[^{}]*)\}\}")
_PROGRAMS = (*PROGRAMS, "{{")


def just_script(source: Source, find: Find) -> Script:
    """What a justfile does with images. find: the first of several paths that is a known Dockerfile."""
    just = _Just(source, find)
    just.read()
    problems = tuple(justfile_problems(source))
    return Script(tuple(just.calls), tuple(just.builds), tuple(just.uses), problems=problems)


class _Just:
    def __init__(self, source: Source, find: Find) -> None:
        self.source, self.find = source, find
        self.variables: dict[str, Value] = {}
        self.calls: list[DockerCall] = []
        self.builds: list[Build] = []
        self.uses: list[Use] = []

    def read(self) -> None:
        """Read the variables, which may stand behind their use, then run every recipe."""
        lines = [(start, self.source.line_text(number)) for number, start in enumerate(self.source.starts, 1)]
        for start, line in lines:
            found = _VARIABLE.fullmatch(line)
            if found is not None:
                self.variables[found["name"]] = self._literal(found["name"], found["value"], start, "variable")
        recipe: tuple[str, dict[str, Value]] | None = None
        body: list[tuple[int, str]] = []
        for start, line in [*lines, (len(self.source.text), "end:")]:
            if line[:1] in (" ", "\t") or not line.strip():
                body.append((start, line))
                continue
            if recipe is not None:
                self._run(*recipe, body)
            head = _RECIPE.fullmatch(line) if not line.startswith("#") else None
            recipe = (head["name"], dict(self._parameters(head["parameters"], start))) if head is not None else None
            body = []

    def _literal(self, name: str, text: str, start: int, kind: str) -> Value:
        """A value that is one string; every other expression is unknown."""
        text = text.split(" #")[0].strip()
        if len(text) < 2 or text[0] not in "'\"" or text.find(text[0], 1) != len(text) - 1:
            return Value(HOLE, (f"{{{{{name}}}}}",))
        line = self.source.position(start)[0]
        reason = Reason(
            "default" if kind == "default" else "variable", f"{name}={text[1:-1]}", self.source.path, line, name
        )
        return Value(text[1:-1], (), (reason,))

    def _parameters(self, text: str, start: int) -> Iterator[tuple[str, Value]]:
        for match in _PARAMETER.finditer(text):
            name, value = match["name"], match["value"]
            yield name, self._literal(name, value, start, "default") if value else Value(HOLE, (f"{{{{{name}}}}}",))

    def _run(self, name: str, parameters: dict[str, Value], body: list[tuple[int, str]]) -> None:
        """Run the lines of a recipe: each by itself, or all of them where the first one names a program."""
        shebang = next((line.strip() for _, line in body if line.strip()), "").startswith("#!")
        groups = [body] if shebang else list(_commands(body))
        for lines in groups:
            if any(word in line for _, line in lines for word in _PROGRAMS):
                self._shell(name, {**self.variables, **parameters}, lines)

    def _shell(self, name: str, values: dict[str, Value], lines: list[tuple[int, str]]) -> None:
        text = EmbeddedText()
        end = 0
        for number, (start, line) in enumerate(lines):
            lead = len(line) - len(line.lstrip(" \t" if number else " \t@-"))
            self._line(text, line, lead, start, values)
            end = start + len(line)
            text.written("\n", [end])
        commands = text.commands(self.source, {}, end, "bash")
        found = read_script(self.source, commands, self.find, lambda cwd: folders(self.source.path, cwd))
        self.calls += found.calls
        self.uses += found.uses
        for build in found.builds:
            own = reason_at("build", f"just {name}", build.span, name)
            self.builds.append(build._replace(built_by=(own, *build.built_by[1:])))

    def _line(self, text: EmbeddedText, line: str, at: int, start: int, values: dict[str, Value]) -> None:
        for match in _PART.finditer(line, at):
            text.written(line[at : match.start()], range(start + at, start + match.start()))
            value = _evaluated(match, values)
            text.filled(value, start + match.start(), start + match.end())
            at = match.end()
        text.written(line[at:], range(start + at, start + len(line)))


def _evaluated(match: re.Match[str], values: dict[str, Value]) -> Value:
    """`{{NAME}}`, or texts and names joined by `+`; unknown for other expressions."""
    if match["inside"] is None:
        return Value("{{")
    parts: list[Value] = []
    for part in match["inside"].split("+"):
        part = part.strip()
        if len(part) > 1 and part[0] in "'\"" and part[-1] == part[0]:
            parts.append(Value(part[1:-1]))
        else:
            parts.append(values.get(part, Value(HOLE, (match[0],))))
    return concat(parts)


def _commands(body: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Lines that belong together: a backslash at the end of one joins the next."""
    found: list[tuple[int, str]] = []
    for line in body:
        found.append(line)
        if not line[1].rstrip().endswith("\\"):
            yield found
            found = []
    if found:
        yield found
