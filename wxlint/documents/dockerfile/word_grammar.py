"""Words of Dockerfile arguments as trees: literal text, variables, what `${name…}` does to them. Nothing is expanded.

The grammar is that of BuildKit's `frontend/dockerfile/shell`: single quotes are literal, double quotes hold variables,
the escape character is that of the file, and `${name}` takes `:- - :+ + :? ?`, `# ## % %%` and `/ //`. Inside a pattern
and a replacement escapes are kept, since they count there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

_ORDINARY = {"\\": late(r"[^$'\"}/\\]+"), "`": late(r"[^$'\"}/`]+")}
_IN_QUOTES = {"\\": late(r"[^$\"\\]+"), "`": late(r"[^$\"`]+")}
_ASCII_NAME = late(r"[A-Za-z_][A-Za-z0-9_]*(?![A-Za-z0-9_]|[^\x00-\x7f])|[0-9]+(?![0-9]|[^\x00-\x7f])")
_SPECIAL = "@*#?-$!0"
_DEPTH = 20
"""How deep `${a:-${b:-…}}` is read; what lies deeper is not."""
_LONGEST_KEPT = 1000
"""Characters of a word whose tree is kept for the next build of the file."""


class WordError(Exception):
    """A word that BuildKit refuses whatever the variables hold. The message is for people."""


class LiteralPart(NamedTuple):
    """Text that stands for itself, quotes and escapes taken out."""

    text: str


class VariablePart(NamedTuple):
    """`$name` or `${name}`. written: as it stands."""

    name: str
    written: str


class ChoicePart(NamedTuple):
    """`${name:-word}` and its kind. operator: "-", "+" or "?". colon: an empty value counts as unset."""

    name: str
    operator: str
    colon: bool
    word: Word
    written: str


class Trim(NamedTuple):
    """`${name#pattern}` ("#", from the start) or `${name%pattern}` ("%", from the end). A pattern that starts with the
    operator again takes the longest match.
    """

    name: str
    operator: str
    pattern: Word
    written: str


class Replace(NamedTuple):
    """`${name/pattern/text}`, or `${name//pattern/text}` with `everywhere`."""

    name: str
    everywhere: bool
    pattern: Word
    text: Word
    written: str


class UnreadPart(NamedTuple):
    """A word that is nested too deep to be read."""

    written: str


if TYPE_CHECKING:
    Part = LiteralPart | VariablePart | ChoicePart | Trim | Replace | UnreadPart
    Word = tuple[Part, ...]


class _TooDeep(Exception):
    pass


def parse_word(text: str, escape: str = "\\") -> Word:
    """The tree of a word. Raises WordError for one that BuildKit refuses."""
    return _parse_kept(text, escape) if len(text) <= _LONGEST_KEPT else _parse(text, escape)


def _parse(text: str, escape: str) -> Word:
    try:
        return _Parser(text, escape).word(stop="", raw=False, depth=0)
    except _TooDeep:
        return (UnreadPart(text),)


_parse_kept = lru_cache(maxsize=2048)(_parse)


class _Parser:
    """One pass over one word."""

    def __init__(self, text: str, escape: str) -> None:
        self.text, self.escape = text, escape
        self.at = 1 if text.startswith("\ufeff") else 0  # BuildKit's scanner drops a byte order mark

    def word(self, *, stop: str, raw: bool, depth: int) -> Word:
        """Parts up to the character `stop`, which is consumed, or to the end where it is empty. raw: keep escapes."""
        if depth > _DEPTH:
            raise _TooDeep
        text, end, escape = self.text, len(self.text), self.escape
        ordinary = _ORDINARY[escape]
        parts: list[Part] = []
        literal: list[str] = []
        while self.at < end:
            char = text[self.at]
            if char == stop:
                self.at += 1
                return _joined(parts, literal)
            if char == "'":
                literal.append(self._single_quoted())
            elif char == '"':
                self._double_quoted(parts, literal, raw, depth)
            elif char == "$":
                self._dollar(parts, literal, depth)
            elif char == escape:
                literal.append(text[self.at if raw else self.at + 1 : self.at + 2])
                self.at += 2
            else:
                plain = ordinary.match(text, self.at)
                literal.append(plain[0] if plain else char)
                self.at += len(literal[-1])
        if stop:
            raise WordError("missing '}'" if stop == "}" else "missing '/' in ${}")
        return _joined(parts, literal)

    def _single_quoted(self) -> str:
        close = self.text.find("'", self.at + 1)
        if close < 0:
            raise WordError("a single quote is not closed")
        content = self.text[self.at + 1 : close]
        self.at = close + 1
        return content

    def _double_quoted(self, parts: list[Part], literal: list[str], raw: bool, depth: int) -> None:
        text, end, escape = self.text, len(self.text), self.escape
        plain = _IN_QUOTES[escape]
        self.at += 1
        while self.at < end:
            char = text[self.at]
            if char == '"':
                self.at += 1
                return
            if char == "$":
                self._dollar(parts, literal, depth)
            elif char == escape:
                following = text[self.at + 1 : self.at + 2]
                if raw:
                    literal.append(escape)
                literal.append(following if following and following in f'"${escape}' else escape)
                self.at += 2 if following and following in f'"${escape}' else 1
            else:
                match = plain.match(text, self.at)
                literal.append(match[0] if match else char)
                self.at += len(literal[-1])
        raise WordError("a double quote is not closed")

    def _dollar(self, parts: list[Part], literal: list[str], depth: int) -> None:
        text, start = self.text, self.at
        self.at += 1
        if not text.startswith("{", self.at):
            name = self._name()
            if name:
                _add(parts, literal, VariablePart(name, text[start : self.at]))
            else:
                literal.append("$")
            return
        self.at += 1
        following = text[self.at : self.at + 1]
        if not following:
            raise WordError("missing '}'")
        if following in "{}:":
            raise WordError(f"bad substitution in {_cut(text[start:])}")
        _add(parts, literal, self._braces(start, self._name(), depth))

    def _braces(self, start: int, name: str, depth: int) -> Part:
        """What follows the name in `${name…}`, up to the closing brace. start: offset of the `$`."""
        text = self.text
        operator = text[self.at : self.at + 1]
        self.at += 1
        if operator == "}":
            return VariablePart(name, text[start : self.at])
        colon = operator == ":"
        if colon:
            operator = text[self.at : self.at + 1]
            self.at += 1
        if operator and operator in "-+?":
            word = self.word(stop="}", raw=False, depth=depth + 1)
            return ChoicePart(name, operator, colon, word, text[start : self.at])
        if operator and operator in "#%" and not colon:
            pattern = self.word(stop="}", raw=True, depth=depth + 1)
            return Trim(name, operator, pattern, text[start : self.at])
        if operator == "/" and not colon:
            everywhere = text.startswith("/", self.at)
            self.at += everywhere
            pattern = self.word(stop="/", raw=True, depth=depth + 1)
            replacement = self.word(stop="}", raw=True, depth=depth + 1)
            return Replace(name, everywhere, pattern, replacement, text[start : self.at])
        if not operator:
            raise WordError("missing '}'")
        raise WordError(f"unsupported modifier ({':' * colon}{operator}) in {_cut(text[start:])}")

    def _name(self) -> str:
        """The name of a variable: letters, digits and `_`, or digits, or one special character; "" for none."""
        text = self.text
        match = _ASCII_NAME.match(text, self.at)
        if match:
            self.at = match.end()
            return match[0]
        first = text[self.at : self.at + 1]
        if first and first in _SPECIAL:
            self.at += 1
            return first
        start, digits = self.at, _is_digit(first)
        while self.at < len(text):
            char = text[self.at]
            if not (_is_digit(char) if digits else char.isalpha() or _is_digit(char) or char == "_"):
                break
            self.at += 1
        return text[start : self.at]


def _is_digit(char: str) -> bool:
    return char.isdecimal()


def _add(parts: list[Part], literal: list[str], part: Part) -> None:
    if literal:
        parts.append(LiteralPart("".join(literal)))
        literal.clear()
    parts.append(part)


def _joined(parts: list[Part], literal: list[str]) -> Word:
    if literal:
        parts.append(LiteralPart("".join(literal)))
    return tuple(parts)


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"
