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
from wxlint.core.values import HOLE, Value, concat
from wxlint.shell.model import Command, Word
from wxlint.shell.powershell_words import COMBINE, PATHS, PowershellToken, arguments_of, closing, folded, tokens
from wxlint.shell.values import ROOT, absolute, relative

_ASSIGN = late(r"(?:\[[\w.\[\]]+\][ \t]*)?\$(?:(?:script|global|local):)?(\w+)[ \t]*(\+?=)(?!=)[ \t]*")
_PARAMETER = late(r"""\$(\w+)[ \t]*(?:=[ \t]*("[^"]*"|'[^']*'))?""")
_PARAMS = late(r"(?i)\bparam[ \t\r\n]*\(")
_MOVES = frozenset(("cd", "set-location", "push-location", "pushd", "sl", "chdir", "pop-location", "popd"))
_UNKNOWN_FOLDER = Value(HOLE, ("the working folder",))
_DEPTH = 12
_CLONE = late(r"(?i)\bgit(?:\.exe)?[ \t]+(?:clone|init)\b")
"""What makes another repository, so that it is open which one git is asked for."""
_OWN_PATH = frozenset(("pscommandpath", "myinvocation.mycommand.path", "myinvocation.mycommand.definition"))


def read_powershell(text: str, path: str) -> Iterator[Command]:
    """The commands of a script. path: of the script, for reasons and its own folder."""
    yield from _Script(text, path).commands()


class _Script:
    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self.given: dict[str, list[tuple[PowershellToken | None, int, str]]] = {}
        """What each variable is given: a word, or None for what is not known; the depth; the kind of reason."""
        self.parameters: list[tuple[int, int]] = []
        """The stretches of the text that declare parameters."""
        self.tokens = list(folded(self.text))
        self._note_parameters()
        self._note_assignments()

    def commands(self) -> Iterator[Command]:
        depth = 0
        folders = _Folders()
        words: list[PowershellToken] = []
        for token in [*self.tokens, PowershellToken("\n", (), len(self.text), len(self.text), False)]:
            if not token.mark:
                words.append(token)
                continue
            if words:
                command = self._command(words, depth, folders.now)
                if command is not None:
                    if command.words[0].value.text.lower() in _MOVES:
                        folders.move(command, sure=depth == folders.depth)
                        command = command._replace(cwd=folders.now)
                    yield _seen(command)
            depth += (token.mark in "{(") - (token.mark in "})")
            ends = token.mark == "{" and depth == folders.depth + 1 and self._is_finally(words)
            folders.depth = depth if ends or depth < folders.depth else folders.depth
            words = []

    def _is_finally(self, words: list[PowershellToken]) -> bool:
        """Whether a block is that of `finally`, which runs whatever happens."""
        return len(words) == 1 and self.text[words[0].start : words[0].end].lower() == "finally"

    def _command(self, words: list[PowershellToken], depth: int, cwd: Value | None) -> Command | None:
        if words[0].parts == (("", "&"),):
            words = words[1:]
        if not words or self.text[words[0].start] == "$" and len(words) > 1 and self.text[words[1].start] in "=+":
            return None
        made = tuple(Word(self._value(token, 0), token.start, token.end, token.quoted) for token in words)
        if not made[0].value.text:
            return None
        return Command(made, (), (), made[0].start, made[-1].end, depth > 0, (), (), cwd)

    # -- variables

    def _value(self, token: PowershellToken, depth: int) -> Value:
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
        if (combined := COMBINE.match(text)) is not None:
            return self._combined(text[combined.end() : closing(text, combined.end() - 1)], depth)
        words = list(folded(text))
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

    def _combined(self, inside: str, depth: int) -> Value | None:
        """`[IO.Path]::Combine(a, b)`; a part that is an absolute path stands for itself."""
        given: list[Value] = []
        for piece in arguments_of(inside):
            words = list(folded(piece))
            if len(words) != 1 or words[0].mark:
                return None
            value = self._value(words[0], depth)
            if given and (value.text.startswith(("/", "\\", HOLE)) or value.text[1:2] == ":"):
                return None
            given += [Value("/"), value] if given else [value]
        return concat(given) if given else None

    def _note_parameters(self) -> None:
        first = True
        for match in _PARAMS.finditer(self.text):
            end = closing(self.text, match.end() - 1)
            self.parameters.append((match.end(), end))
            for each in _PARAMETER.finditer(self.text, match.end(), end):
                name = each[1].lower()
                token = next(tokens(self.text, each.start(2), each.end(2)), None) if each[2] and first else None
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

    def _assigned(self, given: list[PowershellToken]) -> PowershellToken | None:
        """What an assignment gives: a text, or a path. given: what stands behind the sign."""
        end = next((number for number, token in enumerate(given) if token.mark and token.mark in "\n;}"), 0)
        if not end:
            return None
        first, last = given[0], given[end - 1]
        if PATHS.match(self.text, first.start) and not any(token.mark for token in given[:end]):
            return PowershellToken("", ((f"({self.text[first.start : last.end]})", ""),), first.start, last.end, True)
        is_path = len(first.parts) == 1 and (
            first.parts[0][0][:1] == "(" or first.parts[0][0].lower() == "psscriptroot"
        )
        return first if end == 1 and (first.quoted or is_path) else None


class _Folders:
    """The working folder, and those to come back to.

    now: None for the one where the script starts. depth: how deep the blocks are that surely run. left: the folders
    that `Push-Location` left; None where they are not known.
    """

    def __init__(self) -> None:
        self.now: Value | None = None
        self.depth = 0
        self.left: list[Value | None] | None = []

    def move(self, command: Command, *, sure: bool) -> None:
        """What a `Set-Location` and its kin do. sure: whether it runs."""
        name = command.words[0].value.text.lower()
        options = any(word.value.text.startswith("-") for word in command.words[1:])
        before = self.now
        if name.startswith("pop"):
            known = sure and not options and bool(self.left)
            self.now = self.left.pop() if known and self.left else _UNKNOWN_FOLDER
            self.left = self.left if known else None
            return
        self.now = _moved(command, before) if sure else _UNKNOWN_FOLDER
        if name.startswith("push"):
            self.left = [*self.left, before] if sure and self.left is not None and not options else None


def _moved(command: Command, cwd: Value | None) -> Value:
    """The folder behind a `Set-Location`. cwd: the one in front of it."""
    given = [word.value for word in command.words[1:] if not word.value.text.startswith("-")]
    unknown = _UNKNOWN_FOLDER
    if len(given) != 1:
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
