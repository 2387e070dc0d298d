"""Command lines of PowerShell scripts, as far as they are known without running them.

    read_powershell(text, path) -> Commands in the order of the file        never raises

A variable is known where the script gives it one text or path, once, outside of any block, or as the default of one of
its own parameters; everything else (loops, functions, splatting, other expressions) is unknown. Syntax as in the
pages about_Parsing, about_Quoting_Rules and about_Variables of PowerShell's documentation.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from wxlint.core.paths import from_root
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, concat
from wxlint.shell.model import Command, Word
from wxlint.shell.values import ROOT, absolute, relative

_ASSIGN = late(r"(?:\[[\w.\[\]]+\][ \t]*)?\$(?:(?:script|global|local):)?(\w+)[ \t]*(\+?=)(?!=)[ \t]*")
_PARAMETER = late(r"""\$(\w+)[ \t]*(?:=[ \t]*("[^"]*"|'[^']*'))?""")
_PARAMS = late(r"(?i)\bparam[ \t\r\n]*\(")
_NAME = late(r"(?:env:)?\w+|\{(?:env:)?\w+\}")
_MOVES = frozenset(("cd", "set-location", "push-location", "pushd", "sl", "chdir", "pop-location", "popd"))
_DEPTH = 12
_PATHS = late(
    r"(?i)[ \t]*(?:(?:join|split|resolve|convert)-path\b|git(?:\.exe)?[ \t]+rev-parse[ \t]+--show-toplevel\b)"
)
"""How an expression starts that gives a path."""
_CLONE = late(r"(?i)\bgit(?:\.exe)?[ \t]+(?:clone|init)\b")
"""What makes another repository, so that it is open which one git is asked for."""
_PROPERTY = late(r"(?i)\.(?:Path|ProviderPath)\b")
_OWN_PATH = frozenset(("pscommandpath", "myinvocation.mycommand.path", "myinvocation.mycommand.definition"))


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
        self.tokens = list(_folded(self.text))
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
                        cwd = _moved(command, depth, cwd)
                        command = command._replace(cwd=cwd)
                    yield _seen(command)
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

    # -- variables

    def _value(self, token: _Token, depth: int) -> Value:
        return concat([Value(text) if not name else self._variable(name, depth) for name, text in token.parts])

    def _variable(self, name: str, depth: int) -> Value:
        unknown = Value(HOLE, (f"${name}",))
        if name.lower() == "psscriptroot":
            return absolute(Value(posixpath.dirname(from_root(self.path)) or ".")) or unknown
        if name.lower() in _OWN_PATH:
            return absolute(Value(from_root(self.path))) or unknown
        if name.startswith("("):
            return (self._expression(name[1:-1], depth + 1) if depth <= _DEPTH else None) or unknown
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

    def _expression(self, text: str, depth: int) -> Value | None:
        """The path that an expression gives; None where it is another one, or has parameters that are not read."""
        words = list(_folded(text))
        if not words or any(word.mark for word in words):
            return None
        name = text[words[0].start : words[0].end].lower()
        options = {text[word.start : word.end].lower() for word in words[1:] if text[word.start] == "-"}
        given = [self._value(word, depth) for word in words[1:] if text[word.start] != "-"]
        if name in ("git", "git.exe"):
            return absolute(Value(".")) if len(words) == 3 and not _CLONE.search(self.text) else None
        if name == "join-path" and len(given) >= 2 and options <= {"-path", "-childpath"}:
            return concat([given[0], *(part for each in given[1:] for part in (Value("/"), each))])
        if name == "split-path" and len(given) == 1 and options <= {"-path", "-parent"}:
            return _parent(given[0])
        resolves = name in ("resolve-path", "convert-path") and options <= {"-path", "-literalpath"}
        return given[0] if resolves and len(given) == 1 else None

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
            value = self._assigned(given) if match[2] == "=" else None
            self.given.setdefault(match[1].lower(), []).append((value, depth, "variable"))
        for each in self.text.split("foreach")[1:]:  # the variable of a loop has many values
            name = _PARAMETER.search(each.partition(" in ")[0])
            if name is not None:
                self.given.setdefault(name[1].lower(), []).append((None, 1, "variable"))

    def _assigned(self, given: list[_Token]) -> _Token | None:
        """What an assignment gives: a text, or a path. given: what stands behind the sign."""
        end = next((number for number, token in enumerate(given) if token.mark and token.mark in "\n;}"), 0)
        if not end:
            return None
        first, last = given[0], given[end - 1]
        if _PATHS.match(self.text, first.start) and not any(token.mark for token in given[:end]):
            return _Token("", ((f"({self.text[first.start : last.end]})", ""),), first.start, last.end, True)
        is_path = len(first.parts) == 1 and (
            first.parts[0][0][:1] == "(" or first.parts[0][0].lower() == "psscriptroot"
        )
        return first if end == 1 and (first.quoted or is_path) else None


def _moved(command: Command, depth: int, cwd: Value | None) -> Value:
    """The folder behind a `Set-Location`. cwd: the one in front of it."""
    given = [word.value for word in command.words[1:] if not word.value.text.startswith("-")]
    unknown = Value(HOLE, ("the working folder",))
    if depth or len(given) != 1 or command.words[0].value.text.lower().startswith("pop"):
        return unknown
    path = relative(given[0])
    text = path.text.replace("\\", "/")
    if not path.known:
        return unknown
    if given[0].known and cwd is not None and not text.startswith(("/", "~")) and text[1:2] != ":":
        if not cwd.known:
            return unknown
        text = f"{cwd.text}/{text}"
    return path._replace(text=posixpath.normpath(text or "."))


def _seen(command: Command) -> Command:
    """A command with the paths of its words as its folder sees them."""
    words = [word._replace(value=_below(word.value, command.cwd)) for word in command.words]
    return command._replace(words=tuple(words))


def _below(value: Value, cwd: Value | None) -> Value:
    if ROOT not in value.holes:
        return value
    value = relative(value, cwd)
    return value._replace(text=value.text.replace("\\", "/").removeprefix("./") or ".")


def _parent(path: Value) -> Value | None:
    """A path without its last part; None where that is not known."""
    head, slash, tail = path.text.replace("\\", "/").rstrip("/").rpartition("/")
    if not slash and path.holes == (ROOT,) and tail == HOLE:
        return path._replace(text=f"{HOLE}/..")
    if not slash or not head or HOLE in tail:
        return None
    return path._replace(text=head)


def _folded(text: str) -> Iterator[_Token]:
    """The tokens of a text, with an expression in brackets that gives a path as one word."""
    at = 0
    for token in _tokens(text):
        if token.start < at:
            continue
        if token.mark == "(" and _PATHS.match(text, token.end):
            at = _closing(text, token.start) + 1
            name = text[token.start : at]
            if (followed := _PROPERTY.match(text, at)) is not None:
                at = followed.end()
            if at < len(text) and text[at] not in " \t\r\n;|{}()":
                name, at = "expression", _word(text, at, len(text)).end
            yield _Token("", ((name, ""),), token.start, at, True)
            continue
        yield token


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
