"""Dockerfiles as instructions with exact positions, split as BuildKit splits them.

The rules are those of BuildKit's `frontend/dockerfile/parser`: parser directives, `\\` or `` ` `` continuations that
skip comments and blank lines, heredocs on RUN, COPY, ADD and their ONBUILD forms. A test holds every Dockerfile
against that parser. Nothing is evaluated here: see images/expand.py.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.heredocs import heredoc_names
from wxlint.documents.dockerfile.words import SPACE, json_words
from wxlint.documents.source import Problem, Source

KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split()
)
_HEREDOC_KEYWORDS = frozenset(("RUN", "COPY", "ADD"))
_DIRECTIVE = late(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_SPLIT = late(r"[\t\v\f\r ]+")
_PLAIN = late(f"[^{SPACE}\"'\\\\]+")


class Heredoc(NamedTuple):
    """One `<<NAME` body. `expand` is False when the name was quoted; `chomp` is `<<-`.

    start, end: source offsets of the body, without the terminator line.
    """

    name: str
    body: str
    expand: bool
    chomp: bool
    start: int
    end: int


class Flag(NamedTuple):
    """`--name=value` before the arguments; value is None without `=`. Offsets into Instruction.text."""

    name: str
    value: str | None
    start: int
    end: int


class Instruction(NamedTuple):
    """One instruction.

    keyword: upper case. text: the logical line from the keyword on, continuations joined and comments taken out.
    args_at: where in `text` the arguments start, behind the flags. pieces: (offset in text, offset in the source), ascending.
    line, end_line: the lines it covers, heredocs included, from 1.
    """

    keyword: str
    text: str
    args_at: int
    flags: tuple[Flag, ...]
    heredocs: tuple[Heredoc, ...]
    pieces: tuple[tuple[int, int], ...]
    line: int
    end_line: int

    @property
    def args(self) -> str:
        return self.text[self.args_at :]

    def flag(self, name: str) -> Flag | None:
        return next((flag for flag in self.flags if flag.name == name), None)

    def at(self, offset: int) -> int:
        """The source offset of a character of `text`."""
        pieces = self.pieces
        start, source = pieces[0] if len(pieces) == 1 else pieces[max(bisect_right(pieces, (offset, 1 << 60)) - 1, 0)]
        return source + offset - start

    def span(self, source: Source, start: int, end: int) -> Span:
        """The stretch [start, end) of `text` in the source."""
        return source.span(self.at(start), self.at(end - 1) + 1 if end > start else self.at(end))


class Dockerfile(NamedTuple):
    """A Dockerfile that was read. With `problems`, `instructions` holds what could be read all the same."""

    source: Source
    instructions: tuple[Instruction, ...]
    directives: dict[str, tuple[str, int]]
    """Parser directives: name to value and the source offset of the value."""
    comments: tuple[tuple[int, str], ...]
    """(source offset of the `#`, text after it) of every comment outside heredocs."""
    escape: str
    problems: tuple[Problem, ...]

    def syntax(self) -> str | None:
        return self.directives["syntax"][0] if "syntax" in self.directives else None


def read_dockerfile(source: Source) -> Dockerfile:
    """Split a Dockerfile into instructions. Never raises: what is wrong is in `problems`."""
    text = source.text
    problems: list[Problem] = []
    instructions: list[Instruction] = []
    comments: list[tuple[int, str]] = []
    directives, escape = _directives(text, problems)
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    if "\r" in text:
        lines = [line.rstrip("\r") for line in lines]
    starts = source.starts
    double = escape + escape
    index, count = 0, len(lines)
    while index < count:
        raw = lines[index]
        body = raw.lstrip(SPACE)
        if not body:
            index += 1
            continue
        at = starts[index] + len(raw) - len(body)
        if body[0] == "#":
            comments.append((at, body[1:]))
            index += 1
            continue
        first = index
        pieces: list[tuple[int, int]] = []
        part = body.rstrip(" \t")
        if part.endswith(escape) and not part.endswith(double):
            parts: list[str] = []
            length = 0
            while True:
                end = part.endswith(escape) and not part.endswith(double)
                part = part[:-1] if end else body.rstrip("\r")
                if part:
                    pieces.append((length, at))
                    parts.append(part)
                    length += len(part)
                index += 1
                if not end:
                    break
                while index < count:  # the next line that is neither comment nor blank
                    body = lines[index]
                    stripped = body.lstrip(SPACE)
                    if stripped:
                        if stripped[0] != "#":
                            break
                        comments.append((starts[index] + len(body) - len(stripped), stripped[1:]))
                    index += 1
                else:
                    break
                at = starts[index]
                part = body.rstrip(" \t")
            logical = "".join(parts)
            head = logical.lstrip(SPACE)
            if not head:
                continue
            if len(head) != len(logical):  # a first line of only spaces and a continuation
                pieces = _shift(pieces, len(logical) - len(head))
        else:
            pieces.append((0, at))
            head = body
            index += 1
        head = head.rstrip(SPACE)
        keyword, args_at, flags = split_head(head, escape)
        heredocs: list[Heredoc] = []
        if "<<" in head and args_at < len(head):
            index = _heredocs(source, lines, index, keyword, head, args_at, heredocs, problems, pieces)
        instructions.append(
            Instruction(keyword, head, args_at, flags, tuple(heredocs), tuple(pieces), first + 1, index)
        )
    return Dockerfile(source, tuple(instructions), directives, tuple(comments), escape, tuple(problems))


def _directives(text: str, problems: list[Problem]) -> tuple[dict[str, tuple[str, int]], str]:
    """Comments of the form `# name=value` on the first lines, up to the first line that is none."""
    found: dict[str, tuple[str, int]] = {}
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        match = _DIRECTIVE.match(line.lstrip(SPACE))
        if not match:
            break
        name = match[1].lower()
        if name not in ("escape", "syntax", "check"):
            break
        offset = at + len(line) - len(line.lstrip(SPACE)) + match.start(2)
        if name in found:
            problems.append(Problem(offset, offset + len(match[2]), f"only one `{name}` parser directive can be used"))
        found[name] = (match[2], offset)
        at = end + 1
    escape = "\\"
    if "escape" in found:
        value, offset = found["escape"]
        if value in ("\\", "`"):
            escape = value
        else:
            problems.append(Problem(offset, offset + len(value), f"escape directive is {value!r}; allowed: \\ or `"))
    return found, escape


def _shift(pieces: list[tuple[int, int]], by: int) -> list[tuple[int, int]]:
    """Pieces of a logical line whose first `by` characters were taken off."""
    ends = [p[0] for p in pieces[1:]] + [1 << 60]
    return [(max(start - by, 0), at + max(by - start, 0)) for (start, at), end in zip(pieces, ends) if end > by]


def split_head(head: str, escape: str) -> tuple[str, int, tuple[Flag, ...]]:
    """The keyword, where the arguments start, and the flags before them."""
    match = _SPLIT.search(head)
    if not match:
        return head.upper(), len(head), ()
    keyword, at = head[: match.start()].upper(), match.end()
    length = len(head)
    while at < length and head[at] in SPACE:
        at += 1
    if not head.startswith("--", at):
        return keyword, at, ()
    flags: list[Flag] = []
    while head.startswith("--", at):
        end, word = _flag_word(head, at, escape)
        if word == "--":
            at = end
            break
        name, equals, value = word[2:].partition("=")
        flags.append(Flag(name.lower(), value if equals else None, at, end))
        at = end
        while at < length and head[at] in SPACE:
            at += 1
    while at < length and head[at] in SPACE:
        at += 1
    return keyword, at, tuple(flags)


def _flag_word(text: str, at: int, escape: str) -> tuple[int, str]:
    """One word with quotes and escapes removed; the offset behind it."""
    plain = _PLAIN.match(text, at)
    if plain and (plain.end() == len(text) or text[plain.end()] in SPACE) and escape not in plain[0]:
        return plain.end(), plain[0]
    out: list[str] = []
    quote = ""
    while at < len(text):
        char = text[at]
        if char == escape and at + 1 < len(text):
            out.append(text[at + 1])
            at += 2
            continue
        if quote:
            if char == quote:
                quote = ""
            else:
                out.append(char)
        elif char in "\"'":
            quote = char
        elif char in SPACE:
            break
        else:
            out.append(char)
        at += 1
    return at, "".join(out)


def _heredocs(
    source: Source,
    lines: list[str],
    index: int,
    keyword: str,
    head: str,
    args_at: int,
    out: list[Heredoc],
    problems: list[Problem],
    pieces: list[tuple[int, int]],
) -> int:
    """Read the heredocs that an instruction opens; the index of the line behind them."""
    inner = keyword
    start = args_at
    if keyword == "ONBUILD":
        inner = _SPLIT.split(head[args_at:], maxsplit=1)[0].upper()
        start = args_at + len(inner)
    if inner not in _HEREDOC_KEYWORDS or json_words(head[start:]) is not None:
        return index
    starts = source.starts
    for name, expand, chomp in heredoc_names(head[args_at:]):
        first = index
        while index < len(lines):
            line = lines[index].rstrip("\r")
            if (line.lstrip("\t") if chomp else line) == name:
                break
            index += 1
        else:
            at = pieces[0][1]
            problems.append(Problem(at, at + len(keyword), f"unterminated heredoc: no line holds only {name}"))
        begin = starts[first] if first < len(starts) else len(source.text)
        end = starts[index] if index < len(starts) else len(source.text)
        body = source.text[begin:end]
        if chomp:
            body = re.sub(r"(?m)^\t+", "", body)
        out.append(Heredoc(name, body, expand, chomp, begin, end))
        index = min(index + 1, len(lines))
    return index
