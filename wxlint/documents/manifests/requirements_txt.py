"""pip requirements and constraints files, as lines with positions. Nothing is followed here.

Format: pip's documentation, "Requirements File Format", and what its parser does where that is silent: physical lines
end where `str.splitlines` ends them, a `\\` joins them, comments go, `${NAME}` is replaced, and of what is left the
words before the first that starts with `-` are the requirement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.reading import BINARY, UNKNOWN
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.source import Source

_COMMENT = late(r"(?:^|\s+)#.*$")
_COMMENT_LINE = late(r"\s*#")
_CODING = late(r"#.*coding[:=]\s*[\w.-]+")
_VARIABLE = late(r"\$\{([A-Z0-9_]+)\}")
_HASHES = ("--hash=sha256:", "--hash=sha384:", "--hash=sha512:")

_VALUED = {
    "--index-url": "--index-url", "--pypi-url": "--index-url", "-i": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "--requirement": "--requirement", "-r": "--requirement",
    "--constraint": "--constraint", "-c": "--constraint",
    "--editable": "--editable", "-e": "--editable",
    "--find-links": "--find-links", "-f": "--find-links",
    "--no-binary": "--no-binary", "--only-binary": "--only-binary",
    "--all-releases": "--all-releases", "--only-final": "--only-final",
    "--trusted-host": "--trusted-host", "--use-feature": "--use-feature",
    "--global-option": "--global-option", "--hash": "--hash",
    "--config-settings": "--config-settings", "--config-setting": "--config-settings", "-C": "--config-settings",
}  # fmt: skip
"""The options that take a value, each with the name that is used for it."""
_FLAGS = frozenset(("--no-index", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre"))
_CHECKED = {
    "--hash": late(r"sha(?:256|384|512):"),
    "--use-feature": late(
        r"(?:2020-resolver|fast-deps|truststore|no-binary-enable-wheel-cache|in-tree-build|inprocess-build-deps"
        r"|build-constraint)$"
    ),
    "--config-settings": late(r"[^=]*="),
    "--no-binary": late(r"(?!-)"),
    "--only-binary": late(r"(?!-)"),
}
"""What the values of an option look like, of those that pip looks at."""
_LONG = tuple(name for name in (*_VALUED, *_FLAGS) if name.startswith("--"))

Expand = Callable[[str], Value]
"""The value of an environment variable by its name."""


class RequirementOption(NamedTuple):
    """An option by its long name.

    value: empty for a flag. start, end: source offsets of the value, or of the whole line.
    Hashes, which say nothing of what is chosen, are left out where they are written as tools write them.
    """

    name: str
    value: Value
    start: int = 0
    end: int = 0


class RequirementLine(NamedTuple):
    """One logical line: a requirement with options of its own, or options alone.

    requirement: None where there is none. start, end: source offsets of what the line says, from its first
    physical line to its last.
    invalid: pip refuses the line, and with it the file.
    left_over: words behind an option that pip does not look at.
    """

    requirement: Value | None
    options: tuple[RequirementOption, ...]
    start: int
    end: int
    invalid: bool = False
    left_over: tuple[str, ...] = ()


def unknown_variable(name: str) -> Value:
    """The value of a variable that may be set or not."""
    return Value(HOLE, (f"${{{name}}}",))


def unfit_for_pip(source: Source) -> str:
    """What is wrong with the encoding of a list; empty for nothing.

    pip takes a byte order mark, a `coding:` in the first two lines as Python's sources have it, else UTF-8, and so does
    uv without the second. Of UTF-32 both take the mark for UTF-16's.
    """
    if source.encoding == UNKNOWN and any(map(_CODING.match, source.text.split("\n", 2)[:2])):
        return ""
    return source.unfit_for("utf-16", BINARY)


def read_requirements(source: Source, expand: Expand = unknown_variable) -> tuple[RequirementLine, ...]:
    """The lines of a requirements file; comments and blank lines left out. Never raises."""
    return _lines(source, expand) if has_variables(source) else _plain_lines(source)


@lru_cache(maxsize=64)
def has_variables(source: Source) -> bool:
    """Whether the lines of a file may depend on variables. A locked list is long, and each stage asks again."""
    return "${" in source.text


@lru_cache(maxsize=64)
def _plain_lines(source: Source) -> tuple[RequirementLine, ...]:
    """The lines of a file without variables, which are the same for whoever reads it."""
    return _lines(source, unknown_variable)


def _lines(source: Source, expand: Expand) -> tuple[RequirementLine, ...]:
    found = []
    for text, start, end in _logical_lines(source.text):
        said = _without_hashes(text)
        kept = (_COMMENT.sub("", said) if "#" in said else said).strip()
        if kept:
            indent = len(text) - len(text.lstrip())
            value = _expanded(kept, expand)
            one_piece = end - start == len(text)
            begin = start + indent if one_piece else start
            line = _line(value, begin, begin + len(kept) if one_piece else end)
            if source.encoding == BINARY and "\ufffd" in kept:
                line = line._replace(invalid=True)
            found.append(line._replace(options=_placed(line, source.text)) if line.options else line)
    return tuple(found)


def _without_hashes(text: str) -> str:
    """A line without the hashes that it ends with, which are most of a locked list."""
    at = text.find(" --hash=")
    return text[:at] if at >= 0 and all(word.startswith(_HASHES) for word in text[at:].split()) else text


def _logical_lines(text: str) -> Iterator[tuple[str, int, int]]:
    """Each line with those that a `\\` joins to it, and where they start and end in the text."""
    pieces: list[str] = []
    first = at = 0
    for line, raw in zip(text.splitlines(), text.splitlines(keepends=True)):
        start, at = at, at + len(raw)
        comment = "#" in line and _COMMENT_LINE.match(line) is not None
        if line.endswith("\\") and not comment:
            first = first if pieces else start
            pieces.append(line.strip("\\"))
            continue
        if pieces:
            pieces.append(f" {line}" if comment else line)
            yield "".join(pieces), first, start + len(line)
            pieces = []
        else:
            yield line, start, start + len(line)
    if pieces:
        yield "".join(pieces), first, len(text)


def _expanded(text: str, expand: Expand) -> Value:
    """A line with the variables in it replaced."""
    if "${" not in text:
        return Value(text)
    holes: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        value = expand(match[1])
        holes.extend(value.holes)
        return value.text or match[0]

    return Value(_VARIABLE.sub(value_of, text), tuple(holes)) if _VARIABLE.search(text) else Value(text)


def _line(value: Value, start: int, end: int) -> RequirementLine:
    text = value.text
    if text.startswith("-"):
        requirement, rest = "", text
    else:
        at = text.find(" -")
        requirement, rest = (text, "") if at < 0 else (text[:at], text[at + 1 :])
    left_over: list[str] = []
    options = _options(rest, left_over) if rest else []
    named = Value(requirement, value.holes[: requirement.count(HOLE)]) if requirement.strip() else None
    if options is None:
        return RequirementLine(named, (), start, end, invalid=True)
    left = list(value.holes[requirement.count(HOLE) :])
    found = []
    for name, argument in options:
        count = argument.count(HOLE)
        found.append(RequirementOption(name, Value(argument, tuple(left[:count]))))
        left = left[count:]
    return RequirementLine(named, tuple(found), start, end, left_over=tuple(left_over))


def _placed(line: RequirementLine, text: str) -> tuple[RequirementOption, ...]:
    """The options of a line with the places of their values, where these stand there as they are."""
    found = []
    behind = line.start
    for option in line.options:
        at = text.find(option.value.text, behind, line.end) if option.value.text else -1
        if at >= 0:
            behind = at + len(option.value.text)
            found.append(option._replace(start=at, end=behind))
        else:
            found.append(option._replace(start=line.start, end=line.end))
    return tuple(found)


def _options(text: str, left_over: list[str]) -> list[tuple[str, str]] | None:
    """Options with their values as optparse reads them; None for a line that it refuses. left_over: gets the words that
    are none."""
    words = _words(text)
    if words is None:
        return None
    found: list[tuple[str, str]] = []
    waiting = words[::-1]
    while waiting:
        word = waiting.pop()
        if word == "--":
            left_over += reversed(waiting)
            break
        if word.startswith("--"):
            written, equals, value = word.partition("=")
            name = _long_name(written)
            attached: str | None = value if equals else None
        elif word.startswith("-") and len(word) > 1:
            name, attached = word[:2], word[2:] or None
        else:
            left_over.append(word)
            continue
        if name in _FLAGS:
            if attached is not None:
                return None
            found.append((name, ""))
        elif name in _VALUED:
            if attached is None and not waiting:
                return None
            given = attached if attached is not None else waiting.pop()
            if not _is_taken(_VALUED[name], given):
                return None
            found.append((_VALUED[name], given))
        else:
            return None
    return found


def _is_taken(name: str, value: str) -> bool:
    """Whether pip takes a value for an option, which it looks at for a few of them."""
    return name not in _CHECKED or HOLE in value or _CHECKED[name].match(value) is not None


def _long_name(written: str) -> str:
    """The option that an abbreviation stands for; "" where it is none, or one of several."""
    if written in _LONG:
        return written
    fitting = [name for name in _LONG if name.startswith(written)]
    return fitting[0] if len(fitting) == 1 else ""


def _words(text: str) -> list[str] | None:
    """The words of a line as `shlex.split` sees them; None for an open quote."""
    if "'" not in text and '"' not in text and "\\" not in text:
        return text.split()
    import shlex  # seldom

    try:
        return shlex.split(text)
    except ValueError:
        return None
