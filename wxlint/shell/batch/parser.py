"""Windows batch text as a tree: lines, blocks, `if`, `for`, `&`, `&&`, `||`, `|`, labels. Variables are expanded
later, as text: see batch.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Union

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.shell.model import ShellError, too_deep

_MAX_DEPTH = 30
_BARE = late(r"[^\n\"^&|()]+")
_QUOTED = late(r"[^\n\"]+")
_BLANK = late(r"(?:[ \t,;=@]|\^\r?\n)*")
_SPACE = late(r"(?:[ \t\r\n,;=@]|\^\n)*")
_WORD = late(r"(rem|if|for|else|in|do)(?=[ \t\r\n,;=(/]|\Z)", re.I)
_LABEL = late(r":[ \t]*([^\s:+&|<>()^%]*)[^\n]*")
_FOR = late(
    r"(?P<flag>(?:[ \t]*/[dfrl])?)(?P<options>(?:[ \t]+(?!%)[^\s(\"]+|[ \t]*\"[^\"\n]*\")*)"
    r"[ \t]*%%?(?P<name>[^\s%])[ \t]+in[ \t]*\(",
    re.I,
)
_IF = late(
    r"(?:[ \t]*(?P<fold>/i))?(?P<no>(?:[ \t]+not(?=[ \t]))*)(?:[ \t]*(?P<fold2>/i))?[ \t]*"
    r"(?:(?P<word>defined|exist|errorlevel|cmdextversion)[ \t]+(?P<what>\"[^\"\n]*\"|[^\s()&|]+)"
    r"|(?P<left>(?:\"[^\"\n]*\"|[^\s\"=&|<>])*?)[ \t]*(?P<op>==|[ \t](?:equ|neq|lss|leq|gtr|geq)(?=[ \t]))"
    r"[ \t]*(?P<right>(?:\"[^\"\n]*\"|[^\s\"=()&|<>])*))",
    re.I,
)


class Line(NamedTuple):
    """A simple command: the text from start to end, unexpanded."""

    start: int
    end: int


class Condition(NamedTuple):
    """kind: "==", "equ", ..., "defined", "exist", "errorlevel". left, right: (start, end) of the operands."""

    kind: str
    left: tuple[int, int]
    right: tuple[int, int]
    negated: bool
    fold: bool


class BatchIf(NamedTuple):
    condition: Condition
    body: Node
    otherwise: Node | None


class BatchFor(NamedTuple):
    """flag: "", "d", "r", "l" or "f". items: (start, end) of the text between the parentheses."""

    name: str
    flag: str
    items: tuple[int, int]
    body: Node
    start: int


class Chain(NamedTuple):
    """Commands joined by `&`, `&&`, `||`, `|` or line ends (as `&`): (operator before it, node)."""

    items: tuple[tuple[str, Node], ...]


class Label(NamedTuple):
    name: str
    start: int


Node = Union[Line, BatchIf, BatchFor, Chain, Label]


class BatchParsed(NamedTuple):
    """The statements of a text. errors: (start, end, what is wrong)."""

    nodes: tuple[Node, ...]
    errors: tuple[ShellError, ...]


@lru_cache(maxsize=8)
def parsed(text: str) -> BatchParsed:
    """Parse a text, once for all who ask. Raises RecursionError, though the depth guards are there to prevent it."""
    parser = BatchParser(text)
    return BatchParsed(tuple(parser.script()), tuple(parser.errors))


class BatchParser:
    """One text. Reading never fails; what is odd is in `errors`."""

    def __init__(self, text: str) -> None:
        self.text, self.end = text, len(text)
        self.at = self.depth = 0
        self.errors: list[ShellError] = []

    def fail(self, start: int, message: str = "") -> None:
        """Note what is not read. message: "" where the text is nested too deep."""
        if len(self.errors) < 100:
            first, last = min(start, self.end), min(max(self.at, start), self.end)
            self.errors.append(ShellError(first, last, message) if message else too_deep(first, last))

    def script(self) -> list[Node]:
        out: list[Node] = []
        while True:
            self._skip(_SPACE)
            if self.at >= self.end:
                return out
            before = self.at
            out.append(self._line())
            if self.at == before:
                self.fail(before, f"unexpected {self.text[before]!r}")
                self.at += 1

    def _skip(self, regex: re.Pattern[str]) -> None:
        match = regex.match(self.text, self.at)
        if match:
            self.at = match.end()

    def _line(self) -> Node:
        """Everything to the end of the line, or to the `)` that closes the block."""
        return self._joined(
            "&", lambda: self._joined("||", lambda: self._joined("&&", lambda: self._joined("|", self._command)))
        )

    def _joined(self, operator: str, inner: Callable[[], Node]) -> Node:
        items: list[tuple[str, Node]] = [("&", inner())]
        while True:
            self._skip(_BLANK)
            if not self.text.startswith(operator, self.at) or (
                len(operator) == 1 and self.text.startswith(operator * 2, self.at)
            ):
                return items[0][1] if len(items) == 1 else Chain(tuple(items))
            self.at += len(operator)
            items.append((operator, inner()))

    def _command(self) -> Node:
        self._skip(_BLANK)
        text, start = self.text, self.at
        if start >= self.end:
            return Line(start, start)
        if text[start] == ":":
            match = _LABEL.match(text, start)
            self.at = match.end() if match else self._line_end(start)
            return Label(match[1].lower() if match else "", start)
        if text[start] == "(":
            return self._block()
        match = _WORD.match(text, start)
        word = match[1].lower() if match else ""
        if match and word == "rem":
            self.at = self._line_end(start)
            return Line(start, start)
        if match and word in ("if", "for"):
            if self.depth >= _MAX_DEPTH:
                self.at = self.end
                self.fail(start)
                return Line(start, start)
            self.depth += 1
            self.at = match.end()
            found = self._if() if word == "if" else self._for(start)
            self.depth -= 1
            if found is not None:
                return found
            self.at = start
        return self._simple()

    def _line_end(self, at: int) -> int:
        stop = self.text.find("\n", at)
        return self.end if stop < 0 else stop

    def _block(self) -> Node:
        start = self.at
        if self.depth >= _MAX_DEPTH:
            self.at = self.end
            self.fail(start)
            return Line(start, start)
        self.depth += 1
        self.at += 1
        items: list[tuple[str, Node]] = []
        while True:
            self._skip(_SPACE)
            if self.at >= self.end:
                self.fail(start, "no closing )")
                break
            if self.text[self.at] == ")":
                self.at += 1
                break
            before = self.at
            items.append(("&", self._line()))
            if self.at == before:
                self.at += 1
        self.depth -= 1
        match = re.compile(r"(?:[ \t]*\d?[<>]{1,2}(?:&\d|[ \t]*(?:\"[^\"\n]*\"|[^\s&|()]+)))*").match(
            self.text, self.at
        )
        self.at = match.end() if match else self.at
        return Chain(tuple(items))

    def _if(self) -> Node | None:
        match = _IF.match(self.text, self.at)
        if not match:
            return None
        self.at = match.end()
        negated = len(re.findall("not", match["no"] or "", re.I)) % 2 == 1
        if match["word"]:
            condition = Condition(match["word"].lower(), match.span("what"), (0, 0), negated, True)
        else:
            condition = Condition(
                match["op"].strip().lower(),
                match.span("left"),
                match.span("right"),
                negated,
                bool(match["fold"] or match["fold2"]),
            )
        body = self._line()
        mark = self.at
        self._skip(_BLANK)
        found = _WORD.match(self.text, self.at)
        if found and found[1].lower() == "else":
            self.at = found.end()
            return BatchIf(condition, body, self._line())
        self.at = mark
        return BatchIf(condition, body, None)

    def _for(self, start: int) -> Node | None:
        match = _FOR.match(self.text, self.at)
        if not match:
            return None
        self.at = first = match.end()
        quoted = False
        closing = "'" if re.compile(r"[ \t]*'").match(self.text, first) and "f" in match["flag"].lower() else '"'
        while self.at < self.end and (quoted or self.text[self.at] != ")"):
            if self.text[self.at] == closing:
                quoted = not quoted
            self.at += 1
        items = (first, min(self.at, self.end))
        self.at = min(self.at + 1, self.end)
        self._skip(_SPACE)
        found = _WORD.match(self.text, self.at)
        if not found or found[1].lower() != "do":
            return None
        self.at = found.end()
        return BatchFor(match["name"], match["flag"].strip().lower()[1:], items, self._line(), start)

    def _simple(self) -> Node:
        text, start = self.text, self.at
        quoted = False
        level = 0  # "echo (a)" in a block: cmd.exe would end the block there, but nobody means that
        while self.at < self.end:
            self._skip(_QUOTED if quoted else _BARE)
            if self.at >= self.end:
                break
            char = text[self.at]
            if char == "\n":
                break
            if char == '"':
                quoted = not quoted
            elif not quoted:
                if char == "^":
                    self.at += 2
                    continue
                if char == "&" and text[self.at - 1] in "<>":  # 2>&1
                    self.at += 1
                    continue
                if char in "&|" or (char == ")" and self.depth and not level):
                    break
                level += 1 if char == "(" else -1 if char == ")" and level else 0
            self.at += 1
        self.at = min(self.at, self.end)
        return Line(start, self.at)
