"""Command lines of PowerShell scripts, as far as they are known without running them.

    read_powershell(text, path) -> Commands in the order of the file        never raises

A variable is known behind the place where the script gives it one text or path, once, outside of any block, or as the
default of one of its own parameters; everything else (loops, functions, splatting, other expressions) is unknown.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from wxlint.core.paths import from_root
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value, concat
from wxlint.shell.model import Command, Word
from wxlint.shell.powershell_refused import end_of_bracket
from wxlint.shell.powershell_variables import PowershellVariables
from wxlint.shell.powershell_words import COMBINE, PowershellToken, arguments_of, folded, unknown
from wxlint.shell.values import ROOT, absolute, relative

_MOVES = frozenset(("cd", "set-location", "push-location", "pushd", "sl", "chdir", "pop-location", "popd"))
_UNKNOWN_FOLDER = Value(HOLE, ("the working folder",))
_DEPTH = 12
_CLONE = late(r"(?i)\bgit(?:\.exe)?[ \t]+(?:clone|init)\b")
"""What makes another repository, so that it is open which one git is asked for."""
_LEAVES = frozenset(("exit", "return", "throw"))
_CONTROL = frozenset(
    "if elseif else while until do for foreach switch function filter param begin process end try catch finally trap"
    " class enum using data throw exit return break continue in".split()
)
_OWN_PATH = frozenset(("pscommandpath", "myinvocation.mycommand.path", "myinvocation.mycommand.definition"))


def read_powershell(text: str, path: str) -> Iterator[Command]:
    """The commands of a script. path: of the script, for reasons and its own folder."""
    yield from _Script(text, path).commands()


class _Script:
    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self.tokens = list(folded(text))
        self.variables = PowershellVariables(text, self.tokens)

    def commands(self) -> Iterator[Command]:
        depth = 0
        folders = _Folders()
        words: list[PowershellToken] = []
        outer: list[tuple[int, list[PowershellToken]]] = []
        """The commands that have a bracket as an argument, which is not at its end yet, with its offset."""
        perhaps = False  # behind `||`
        for token in [*self.tokens, PowershellToken("\n", (), len(self.text), len(self.text), False)]:
            if not token.mark:
                words.append(token)
                continue
            if token.mark == "(":
                outer.append((token.start, words))
                words, depth = [], depth + 1
                continue
            if words and token.mark == "{" and not self._is_control(words[0]):
                words.append(unknown("{...}", token.start, token.end)._replace(quoted=False))
            if words and not depth and self.text[words[0].start : words[0].end].lower() in _LEAVES:
                return
            command = self._command(words, depth > 0 or perhaps, folders.now) if words else None
            if command is not None:
                if command.words[0].value.text.lower() in _MOVES:
                    folders.move(command, sure=depth == folders.depth and not perhaps)
                    command = command._replace(cwd=folders.now)
                yield _seen(command)
            depth += (token.mark == "{") - (token.mark in "})")
            ends = token.mark == "{" and depth == folders.depth + 1 and self._is_finally(words)
            folders.depth = depth if ends or depth < folders.depth else folders.depth
            perhaps = token.mark == "||" or (perhaps and token.mark not in "\n;{}")
            start, words = outer.pop() if token.mark == ")" and outer else (0, [])
            if words and self._is_control(words[0]):
                words = []
            elif words:
                words.append(unknown("...", start, token.end)._replace(quoted=False))

    def _is_finally(self, words: list[PowershellToken]) -> bool:
        """Whether a block is that of `finally`, which runs whatever happens."""
        return len(words) == 1 and self.text[words[0].start : words[0].end].lower() == "finally"

    def _is_control(self, token: PowershellToken) -> bool:
        """Whether a word is the language's own, or begins an expression: no command begins with it."""
        word = self.text[token.start : token.end].lower()
        return word in _CONTROL or word[:1] in "$[\"'\u201c\u2018@-"

    def _command(self, words: list[PowershellToken], conditional: bool, cwd: Value | None) -> Command | None:
        if self.text[words[0].start : words[0].end].lower() == "return":
            words = words[1:]
        called = bool(words) and words[0].parts == (("", "&"),)
        if called:
            words = words[1:]
        if not words or (not called and self._is_control(words[0])):
            return None
        if len(words) > 1 and self.text[words[1].start] == "=":  # an entry of a table
            return None
        made = tuple(Word(self._value(token, 0), token.start, token.end, token.quoted) for token in words)
        if not made[0].value.text:
            return None
        return Command(made, (), (), made[0].start, made[-1].end, conditional, (), (), cwd)

    # -- variables

    def _value(self, token: PowershellToken, depth: int, at: int | None = None) -> Value:
        """What a word is. at: where it is used, if that is not where it stands."""
        place = token.start if at is None else at
        return concat([Value(text) if not name else self._variable(name, depth, place) for name, text in token.parts])

    def _variable(self, name: str, depth: int, at: int) -> Value:
        unknown = Value(HOLE, (f"${name}",))
        if name.lower() == "psscriptroot":
            return absolute(Value(posixpath.dirname(from_root(self.path)) or ".")) or unknown
        if name.lower() in _OWN_PATH:
            return absolute(Value(from_root(self.path))) or unknown
        if name.startswith("("):
            return (self._expression(name[1:-1], depth + 1, at) if depth <= _DEPTH else None) or unknown
        given = self.variables.known(name, at) if depth <= _DEPTH else None
        if given is None or given.token is None:
            return unknown
        value = self._value(given.token, depth + 1)
        line = self.variables.line(given.token.start)
        text = f"${name}={value.shown()}"
        reason = Reason("default" if given.kind == "default" else "variable", text, self.path, line, name)
        return value._replace(because=(*value.because, reason))

    def _expression(self, text: str, depth: int, at: int) -> Value | None:
        """The path that an expression gives; None where it is another one, or has parameters that are not read."""
        if (combined := COMBINE.match(text)) is not None:
            return self._combined(text[combined.end() : end_of_bracket(text, combined.end() - 1)], depth, at)
        words = list(folded(text))
        if not words or any(word.mark for word in words):
            return None
        if len(words) == 1 and text[words[0].start] == "$":
            value = self._value(words[0], depth, at)
            return value if value.known else None
        name = text[words[0].start : words[0].end].lower()
        options = {text[word.start : word.end].lower() for word in words[1:] if text[word.start] == "-"}
        given = [self._value(word, depth, at) for word in words[1:] if text[word.start] != "-"]
        if name in ("git", "git.exe"):
            return absolute(Value(".")) if len(words) == 3 and not _CLONE.search(self.text) else None
        if name == "join-path" and len(given) >= 2 and options <= {"-path", "-childpath"}:
            return concat([given[0], *(part for each in given[1:] for part in (Value("/"), each))])
        if name == "split-path" and len(given) == 1 and options <= {"-path", "-parent"}:
            return _parent(given[0])
        resolves = name in ("resolve-path", "convert-path") and options <= {"-path", "-literalpath"}
        return given[0] if resolves and len(given) == 1 else None

    def _combined(self, inside: str, depth: int, at: int) -> Value | None:
        """`[IO.Path]::Combine(a, b)`; a part that is an absolute path stands for itself."""
        given: list[Value] = []
        for piece in arguments_of(inside):
            words = list(folded(piece))
            if len(words) != 1 or words[0].mark:
                return None
            value = self._value(words[0], depth, at)
            if given and (value.text.startswith(("/", "\\", HOLE)) or value.text[1:2] == ":"):
                return None
            given += [Value("/"), value] if given else [value]
        return concat(given) if given else None


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
