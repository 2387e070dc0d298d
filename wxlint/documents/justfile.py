"""What just refuses of a justfile: as far as lines say it by themselves.

Held to just 1.59. Values that go on in the next line end the search: what follows could be misread.
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.patterns import late
from wxlint.documents.source import Source, TextProblem

_STRING = late(r"\"\"\"|'''|```|[\"'`]")
_QUOTED = late(r"\"[^\"]*\"|'[^']*'|`[^`]*`")
_QUOTES = frozenset("\"'`")
_OPENING = "([{"
_CLOSING = ")]}"
_ITEM = late(r"(?:alias|set|export|unexport|import|mod)\b|[\[!]")
"""How lines begin that need no colon."""
_FIRST = late(r"[A-Za-z_@\[!#]")


def justfile_problems(source: Source) -> Iterator[TextProblem]:
    """Yield what is wrong, in the order of the file."""
    indent = ""  # of the recipe at hand
    for number, start in enumerate(source.starts, 1):
        line = source.line_text(number)
        if not line.strip():
            continue
        space = line[: len(line) - len(line.lstrip(" \t"))]
        if space:
            wrong = _indented(space, indent)
            indent = indent or space
            if wrong:
                yield TextProblem(start, start + len(space), wrong)
            opened = line.replace("{{{{", "    ").rfind("{{")
            inside, ends, _ = _QUOTED.sub("", line[opened:]).partition("}}") if opened >= 0 else ("", "}}", "")
            if not ends or not _QUOTES.isdisjoint(inside):
                if source.text.find("}}", start + opened) < 0:
                    yield TextProblem(start + opened, start + opened + 2, "}} is missing")
                return
            continue
        indent = ""
        end = _ending(line)
        if end is None:
            yield from _unended(source.text, line, start)
            return
        if not _FIRST.match(line) or (":" not in end and not line.startswith("#") and not _ITEM.match(line)):
            yield TextProblem(start, start + len(line), "no recipe, no assignment, no setting")


def _indented(space: str, indent: str) -> str:
    """What is wrong with the white space in front of a line of a recipe. indent: that of the line before."""
    if not indent:
        return "tabs and spaces in front of one line" if "\t" in space and " " in space else ""
    return "" if space.startswith(indent) else "not indented as the first line of the recipe is"


def _ending(line: str) -> str | None:
    """A line outside of recipes without its strings and comment; None for one that goes on in the next."""
    kept: list[str] = []
    depth = at = 0
    while at < len(line) and line[at] != "#":
        opening = _STRING.match(line, at)
        if opening is None:
            depth += (line[at] in _OPENING) - (line[at] in _CLOSING)
            kept.append(line[at])
            at += 1
            continue
        at = _behind(line, opening[0], opening.end())
        if at < 0:
            return None
    return None if depth > 0 or line.endswith("\\") else "".join(kept)


def _behind(text: str, mark: str, at: int) -> int:
    """The offset behind the string that a mark opens; -1 where it does not end."""
    while at < len(text):
        if text[at] == "\\" and mark[0] == '"':
            at += 2
        elif text.startswith(mark, at):
            return at + len(mark)
        else:
            at += 1
    return -1


def _unended(text: str, line: str, start: int) -> Iterator[TextProblem]:
    """A string that does not end in the file."""
    at = 0
    while at < len(line) and line[at] != "#":
        opening = _STRING.match(line, at)
        if opening is None:
            at += 1
            continue
        behind = _behind(text, opening[0], start + opening.end())
        if behind < 0:
            yield TextProblem(start + at, start + opening.end(), "a string that does not end")
            return
        at = behind - start
