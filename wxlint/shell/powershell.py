"""Command lines of PowerShell scripts, as far as they are known without running them.

    read_powershell(text, path) -> Commands in the order of the file        never raises

A variable is known where the script gives it one text, once, outside of any block, or as the default of one of its own
parameters; everything else (loops, functions, splatting, expressions) is unknown. Syntax as in the pages about_Parsing,
about_Quoting_Rules and about_Variables of PowerShell's documentation.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, concat
from wxlint.shell.model import Command, Word

_ASSIGN = late(r"(?:\[[\w.\[\]]+\][ \t]*)?\$(?:(?:script|global|local):)?(\w+)[ \t]*(\+?=)(?!=)[ \t]*")
_PARAMETER = late(r"""\$(\w+)[ \t]*(?:=[ \t]*("[^"]*"|'[^']*'))?""")
_PARAMS = late(r"(?i)\bparam[ \t\r\n]*\(")
_NAME = late(r"(?:env:)?\w+|\{(?:env:)?\w+\}")
_MOVES = frozenset(("cd", "set-location", "push-location", "pushd", "sl", "chdir", "pop-location", "popd"))
_DEPTH = 12


class _Token(NamedTuple):
    """A word, or what ends a command (`;`, `|`, a line end, a brace) with an empty list of parts."""

    mark: str
    parts: tuple[tuple[str, str], ...]
    start: int
    end: int
    quoted: bool


def read_powershell(text: str, path: str) -> Iterator[Command]:
    """The commands of a script. path: of the script, for reasons and its own folder."""
    yield from _Script(text, path).commands()


class _Script:
    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self.given: dict[str, list[tuple[_Token | None, int, str]]] = {}
        """What each variable is given: a word, or None for what is not known; the depth; the kind of reason."""
        self.parameters: list[tuple[int, int]] = []
        """The stretches of the text that declare parameters."""
        self.tokens = list(_tokens(self.text))
        self._note_parameters()
        self._note_assignments()

    def commands(self) -> Iterator[Command]:
        depth = 0
        cwd: Value | None = None
        words: list[_Token] = []
        for token in [*self.tokens, _Token("\n", (), len(self.text), len(self.text), False)]:
            if not token.mark:
                words.append(token)
                continue
            if words:
                command = self._command(words, depth, cwd)
                if command is not None:
                    if command.words[0].value.text.lower() in _MOVES:
                        cwd = self._moved(command, depth)
                    yield command
            words = []
            depth += (token.mark in "{(") - (token.mark in "})")

    def _command(self, words: list[_Token], depth: int, cwd: Value | None) -> Command | None:
        if words[0].parts == (("", "&"),):
            words = words[1:]
        if not words or self.text[words[0].start] == "$" and len(words) > 1 and self.text[words[1].start] in "=+":
            return None
        made = tuple(Word(self._value(token, 0), token.start, token.end, token.quoted) for token in words)
        if not made[0].value.text:
            return None
        return Command(made, (), (), made[0].start, made[-1].end, depth > 0, (), (), cwd)

    def _moved(self, command: Command, depth: int) -> Value:
        """The folder behind a `Set-Location`."""
        given = [word.value for word in command.words[1:] if not word.value.text.startswith("-")]
        if depth or len(given) != 1 or not given[0].known or command.words[0].value.text.lower().startswith("pop"):
            return Value(HOLE, ("the working folder",))
        return given[0]

    # -- variables

    def _value(self, token: _Token, depth: int) -> Value:
        return concat([Value(text) if not name else self._variable(name, depth) for name, text in token.parts])

    def _variable(self, name: str, depth: int) -> Value:
        unknown = Value(HOLE, (f"${name}",))
        if name.lower() == "psscriptroot":
            return Value(posixpath.dirname(self.path) or ".")
        found = self.given.get(name.lower(), [])
        if len(found) != 1 or depth > _DEPTH:
            return unknown
        token, block, kind = found[0]
        if token is None or block:
            return unknown
        value = self._value(token, depth + 1)
        line = self.text.count("\n", 0, token.start) + 1
        text = f"${name}={value.shown()}"
        reason = Reason("default" if kind == "default" else "variable", text, self.path, line, name)
        return value._replace(because=(*value.because, reason))

    def _note_parameters(self) -> None:
        first = True
        for match in _PARAMS.finditer(self.text):
            end = _closing(self.text, match.end() - 1)
            self.parameters.append((match.end(), end))
            for each in _PARAMETER.finditer(self.text, match.end(), end):
                name = each[1].lower()
                token = next(_tokens(self.text, each.start(2), each.end(2)), None) if each[2] and first else None
                if name not in ("true", "false", "null"):
                    self.given.setdefault(name, []).append((token, 0, "default"))
            first = False

    def _note_assignments(self) -> None:
        depth = 0
        for number, token in enumerate(self.tokens):
            depth += (token.mark in ("{", "(")) - (token.mark in ("}", ")"))
            match = _ASSIGN.match(self.text, token.start) if not token.mark else None
            if match is None or number and not self.tokens[number - 1].mark:
                continue
            if any(start <= token.start < end for start, end in self.parameters):
                continue
            given = [each for each in self.tokens[number : number + 8] if each.start >= match.end()]
            plain = (
                match[2] == "="
                and len(given) > 1
                and given[0].quoted
                and bool(given[1].mark)
                and given[1].mark in "\n;}"
            )
            self.given.setdefault(match[1].lower(), []).append((given[0] if plain else None, depth, "variable"))
        for each in self.text.split("foreach")[1:]:  # the variable of a loop has many values
            name = _PARAMETER.search(each.partition(" in ")[0])
            if name is not None:
                self.given.setdefault(name[1].lower(), []).append((None, 1, "variable"))


