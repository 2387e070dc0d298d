"""Reading `[[ ... ]]`."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.shell.bash.simple_commands import SimpleReader
from wxlint.shell.bash.tree import WordText
from wxlint.shell.bash.words import MAX_DEPTH

_NOT = late(r"!(?=[ \t\r\n(]|\\\n)")
_UNARY = late(r"-[a-zA-Z]\Z")
_OPERATOR = late(r"(=~|[!=]?=|-[a-z]{2})(?=[ \t\n])")
_CLASS = late(r"\[\^?\]?(?:\[:[a-z]+:\]|[^\]\n])*\]")
_BINARY = frozenset(("=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"))


class BracketReader(SimpleReader):
    """Expressions, as the nested tuples that tree.Test describes."""

    def expression(self) -> tuple[object, ...]:
        return self._or(0)

    def _or(self, depth: int) -> tuple[object, ...]:
        left = self._and(depth)
        while True:
            self.blank_lines()
            if not self.text.startswith("||", self.at):
                return left
            self.at += 2
            left = ("or", left, self._and(depth))

    def _and(self, depth: int) -> tuple[object, ...]:
        left = self._not(depth)
        while True:
            self.blank_lines()
            if not self.text.startswith("&&", self.at):
                return left
            self.at += 2
            left = ("and", left, self._not(depth))

    def _not(self, depth: int) -> tuple[object, ...]:
        negated = False
        while True:
            self.blank_lines()
            match = _NOT.match(self.text, self.at, self.end)
            if not match:
                break
            self.at = match.end()
            negated = not negated
        found: tuple[object, ...]
        if self.at < self.end and self.text[self.at] == "(" and depth < MAX_DEPTH:
            self.at += 1
            found = self._or(depth + 1)
            self.blank_lines()
            self._close(")", self.at)
        else:
            found = self._primary()
        return ("not", found) if negated else found

    def _operand(self) -> WordText | None:
        self.blank_lines()
        if self.at >= self.end or self.text[self.at] in ")&|;" or self.text.startswith("]]", self.at):
            return None
        return self.word()

    def _primary(self) -> tuple[object, ...]:
        first = self._operand()
        if first is None:
            return ("unknown",)
        self.blank_lines()
        if first.literal and not first.quoted and _UNARY.match(first.literal):
            operand = self._operand()
            return ("word", first) if operand is None else ("unary", first.literal, operand)
        at = self.at
        if at < self.end and self.text[at] in "<>" and not self.text.startswith("(", at + 1):
            self.at += 1
            self._operand()
            return ("unknown",)
        operator = _OPERATOR.match(self.text, at, self.end)
        if not operator or operator[0] not in _BINARY:
            return ("word", first)
        self.at = operator.end()
        self.blank_lines()
        if operator[0] == "=~":
            self._regex()
            return ("unknown",)
        second = self._operand()
        return ("unknown",) if second is None else ("binary", operator[0], first, second)

    def _regex(self) -> None:
        """The pattern of `=~`, where brackets and bars are ordinary."""
        level = 0
        while self.at < self.end:
            char = self.text[self.at]
            if char in " \t\n" and level <= 0:
                return
            if char == "(":
                level += 1
            elif char == ")":
                level -= 1
                if level < 0:
                    return
            elif char in "\"'$`\\":
                self.parts(" \t\n;&|<>()", False, self.at)
                continue
            elif char == "[" and (close := _CLASS.match(self.text, self.at, self.end)):
                self.at = close.end()
                continue
            self.at += 1
