"""The tokens of HCL, one after the other."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

_TOKEN = late(
    r"""(?P<blank>[ \t]+|\#[^\n]*|//[^\n]*|/\*.*?\*/) | (?P<newline>\n)
      | (?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?) | (?P<name>[A-Za-z_][\w-]*(?:::[A-Za-z_][\w-]*)*)
      | (?P<heredoc><<-?(?P<mark>\w+)\n) | (?P<quote>")
      | (?P<operator>&&|\|\||==|!=|<=|>=|=>|\.\.\.|[-+*/%!<>?:=,.\[\](){}~])""",
    re.VERBOSE | re.DOTALL,
)


class HclError(Exception):
    """What is wrong, and at which offset."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at, self.message = at, message


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class Tokens:
    """text: the whole file, of which a stretch is read; offsets are the file's."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.at, self.end = text, start, end
        self.brackets = 0

    def peek(self) -> Token:
        """The next token; line ends count outside of brackets only."""
        at = self.at
        while True:
            match = _TOKEN.match(self.text, at, self.end)
            if match is None:
                if at >= self.end:
                    return Token("end", "", self.end, self.end)
                raise HclError(at, f"{self.text[at]!r} has no meaning here")
            kind = "heredoc" if match["heredoc"] is not None else match.lastgroup or ""
            if kind == "blank" or (kind == "newline" and self.brackets):
                at = match.end()
                continue
            return Token(kind, match[0], match.start(), match.end())

    def next(self) -> Token:
        token = self.peek()
        self.at = token.end
        return token

    def take(self, *texts: str) -> str:
        token = self.peek()
        if token.kind == "operator" and token.text in texts:
            self.at = token.end
            return token.text
        return ""

    def need(self, text: str) -> None:
        token = self.peek()
        if not self.take(text):
            raise HclError(token.start, f"{text!r} is missing here")

    def lines(self) -> None:
        while self.peek().kind == "newline":
            self.next()
