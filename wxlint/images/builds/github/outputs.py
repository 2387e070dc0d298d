"""What the commands of a step write for later ones: lines of the files that GITHUB_ENV and GITHUB_OUTPUT name.

A line is `NAME=VALUE`, or `NAME<<END` with the lines of the value up to `END`. Several commands may write one value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.github.results import Data
from wxlint.images.builds.github.contexts import left_open

if TYPE_CHECKING:
    from wxlint.shell.model import Command

OUTPUT_FILES = {"GITHUB_ENV": "/github/env", "GITHUB_OUTPUT": "/github/output"}
"""Variables of every step that name files: values of later steps are written there."""
_OPTIONS = ("-n", "-e", "-ne", "-en", "-E")
_BLANK = Value(" ")
_FORMAT = late(r"%s|%%|\\n|\\t|\\\\|[^%\\]+")
"""What a format of printf may hold that is followed."""
_PLAIN = {"%%": "%", "\\n": "\n", "\\t": "\t", "\\\\": "\\"}


class _Line(NamedTuple):
    """A line that is written. sure: it is, and all of it is known to be there."""

    text: Value
    sure: bool


def written_by(commands: Iterable[Command]) -> Iterator[tuple[str, Data]]:
    """The outputs, and the variables as "env.NAME", that commands write."""
    lines: dict[str, list[_Line]] = {}
    for command in commands:
        for path in _targets(command) & {*OUTPUT_FILES.values()}:
            text = _printed(command)
            sure = text is not None and not command.conditional
            lines.setdefault(path, []).extend(_Line(line, sure) for line in _lines(text or _first_word(command)))
    seen: dict[str, Data] = {}
    for path, written in lines.items():
        for name, value in _pairs(written):
            name = f"env.{name}" if path == OUTPUT_FILES["GITHUB_ENV"] else name
            seen[name] = left_open(value, name) if name in seen else value
    yield from seen.items()


def _targets(command: Command) -> set[str]:
    """The files to which a command adds what it prints."""
    found = {redirect.target.value.text for redirect in command.redirects if redirect.operator == ">>"}
    words = [word.value.text for word in command.words]
    if words[0] == "tee" and {"-a", "--append"} & set(words):
        found.update(words[1:])
    return found


def _printed(command: Command) -> Value | None:
    """What a command prints; None where that is not known."""
    program = command.words[0].value.text
    words = [word.value for word in command.words[1:]]
    if program == "echo":
        while words and words[0].text in _OPTIONS:
            words = words[1:]
        return _joined(words)
    if program == "printf" and words and words[0].known:
        return _formatted(words[0].text, words[1:])
    if program in ("cat", "tee"):
        here = [r for r in command.redirects if r.operator.startswith("<<")]
        alone = program == "tee" or not words
        if here and alone:
            return here[-1].target.value
    return None


def _joined(words: list[Value]) -> Value:
    parts = [part for word in words for part in (_BLANK, word)]
    return concat(parts[1:])


def _formatted(text: str, words: list[Value]) -> Value | None:
    """What printf makes of a format that takes as many words as are given."""
    parts: list[Value] = []
    at = 0
    left = iter(words)
    while match := _FORMAT.match(text, at):
        at = match.end()
        word = next(left, None) if match[0] == "%s" else Value(_PLAIN.get(match[0], match[0]))
        if word is None:
            return None
        parts.append(word)
    return concat(parts) if at == len(text) and next(left, None) is None else None


def _first_word(command: Command) -> Value:
    """Of a command whose output is not known, what may name a value."""
    return command.words[1].value if len(command.words) > 1 else Value("")


def _lines(text: Value) -> Iterator[Value]:
    """The lines of a text, each with its own unknown parts."""
    holes = iter(text.holes)
    for line in text.text.removesuffix("\n").split("\n"):
        own = tuple(next(holes, "") for _ in range(line.count(HOLE)))
        yield Value(line, own, text.because)


def _pairs(lines: list[_Line]) -> Iterator[tuple[str, Data]]:
    """The names with their values."""
    left = iter(lines)
    for line in left:
        name, mark, end = line.text.text.partition("<<")
        if mark and "=" not in name:
            if HOLE in end:  # where the value ends is not known, nor what follows
                yield name, left_open(Value(""), name)
                return
            yield _until(name, end, line, left)
            continue
        name, equals, text = line.text.text.partition("=")
        if equals and HOLE not in name:
            value = line.text._replace(text=text)
            yield name, value if line.sure else left_open(value, name)


def _until(name: str, end: str, first: _Line, left: Iterator[_Line]) -> tuple[str, Data]:
    """A value of several lines. left: what follows the line that names it."""
    parts: list[Value] = []
    sure = first.sure
    for line in left:
        sure = sure and line.sure
        if line.text.text == end:
            break
        parts += [*([Value("\n")] if parts else []), line.text]
    value = concat(parts)
    return name, value if sure else left_open(value, name)
