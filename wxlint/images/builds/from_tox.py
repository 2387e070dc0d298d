"""What the environments of a tox.ini build and use: the lines of their `commands`.

tox runs no shell: a line is words, `{...}` is filled in first, a `-` or `!` in front says what its end means. Syntax as
on the page "Configuration" of tox's documentation. Environment variables count where the file gives their default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import DockerCall, Script
from wxlint.images.model.embedded_shell import EmbeddedText

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.github.actions import Find
    from wxlint.images.model.records import Build, Use

_SECTION = late(r"\[(?P<name>[^\]\n]+)\][ \t]*(?:[#;].*)?")
_KEY = late(r"(?P<key>[A-Za-z_][\w-]*)[ \t]*[=:][ \t]*(?P<value>.*)")
_COMMANDS = ("commands", "commands_pre", "commands_post")
_FILLED = late(r"\{(?P<inside>[^{}\n]*)\}")
_FACTOR = late(r"[!\w.{},-]+:[ \t]+(?=\S)")
"""`py311: docker build .`: a line of some environments only."""
_HERE = ("toxinidir", "tox_root", "/")


def tox_script(source: Source, find: Find) -> Script:
    """What a tox.ini does with images. find: the first of several paths that is a known Dockerfile."""
    tox = _Tox(source, find)
    tox.read()
    return Script(tuple(tox.calls), tuple(tox.builds), tuple(tox.uses))


class _Tox:
    def __init__(self, source: Source, find: Find) -> None:
        self.source, self.find = source, find
        self.calls: list[DockerCall] = []
        self.builds: list[Build] = []
        self.uses: list[Use] = []
        self.shared: dict[str, Value] = {}
        """The variables of `[testenv]`, which every environment has."""

    def read(self) -> None:
        """Read the sections, one key after the other."""
        section, key = "", ""
        settings: dict[str, Value] = {}
        lines: list[tuple[int, str]] = []
        for number, start in enumerate(self.source.starts, 1):
            line = self.source.line_text(number)
            head, given = _SECTION.fullmatch(line), _KEY.fullmatch(line)
            if head is not None:
                self._run(section, lines, settings)
                section, key, settings, lines = head["name"], "", {}, []
            elif given is not None:
                key = given["key"].lower()
                self._setting(key, given, start, settings, lines)
            elif line[:1] in (" ", "\t") and line.strip():
                if key in _COMMANDS:
                    lines.append((start, line))
                elif key in ("setenv", "set_env"):
                    inner = _KEY.fullmatch(line.strip())
                    if inner is not None:
                        settings[inner["key"]] = self._text(inner["key"], inner["value"], start)
        self._run(section, lines, settings)

    def _setting(
        self, key: str, given: re.Match[str], start: int, settings: dict[str, Value], lines: list[tuple[int, str]]
    ) -> None:
        if key in _COMMANDS and given["value"].strip():
            lines.append((start + given.start("value"), given["value"]))
        elif key in ("setenv", "set_env"):
            inner = _KEY.fullmatch(given["value"])
            if inner is not None:
                settings[inner["key"]] = self._text(inner["key"], inner["value"], start)

    def _text(self, name: str, text: str, start: int) -> Value:
        text = text.strip()
        if "{" in text:
            return Value(HOLE, (f"{{env:{name}}}",))
        line = self.source.position(start)[0]
        return Value(text, (), (Reason("variable", f"{name}={text}", self.source.path, line, name),))

    def _run(self, section: str, lines: list[tuple[int, str]], settings: dict[str, Value]) -> None:
        if not section.startswith("testenv") and not section.startswith("env"):
            return
        if section == "testenv":
            self.shared = settings
        settings = {**self.shared, **settings}
        for group in _joined(lines):
            if any(word in line for _, line in group for word in ("docker", "podman", "buildah", "nerdctl", "{")):
                self._shell(section, group, settings)

    def _shell(self, section: str, lines: list[tuple[int, str]], settings: dict[str, Value]) -> None:
        text = EmbeddedText()
        end = 0
        for number, (start, line) in enumerate(lines):
            lead = len(line) - len(line.lstrip())
            if not number:
                factor = _FACTOR.match(line, lead)
                lead = factor.end() if factor is not None else lead
                lead += len(line[lead:]) - len(line[lead:].lstrip("-! "))
            self._line(text, line, lead, start, settings)
            end = start + len(line)
            text.written("\n", [end])
        commands = text.commands(self.source, {}, end, "sh")
        found = read_script(self.source, commands, self.find, lambda cwd: folders(self.source.path, cwd)[-1:])
        self.calls += found.calls
        self.uses += found.uses
        name = section.rpartition(":")[2] if ":" in section else section
        for build in found.builds:
            own = reason_at("build", f"tox {name}", build.span, name)
            self.builds.append(build._replace(built_by=(own, *build.built_by[1:])))

    def _line(self, text: EmbeddedText, line: str, at: int, start: int, settings: dict[str, Value]) -> None:
        for match in _FILLED.finditer(line, at):
            text.written(line[at : match.start()], range(start + at, start + match.start()))
            text.filled(_value(match["inside"], settings), start + match.start(), start + match.end())
            at = match.end()
        text.written(line[at:], range(start + at, start + len(line)))


def _value(inside: str, settings: dict[str, Value]) -> Value:
    """`{toxinidir}`, `{env:NAME:default}`, `{posargs:default}`; unknown for other substitutions."""
    kind, _, rest = inside.partition(":")
    if inside in _HERE:
        return Value(".")
    if kind == "env":
        name, colon, default = rest.partition(":")
        if name in settings:
            return settings[name]
        if colon:
            return Value(default, (), (Reason("assumed", f"default of {{{inside}}}", name=name),))
    if kind == "posargs":
        return Value(rest, (), (Reason("assumed", "no posargs", name="posargs"),))
    return Value(HOLE, (f"{{{inside}}}",))


def _joined(lines: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Lines that belong together: a backslash at the end of one joins the next."""
    found: list[tuple[int, str]] = []
    for start, line in lines:
        if line.lstrip().startswith("#"):
            continue
        found.append((start, line))
        if not line.rstrip().endswith("\\"):
            yield found
            found = []
    if found:
        yield found
