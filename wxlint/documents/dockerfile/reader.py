"""Dockerfiles as instructions with exact positions, split as BuildKit splits them.

The rules are those of BuildKit's `frontend/dockerfile/parser`: parser directives, `\\` or `` ` `` continuations that
skip comments and blank lines, heredocs on RUN, COPY, ADD and their ONBUILD forms. A test holds every Dockerfile
against that parser. Nothing is evaluated here: see images/evaluation.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.words import SPACE, json_words
from wxlint.documents.source import Source, TextProblem

KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME"
    " WORKDIR".split()
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

    def as_file(self, source: Source) -> Source:
        """The body as a file, each line where it stands in the Dockerfile."""
        text = source.text[self.start : self.end]
        if self.chomp:
            text = "\n".join(
                " " * (len(line) - len(line.lstrip("\t"))) + line.lstrip("\t") for line in text.split("\n")
            )
        return Source(source.path, "\n" * (source.position(self.start)[0] - 1) + text)


class Flag(NamedTuple):
    """`--name=value` before the arguments; value is None without `=`. Offsets into Instruction.text."""

    name: str
    value: str | None
    start: int
    end: int


class Instruction(NamedTuple):
    """One instruction.

    keyword: upper case. text: the logical line from the keyword on, continuations joined and comments taken out.
    args_at: where in `text` the arguments start, behind the flags. pieces: (offset in text, offset in the source),
    ascending. line, end_line: the lines it covers, heredocs included, from 1.
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
    problems: tuple[TextProblem, ...]

    def syntax(self) -> str | None:
        return self.directives["syntax"][0] if "syntax" in self.directives else None


def read_dockerfile(source: Source) -> Dockerfile:
    """Split a Dockerfile into instructions. Never raises: what is wrong is in `problems`."""
    problems: list[TextProblem] = []
    directives, escape = _directives(source.text, problems)
    lines = _Lines(source, escape)
    instructions: list[Instruction] = []
    while lines.skip_to_text():
        first = lines.index + 1
        head, pieces = lines.logical_line()
        if not head:
            problems.append(
                TextProblem(pieces[0][1], pieces[0][1] + 1, "unknown instruction: the last line continues nothing")
            )
            continue
        keyword, args_at, flags = split_head(head, escape)
        instruction = Instruction(keyword, head, args_at, flags, (), pieces, first, lines.index)
        if "<<" in head and args_at < len(head):
            instruction = _with_heredocs(instruction, lines, problems)
        instructions.append(instruction)
    return Dockerfile(source, tuple(instructions), directives, tuple(lines.comments), escape, tuple(problems))


class _Lines:
    """The lines of a file, taken one after the other. index: of the next one. comments: those that were passed."""

    def __init__(self, source: Source, escape: str) -> None:
        lines = source.text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        if "\r" in source.text:
            lines = [line.rstrip("\r") for line in lines]
        self.source, self.lines, self.starts = source, lines, source.starts
        self.escape, self.double = escape, escape + escape
        self.index = 0
        self.comments: list[tuple[int, str]] = []

    def skip_to_text(self) -> bool:
        """Pass blank lines and comments; False at the end of the file."""
        lines, count = self.lines, len(self.lines)
        while self.index < count:
            raw = lines[self.index]
            body = raw.lstrip(SPACE)
            if body:
                if body[0] != "#":
                    return True
                self.comments.append((self.starts[self.index] + len(raw) - len(body), body[1:]))
            self.index += 1
        return False

    def logical_line(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        """The line here with those that continue it, without space around it, and where its pieces stand."""
        raw = self.lines[self.index]
        body = raw.lstrip(SPACE)
        at = self.starts[self.index] + len(raw) - len(body)
        part = body.rstrip(" \t")
        if not self._continues(part):
            self.index += 1
            return body.rstrip(SPACE), ((0, at),)
        parts: list[str] = []
        pieces: list[tuple[int, int]] = []
        length = 0
        while True:
            continues = self._continues(part)
            part = part[:-1] if continues else body.rstrip("\r")
            if part:
                pieces.append((length, at))
                parts.append(part)
                length += len(part)
            self.index += 1
            if not (continues and self.skip_to_text()):
                break
            body = self.lines[self.index]
            at = self.starts[self.index]
            part = body.rstrip(" \t")
        logical = "".join(parts)
        head = logical.lstrip(SPACE)
        if len(head) != len(logical):  # a first line of only spaces and a continuation
            pieces = _shift(pieces, len(logical) - len(head))
        return head.rstrip(SPACE), tuple(pieces) or ((0, at),)

    def _continues(self, part: str) -> bool:
        return part.endswith(self.escape) and not part.endswith(self.double)

    def heredoc_end(self, terminator: str, chomp: bool) -> int | None:
        """The index of the line that ends a heredoc; None when there is none."""
        for index in range(self.index, len(self.lines)):
            line = self.lines[index]
            if (line.lstrip("\t") if chomp else line) == terminator:
                return index
        return None

    def offset(self, index: int) -> int:
        """Where a line starts in the source; the end of the source behind the last one."""
        return self.starts[index] if index < len(self.starts) else len(self.source.text)


def _directives(text: str, problems: list[TextProblem]) -> tuple[dict[str, tuple[str, int]], str]:
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
            problems.append(
                TextProblem(offset, offset + len(match[2]), f"only one `{name}` parser directive can be used")
            )
        found[name] = (match[2], offset)
        at = end + 1
    escape = "\\"
    if "escape" in found:
        value, offset = found["escape"]
        if value in ("\\", "`"):
            escape = value
        else:
            problems.append(
                TextProblem(offset, offset + len(value), f"escape directive is {value!r}; allowed: \\ or `")
            )
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


def _with_heredocs(instruction: Instruction, lines: _Lines, problems: list[TextProblem]) -> Instruction:
    """The instruction with the heredocs that its line opens, which are read."""
    from wxlint.documents.dockerfile.heredocs import heredoc_openings

    keyword, head, args_at = instruction.keyword, instruction.text, instruction.args_at
    start = args_at
    if keyword == "ONBUILD":
        keyword = _SPLIT.split(head[args_at:], maxsplit=1)[0].upper()
        start = args_at + len(keyword)
    if keyword not in _HEREDOC_KEYWORDS or json_words(head[start:]) is not None:
        return instruction
    found: list[Heredoc] = []
    for opening in heredoc_openings(head[args_at:]):
        end = lines.heredoc_end(opening.name, opening.chomp)
        if end is None:
            if opening.spaced:
                break  # `$((1 << 2))`: only newer frontends take it for a heredoc
            message = f"unterminated heredoc: no line holds only {opening.name}"
            problems.append(TextProblem(instruction.at(0), instruction.at(0) + len(instruction.keyword), message))
            end = len(lines.lines)
        begin, behind = lines.offset(lines.index), lines.offset(end)
        body = lines.source.text[begin:behind]
        if opening.chomp:
            body = re.sub(r"(?m)^\t+", "", body)
        found.append(Heredoc(opening.name, body, opening.expand, opening.chomp, begin, behind))
        lines.index = min(end + 1, len(lines.lines))
    return instruction._replace(heredocs=tuple(found), end_line=lines.index)
