"""Compose variables: `${...}` in the values of a compose file, and the .env files that give them.

Rules from the compose specification's chapter on interpolation and from the loader that docker compose is built on
(compose-go, `template` and `dotenv`): `$name`, `${name}`, `:- - :? ? :+ +` with nested words, `$$` for a `$`; a `$`
before anything else is itself; `${` that is not followed by a name and one of these is an error.

Three values: a variable of the .env files is known. One that is nowhere takes its default, or, without one, is a HOLE:
compose would put nothing there, but the user's environment is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.source import Source
from wxlint.documents.yaml import TextProblem

_DEPTH = 8
_GROWTH = 4096
"""A value longer than its text by more than this becomes a HOLE: variables that double each other cost nothing."""
_REASONS = 20

_NAME = late(r"[A-Za-z_][A-Za-z0-9_]*")
_DOLLAR = late(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{(?:([A-Za-z_][A-Za-z0-9_]*)(?:(\})|(:?[-+?])))?)")
_BRACE = late(r"\{.?|\}", re.DOTALL)

_BLANK = " \t\v\f\r\x85\xa0"
_KEY = late(r"[\w.\-\[\]" + _BLANK + r"]*")
_ESCAPE = late(r'\\(?:([abfnrtv])|([$"\\])|0(\d{0,3}))')
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Interpolated(NamedTuple):
    """value: with a HOLE for the rest behind a problem. problem: offsets into the text that was given."""

    value: Value
    problem: TextProblem | None = None


def interpolate(text: str, variables: Mapping[str, Value]) -> Interpolated:
    """The value of one scalar of a compose file. Raises nothing."""
    return Interpolated(Value(text)) if "$" not in text else _interpolate(text, variables, 0)


def _interpolate(text: str, variables: Mapping[str, Value], depth: int) -> Interpolated:
    parts: list[Value] = []
    at, length, problem = 0, 0, None
    while problem is None:
        match = _DOLLAR.search(text, at)
        literal = text[at : match.start()] if match else text[at:]
        if literal:
            parts.append(Value(literal))
        if not match:
            break
        dollar, name, braced, simple, operator = match.groups()
        if dollar:
            part, at = Value("$"), match.end()
        elif name or simple:
            part = variables.get(name or braced) or Value(HOLE, (match[0],))
            at = match.end()
        else:
            close = _closing(text, match.start(), match.end()) if operator else -1
            if close < 0:
                part, problem = Value(HOLE, (text[match.start() :],)), _invalid(text, match.start())
            else:
                written, word = text[match.start() : close + 1], text[match.end() : close]
                part, problem = _operation(variables, braced, operator, word, written, depth)
                if problem:
                    offset = match.end()
                    problem = problem._replace(start=problem.start + offset, end=problem.end + offset)
                at = close + 1
        parts.append(part)
        length += len(part.text)
        if length > _GROWTH + len(text):
            return Interpolated(Value(HOLE, (text[:80],)), problem)
    value = parts[0] if len(parts) == 1 else concat(parts)
    if len(value.because) > _REASONS:
        value = value._replace(because=value.because[:_REASONS])
    return Interpolated(value, problem)


def _operation(
    variables: Mapping[str, Value], name: str, operator: str, word: str, written: str, depth: int
) -> tuple[Value, TextProblem | None]:
    """The value of `${name<operator>word}`."""
    value = variables.get(name)
    present = value is not None
    if value is not None and operator[0] == ":":
        if value.holes and not value.text.strip(HOLE):  # may be empty or not
            return Value(HOLE, (written,)), None
        present = value.text != ""
    if operator[-1] in "-?" and present and value is not None:
        return value, None
    if operator[-1] == "+" and not present:
        return Value("", (), (Reason("default", f"{name} is not set, for {written}", name=name),)), None
    if depth >= _DEPTH:
        return Value(HOLE, (written,)), None
    chosen, problem = _interpolate(word, variables, depth + 1)
    if operator[-1] == "?":  # the word is the error's text
        return Value(HOLE, (written,)), problem
    reason = (
        (Reason("default", f"default of {written}", name=name),)
        if operator[-1] == "-"
        else value.because
        if value
        else ()
    )
    return chosen._replace(because=(*chosen.because, *reason)), problem


def _closing(text: str, start: int, word: int) -> int:
    """Offset of the `}` that ends the `${` at `start`; -1 when there is none on the line.

    The brace that balances, or the line's last one when none does: what compose does with `${A:-{}`.
    """
    line_end = text.find("\n", word)
    last = text.rfind("}", word, line_end if line_end >= 0 else len(text))
    depth = 0
    for brace in _BRACE.finditer(text, start + 1, last + 1):
        depth += 1 if brace[0][0] == "{" else -1
        if not depth:
            return brace.start()
    return last


def _invalid(text: str, start: int) -> TextProblem:
    close = text.find("}", start, start + 200)
    line_end = text.find("\n", start)
    end = close + 1 if close >= 0 else line_end if line_end >= 0 else len(text)
    return TextProblem(start, end, f"invalid interpolation {text[start:end][:80]}; write $$ for a plain $")


class ComposeVariables(NamedTuple):
    """variables: name to value, each with a reason such as "TAG=latest (.env line 3)"."""

    variables: dict[str, Value]
    problems: tuple[TextProblem, ...]


def read_env(source: Source, outer: Mapping[str, Value] | None = None) -> ComposeVariables:
    """A .env file, read as docker compose reads one. `outer`: variables that win over the file's own.

    Quotes (single: literal; double: escapes and variables, over several lines), `export`, comments, `NAME: value`.
    A name alone stands for the caller's environment and sets nothing. Reading stops at a syntax error, for which
    compose refuses the file.
    """
    if source.foreign:
        return ComposeVariables({}, (TextProblem(0, 0, source.foreign),))
    return _EnvReader(source, outer or {}).read()


class _EnvReader:
    def __init__(self, source: Source, outer: Mapping[str, Value]) -> None:
        self.source, self.text, self.outer = source, source.text, outer
        self.at = 0
        self.variables: dict[str, Value] = {}
        self.known = dict(outer)

    def read(self) -> ComposeVariables:
        text, end = self.text, len(self.text)
        while True:
            while self.at < end and text[self.at].isspace():
                self.at += 1
            if self.at >= end:
                return ComposeVariables(self.variables, ())
            if text[self.at] == "#":
                line_end = text.find("\n", self.at)
                self.at = line_end if line_end >= 0 else end
            elif problem := self._statement():
                return ComposeVariables(self.variables, (problem,))

    def _statement(self) -> TextProblem | None:
        text, start = self.text, self.at
        if text.startswith("export", start) and text[start + 6 : start + 7].isspace():
            start += 6
            while start < len(text) and text[start] in _BLANK:
                start += 1
        if start >= len(text):
            return TextProblem(self.at, start, "export of nothing")
        match = _KEY.match(text, start)
        stop = match.end() if match else start
        if text[stop : stop + 1] not in ("=", ":", "\n", ""):
            return TextProblem(stop, stop + 1, f"{text[stop]!r} in the name of a variable")
        name = text[start:stop].rstrip()
        if " " in name and stop < len(text):  # compose ignores it in the last line
            return TextProblem(start, stop, "a space in the name of a variable")
        self.at = stop + 1
        if text[stop : stop + 1] not in ("=", ":"):
            return None
        while self.at < len(text) and text[self.at] in _BLANK:
            self.at += 1
        value = self._quoted() if text[self.at : self.at + 1] in ("'", '"') else self._unquoted()
        if isinstance(value, TextProblem):
            return value
        if name and not name[0].isdigit():
            line = self.source.position(start)[0]
            reason = Reason("variable", f"{name}={value.shown()[:80]}", self.source.path, line, name)
            value = value._replace(because=(*value.because[: _REASONS - 1], reason))
            self.variables[name] = value
            if name not in self.outer:
                self.known[name] = value
        return None

    def _expand(self, text: str, start: int, end: int) -> Value | TextProblem:
        value, problem = interpolate(text, self.known)
        return problem._replace(start=start, end=end) if problem else value

    def _unquoted(self) -> Value | TextProblem:
        start = self.at
        end = self.text.find("\n", start)
        end = end if end >= 0 else len(self.text)
        self.at = end
        value = self.text[start:end].partition(" #")[0].rstrip()
        return self._expand(value, start, start + len(value))

    def _quoted(self) -> Value | TextProblem:
        text, start = self.text, self.at
        quote = text[start]
        at = start + 1
        while at < len(text) and text[at] != quote:
            at += 2 if text[at] == "\\" else 1
        if at >= len(text):
            line_end = text.find("\n", start)
            return TextProblem(start, line_end if line_end >= 0 else len(text), "the quote is not closed")
        self.at = at + 1
        content = text[start + 1 : at].replace("\\" + quote, quote)
        if quote == "'":
            return Value(content)
        return self._expand(_ESCAPE.sub(_unescape, content), start, at + 1)


def _unescape(match: re.Match[str]) -> str:
    letter, char, octal = match.groups()
    if letter:
        return _ESCAPED[letter]
    if octal is not None:
        return chr(int(octal, 8)) if re.fullmatch("(?!000)[0-3][0-7]{2}", octal) else "\\" + octal
    return "$$" if char == "$" else str(char)
