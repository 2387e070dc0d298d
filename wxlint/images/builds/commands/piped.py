"""Dockerfiles that a script hands to `docker build -f -`: a file as it is, or edited on its way."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.shell.options import read_options
from wxlint.shell.substitutions import Substitution, net_substitution, sed_substitution

if TYPE_CHECKING:
    from wxlint.core.values import Value
    from wxlint.shell.model import Command, Word

_PIPE = late(r"[\s\\`]*\|[\s\\`]*(?:[({]\s*)?")
_PRINTS = frozenset(("cat", "type", "gc", "get-content"))
_REPLACED = late(
    r"""\s*-(?P<how>c|i)?replace\s+(?P<quote>['"])(?P<old>[^'"\n]*)(?P=quote)"""
    r"""\s*,\s*(?P<end>['"])(?P<new>[^'"\n]*)(?P=end)"""
)
_REPLACES = late(
    r"""\)?(?:\s*-[ci]?replace\s+['"][^'"\n]*['"]\s*,\s*['"][^'"\n]*['"])*\s*\)?[\s`]*"""
    r"""(?:\|\s*out-string\s*)?\|[\s`]*"""
)


class Fed(NamedTuple):
    """A file that is handed on. substitutions: those on its way, in order; None for one that is not understood.

    tool: what edits it, "" for nothing. start, end: its words in the text.
    """

    file: Value
    substitutions: tuple[Substitution | None, ...]
    tool: str
    start: int
    end: int


def fed_to(commands: Sequence[Command], number: int, text: str) -> Fed | None:
    """What the command of a number reads from its standard input, where that is one file with known edits."""
    command = commands[number]
    for redirect in command.redirects:
        if redirect.operator == "<":
            return Fed(redirect.target.value, (), "", command.start, command.end)
    seen: list[Command] = []
    for before in reversed(commands[max(number - 4, 0) : number]):
        if before.because != command.because or before.start >= command.start:
            return None
        seen.insert(0, before)
        program = posixpath.basename(before.words[0].value.text.lower())
        if program.startswith("-"):
            continue  # an operator of PowerShell
        between = text[before.end : command.start]
        if program in _PRINTS and len(before.words) > 1:
            file = next((word for word in before.words[1:] if not word.value.text.startswith("-")), None)
            if file is not None and _REPLACES.fullmatch(between.lower()):
                edits = tuple(_replaced(between))
                return Fed(file.value, edits, "-replace" if edits else "", before.start, command.end)
            return None
        if program == "sed" and _PIPE.fullmatch(between):
            return _sed(before)
        return None
    return None


def _sed(command: Command) -> Fed | None:
    found = read_sed(command)
    if found is None or len(found[1]) != 1:
        return None
    expressions, files = found
    return Fed(files[0].value, expressions, "sed", command.start, command.end)


def read_sed(command: Command) -> tuple[tuple[Substitution | None, ...], list[Word]] | None:
    """The expressions of a sed and its files; None where they are not known."""
    read = read_options(command.words[1:], frozenset(("-e", "--expression", "-f", "--file", "-l")))
    given = [option.value for option in read.options if option.name in ("-e", "--expression")]
    names = {option.name for option in read.options}
    files = list(read.positional)
    if not given and files:
        given, files = [files[0].value], files[1:]
    if names & {"-f", "--file", "-n", ""} or any(value is None or not value.known for value in given):
        return None
    extended = bool(names & {"-E", "-r", "--regexp-extended"})
    texts = [part for value in given if value is not None for part in re.split(r"[;\n]\s*(?=s\W)", value.text)]
    return tuple(sed_substitution(text, extended=extended) for text in texts), files


def _replaced(text: str) -> Iterator[Substitution | None]:
    for match in _REPLACED.finditer(text):
        yield net_substitution(match[0].strip(), match["old"], match["new"], ignore_case=match["how"] != "c")


def inner_commands(command: Command, path: str) -> list[tuple[Command, Fed | None]]:
    """What `powershell -Command "..."` runs, each command at the place of the whole text, with what it reads."""
    names = [word.value.text.lower() for word in command.words]
    at = next((number for number, name in enumerate(names) if name in _TEXT_FOLLOWS), 0) + 1
    if at == 1 or at >= len(command.words) or not command.words[at].value.known:
        return [(command, None)]
    from wxlint.shell.powershell import read_powershell

    outer = command.words[at]
    text, because = outer.value.text, outer.value.because
    inner = [each._replace(because=command.because) for each in read_powershell(text, path)]
    found: list[tuple[Command, Fed | None]] = []
    for number, each in enumerate(inner):
        words = tuple(
            word._replace(start=outer.start, end=outer.end, value=word.value._replace(because=because))
            for word in each.words
        )
        moved = each._replace(
            words=words, start=outer.start, end=outer.end, conditional=command.conditional, cwd=command.cwd
        )
        found.append((moved, fed_to(inner, number, text)))
    return found


_TEXT_FOLLOWS = ("-command", "-c", "-commandwithargs")