def _closing(text: str, at: int) -> int:
    """The end of the bracket that opens at an offset; strings in it are not looked into."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if not depth:
            return place
    return len(text)


def _tokens(text: str, at: int = 0, end: int | None = None) -> Iterator[_Token]:
    """The words of a text, and the marks that end commands."""
    end = len(text) if end is None else end
    while at < end:
        char = text[at]
        if char in " \t\r":
            at += 1
        elif char == "`" and text[at + 1 : at + 2] in ("\n", "\r"):
            at = text.find("\n", at) + 1 or end
        elif char == "#":
            at = min(text.find("\n", at) % (end + 1), end)
        elif text.startswith("<#", at):
            at = (text.find("#>", at) + 2) if text.find("#>", at) >= 0 else end
        elif char in "\n;|{}()":
            yield _Token(char, (), at, at + 1, False)
            at += 1
        elif text.startswith(("@'\n", '@"\n'), at):
            closing = text.find("\n" + text[at + 1] + "@", at)
            stop = closing + 3 if closing >= 0 else end
            yield _Token("", (("here-string", ""),), at, stop, True)
            at = stop
        else:
            token = _word(text, at, end)
            yield token
            at = max(token.end, at + 1)


def _word(text: str, start: int, end: int) -> _Token:
    parts: list[tuple[str, str]] = []
    at = start
    quoted = False
    while at < end and text[at] not in " \t\r\n;|{}()":
        char = text[at]
        if char == "'":
            stop = text.find("'", at + 1)
            stop = stop if stop >= 0 else end
            parts.append(("", text[at + 1 : stop]))
            at, quoted = stop + 1, True
        elif char == '"':
            at = _string(text, at + 1, end, parts)
            quoted = True
        elif char == "$":
            at = _reference(text, at, end, parts)
        elif char == "@" and at == start and text[at + 1 : at + 2].isidentifier():
            parts.append(("splatted", ""))
            at = end if at + 1 >= end else at + 1
            while at < end and (text[at].isalnum() or text[at] == "_"):
                at += 1
        elif char == "`" and at + 1 < end:
            parts.append(("", text[at + 1]))
            at += 2
        else:
            parts.append(("", char))
            at += 1
    return _Token("", tuple(parts), start, min(at, end), quoted)


def _string(text: str, at: int, end: int, parts: list[tuple[str, str]]) -> int:
    """A string in double quotes; the offset behind it."""
    while at < end and text[at] != '"':
        if text[at] == "`" and at + 1 < end:
            parts.append(("", text[at + 1]))
            at += 2
        elif text[at] == "$":
            at = _reference(text, at, end, parts)
        else:
            parts.append(("", text[at]))
            at += 1
    return at + 1


def _reference(text: str, at: int, end: int, parts: list[tuple[str, str]]) -> int:
    """A variable, or an expression in brackets, which is not known."""
    if text.startswith("$(", at):
        stop = min(_closing(text, at + 1) + 1, end)
        parts.append((text[at + 1 : stop], ""))
        return stop
    name = _NAME.match(text, at + 1, end)
    if name is None:
        parts.append(("", "$"))
        return at + 1
    parts.append((name[0].strip("{}"), ""))
    stop = name.end()
    if text[stop : stop + 1] in (".", "[") and text[stop + 1 : stop + 2].isidentifier():
        while stop < end and (text[stop].isalnum() or text[stop] in "._"):  # a property of it
            stop += 1
        parts[-1] = (text[at + 1 : stop], "")
    return stop
