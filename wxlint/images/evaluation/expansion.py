"""Variable expansion in Dockerfile words, as BuildKit's shell lexer does it, with three values.

Rules from BuildKit's `frontend/dockerfile/shell`: single quotes are literal, double quotes expand, the escape character is
that of the file, and `${name}` takes `:- - :+ + :? ?`, `# ## % %%` and `/ //`. A variable whose value cannot be known from
the file becomes a HOLE named as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.dockerfile.words import Pair, pairs, words

__all__ = ["Pair", "Scope", "expand", "pairs", "words"]

_NAME = late(r"[^\W\d]\w*|\d+|[@*#?$!-]")
_PLAIN = late(r"[^\\`$\"']*\Z")
_LITERAL = late(r"[^\\`$\"']+")
_DEPTH = 20
_MOST = 100_000
"""Characters of one value; a longer one is unknown: variables that double themselves must not fill memory."""


class Scope(NamedTuple):
    """Variables that are set, and names of build arguments that nothing sets (empty unless the caller gives them).

    closed: no other variable can be set, as before the first FROM. In a stage the base image may set more.
    """

    values: Mapping[str, Value]
    unset: frozenset[str] | set[str] = frozenset()
    closed: bool = False


def expand(text: str, scope: Scope, escape: str = "\\") -> Value:
    """The value of a word: quotes and escapes removed, variables replaced."""
    if _PLAIN.match(text):
        return Value(text)
    return _Expansion(text, scope, escape, 0).run()


class _Expansion:
    """One pass over one word. Depth bounds `${a:-${b:-...}}`."""

    def __init__(self, text: str, scope: Scope, escape: str, depth: int) -> None:
        self.text, self.scope, self.escape, self.depth = text, scope, escape, depth
        self.at = 0
        self.parts: list[Value] = []
        self.literal: list[str] = []

    def run(self) -> Value:
        text, end = self.text, len(self.text)
        quoted = False
        while self.at < end:
            char = text[self.at]
            if char == "'" and not quoted:
                close = text.find("'", self.at + 1)
                close = end if close < 0 else close
                self.literal.append(text[self.at + 1 : close])
                self.at = close + 1
            elif char == '"':
                quoted = not quoted
                self.at += 1
            elif char == self.escape and self.at + 1 == end:
                self.at += 1  # nothing to escape: dropped
            elif char == self.escape:
                following = text[self.at + 1]
                if quoted and following not in ('"', "$", self.escape):
                    self.literal.append(char)
                self.literal.append(following)
                self.at += 2
            elif char == "$":
                self._variable()
            else:
                plain = _LITERAL.match(text, self.at)
                self.literal.append(plain[0] if plain else char)
                self.at += len(self.literal[-1])
        self._flush()
        if sum([len(part.text) + 100 * len(part.holes) for part in self.parts]) > _MOST:
            return Value(HOLE, (text[:80],))
        return self.parts[0] if len(self.parts) == 1 else concat(self.parts)

    def _flush(self) -> None:
        if self.literal:
            self.parts.append(Value("".join(self.literal)))
            self.literal = []

    def _add(self, value: Value) -> None:
        self._flush()
        self.parts.append(value)

    def _variable(self) -> None:
        text = self.text
        start = self.at
        self.at += 1
        if not text.startswith("{", self.at):
            match = _NAME.match(text, self.at)
            if not match:
                self.literal.append("$")
                return
            self.at = match.end()
            self._add(self._lookup(match[0], text[start : self.at]))
            return
        match = _NAME.match(text, self.at + 1)
        close = _closing(text, self.at, self.escape)
        written = text[start : close + 1]
        if not match or close >= len(text) or match.end() > close:
            self.at = close + 1
            self._add(Value(HOLE, (written,)))
            return
        self.at = close + 1
        self._add(self._modified(match[0], text[match.end() : close], written))

    def _lookup(self, name: str, written: str) -> Value:
        value = self.scope.values.get(name)
        return value if value is not None else Value(HOLE, (written,))

    def _word(self, text: str) -> Value:
        if self.depth >= _DEPTH:
            return Value(HOLE, (text,))
        return _Expansion(text, self.scope, self.escape, self.depth + 1).run()

    def _modified(self, name: str, modifier: str, written: str) -> Value:
        if not modifier:
            return self._lookup(name, written)
        value = self.scope.values.get(name)
        colon = modifier[0] == ":"
        operator, word = (modifier[1:2], modifier[2:]) if colon else (modifier[0], modifier[1:])
        if operator in ("-", "+", "?") and operator:
            absent = name in self.scope.unset or (value is None and self.scope.closed)
            if value is not None and name not in self.scope.unset:
                if not value.known and not value.text.strip(HOLE):  # may be empty or not
                    return Value(HOLE, (written,))
                absent = colon and value.text == ""
            elif not absent:
                return Value(HOLE, (written,))
            if operator == "+":
                return Value("") if absent else self._word(word)
            if operator == "-" and absent:
                chosen = self._word(word)
                return chosen._replace(because=(*chosen.because, Reason("default", f"default of {written}")))
            return value if value is not None and not absent else Value(HOLE, (written,))
        if value is None or not value.known:
            return Value(HOLE, (written,))
        pattern = self._word(word.lstrip(operator) if operator in "#%/" else word)
        incomplete = operator == "/" and "/" not in pattern.text
        if colon or not pattern.known or operator not in ("#", "%", "/") or incomplete:
            return Value(HOLE, (written,))
        return value._replace(text=_strip(value.text, operator, modifier, pattern.text))


def _strip(text: str, operator: str, modifier: str, pattern: str) -> str:
    double = modifier[:2] == operator * 2
    if operator == "/":
        old, _, new = pattern.partition("/")
        regex = re.compile(_glob(old))
        return regex.sub(lambda _: new, text, count=0 if double else 1) if old else text
    regex = re.compile(_glob(pattern) + r"\Z")
    if operator == "#":
        ends = range(len(text), -1, -1) if double else range(len(text) + 1)
        return next((text[end:] for end in ends if regex.match(text[:end])), text)
    starts = range(len(text) + 1) if double else range(len(text), -1, -1)
    return next((text[:start] for start in starts if regex.match(text[start:])), text)


def _glob(pattern: str) -> str:
    return "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern[:200])


def _closing(text: str, at: int, escape: str) -> int:
    """Offset of the `}` that closes the `{` at `at`; len(text) when there is none."""
    depth = 0
    while at < len(text):
        char = text[at]
        if char == escape:
            at += 1
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if not depth:
                return at
        at += 1
    return at
