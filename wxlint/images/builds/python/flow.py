"""Command lines of a Python program: lists and texts that are given to a call, followed through local names.

A list may grow on its way (`cmd += [...]`, `cmd.extend([...])`): what is added under a condition is taken as added,
since that is the case in which it matters; where two branches add different words, both lists are followed. Whatever
else happens to a list or a text makes it unknown. Nothing is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value, concat
from wxlint.images.builds.python.words import MOST_LISTS, Names, PythonWords, WordLists, with_added
from wxlint.shell.model import Word

if TYPE_CHECKING:
    from wxlint.documents.source import Source

_MOST_ROUNDS = 64
"""Rounds of loops over texts that are written out; a longer loop is walked once, with its variable unknown."""
_RUNS = late(r"(?i)run|exec|call|popen|shell|system|spawn|command|cmd|docker|podman|output|invoke|^(?:sudo|local|sh)$")
"""How functions are called that run a command."""
_HARMLESS = late(r"(?i)join|print|log|info|debug|warn|error|len|str|list|tuple|repr|echo|write|secho|quote")
"""How functions are called that leave a list as it is."""


class Start(NamedTuple):
    """A command line. words: of a list; none where `text` is read by a shell. cwd: the folder that the call names."""

    words: tuple[Word, ...]
    cwd: Value | None = None
    text: Word | None = None

    @property
    def first(self) -> int:
        """Where it begins in the file."""
        return self.text.start if self.text is not None else self.words[0].start if self.words else 0


class Flow:
    """The statements of one function, or of the module, in their order.

    shared: the module's names that are given once. starts: what is run, in the order of the flow.
    """

    def __init__(self, source: Source, shared: Mapping[str, ast.expr]) -> None:
        self.source, self.shared = source, shared
        self.words = PythonWords(source, shared)
        self.starts: list[Start] = []
        self._rounds_around = 1

    def follow(self, body: Sequence[ast.stmt]) -> bool:
        """Follow statements; tell whether the flow ends in them (`return`, `raise`, `continue`, `break`)."""
        return any(self._statement(statement) for statement in body)

    def _statement(self, node: ast.stmt) -> bool:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return False  # each function is followed by itself
        if isinstance(node, (ast.If, ast.Match)):
            self._calls(node.test if isinstance(node, ast.If) else node.subject)
            return self._branches(node)
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            self._loop(node)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                self._calls(item.context_expr)
            return self.follow(node.body)
        elif isinstance(node, ast.Try):
            return self._try(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self._assign(node)
        elif isinstance(node, ast.Expr) and self._grows(node.value):
            pass
        else:
            self._calls(node)
            lists = self.words.lists(node.value) if isinstance(node, ast.Return) and node.value is not None else None
            if lists is not None:  # who called the function may run it
                self.starts += map(Start, lists.each)
            return isinstance(node, (ast.Return, ast.Raise, ast.Continue, ast.Break))
        return False

    def _branches(self, node: ast.If | ast.Match) -> bool:
        """Follow each branch from the same names, and join what they leave."""
        before = self.words.names
        bodies = [node.body, node.orelse] if isinstance(node, ast.If) else [[], *(case.body for case in node.cases)]
        left: list[Names] = []
        for body in bodies:
            self.words.names = dict(before)
            if not self.follow(body):
                left.append(self.words.names)
        self.words.names = _joined(left) if left else before
        return not left

    def _try(self, node: ast.Try) -> bool:
        ended = self.follow([*node.body, *node.orelse])
        after = self.words.names
        left = [] if ended else [after]
        for handler in node.handlers:
            self.words.names = dict(after)
            if not self.follow(handler.body):
                left.append(self.words.names)
        self.words.names = _joined(left) if left else after
        return self.follow(node.finalbody) or not left

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        """Follow a loop: each round where its values are written out, else one with all that it sets unknown."""
        self._calls(node.test if isinstance(node, ast.While) else node.iter)
        if not isinstance(node, ast.While):
            rounds = self._rounds(node.iter)
            if isinstance(node.target, ast.Name) and rounds:
                self._each_round(node, node.target.id, rounds)
                return
        before = dict(self.words.names)
        for name in _set_in(node):
            if not isinstance(before.get(name), WordLists):
                self.words.names[name] = None
        self.follow(node.body)
        self.words.names = _joined([self.words.names, before])
        self.follow(node.orelse)

    def _each_round(self, node: ast.For | ast.AsyncFor, name: str, rounds: list[Value]) -> None:
        self._rounds_around *= len(rounds)
        for value in rounds:
            self.words.names[name] = value
            self.follow(node.body)
        self._rounds_around //= len(rounds)
        self.follow(node.orelse)

    def _rounds(self, node: ast.expr) -> list[Value]:
        """The texts of a list that is written out, here or for a name; none where they would be too many rounds."""
        if isinstance(node, ast.Name) and node.id not in self.words.names:
            node = self.shared.get(node.id, node)
        lists = self.words.lists(node)
        if lists is None or len(lists.each) != 1 or len(lists.each[0]) * self._rounds_around > _MOST_ROUNDS:
            return []
        values = [word.value for word in lists.each[0]]
        return values if all(value.known for value in values) else []

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        if node.value is None:
            return
        self._calls(node.value)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if not isinstance(target, ast.Name):
                for name in _stored(target):
                    self.words.names[name] = None
            elif isinstance(node, ast.AugAssign):
                held = self.words.names.get(target.id)
                if isinstance(held, WordLists):
                    self.words.names[target.id] = with_added(held, self.words.added(node.value))
                else:
                    self.words.names[target.id] = (
                        concat([held, self.words.value(node.value)]) if isinstance(held, Value) else None
                    )
            else:
                self.words.names[target.id] = self._given(target.id, node.value)

    def _given(self, name: str, node: ast.expr) -> Value | WordLists | None:
        lists = self.words.lists(node)
        if lists is not None or isinstance(node, (ast.List, ast.Tuple)):
            return lists
        value = self.words.value(node)
        reason = Reason("variable", f"{name}={value.shown()}", self.source.path, node.lineno, name)
        return value._replace(because=(*value.because, reason))

    def _grows(self, node: ast.expr) -> bool:
        """Follow `name.append(x)` and `name.extend(x)`; False for any other expression."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or len(node.args) != 1:
            return False
        name, method = node.func.value, node.func.attr
        held = self.words.names.get(name.id) if isinstance(name, ast.Name) else None
        if not isinstance(name, ast.Name) or not isinstance(held, WordLists) or method not in ("append", "extend"):
            return False
        self._calls(node.args[0])
        more = WordLists(((self.words.word(node.args[0]),),)) if method == "append" else self.words.added(node.args[0])
        self.words.names[name.id] = with_added(held, more)
        return True

    def _calls(self, node: ast.AST) -> None:
        """Take the calls inside a statement or an expression that run something."""
        for call in [each for each in ast.walk(node) if isinstance(each, ast.Call)]:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            first = call.args[0] if call.args else None
            first = next((key.value for key in call.keywords if key.arg in ("args", "cmd", "command")), first)
            if first is not None and _RUNS.search(name):
                self._run(call, first)
            elif not _HARMLESS.search(name):
                self._may_change(call)

    def _run(self, call: ast.Call, first: ast.expr) -> None:
        cwd = next((self.words.value(key.value) for key in call.keywords if key.arg == "cwd"), None)
        lists = self.words.lists(first)
        if (
            lists is None
            and isinstance(first, ast.Constant)
            and isinstance(first.value, str)
            and " " not in first.value
        ):
            lists = self.words.list_of(call.args)
        if lists is not None:
            self.starts += [Start(words, cwd) for words in lists.each]
        elif not isinstance(first, ast.Starred):
            self.starts.append(Start((), cwd, self.words.word(first)))

    def _may_change(self, call: ast.Call) -> None:
        """A function that is given a list may add to it; a method of the list may change any of its words."""
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            owner = call.func.value.id
            if isinstance(self.words.names.get(owner), WordLists) and call.func.attr not in ("copy", "count", "index"):
                self.words.names[owner] = None
        for argument in call.args:
            held = self.words.names.get(argument.id) if isinstance(argument, ast.Name) else None
            if isinstance(argument, ast.Name) and isinstance(held, WordLists):
                self.words.names[argument.id] = with_added(held, self.words.unknown_words(call))


def _joined(left: list[Names]) -> Names:
    """What names hold behind branches: the lists of all of them, and texts on which all agree."""
    found = dict(left[0])
    for other in left[1:]:
        for name in {*found, *other}:
            one, two = found.get(name), other.get(name)
            if isinstance(one, WordLists) and isinstance(two, WordLists):
                found[name] = _either(one, two)
            elif one != two or (name in found) != (name in other):
                found[name] = None
    return found


def _either(one: WordLists, two: WordLists) -> WordLists | None:
    """The lists of two branches, without those to which the other branch only adds."""
    every = tuple(dict.fromkeys((*one.each, *two.each)))
    found = tuple(each for each in every if not any(len(o) > len(each) and o[: len(each)] == each for o in every))
    return WordLists(found) if len(found) <= MOST_LISTS else None


def _set_in(node: ast.stmt) -> set[str]:
    """The names that a loop sets."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _stored(target: ast.expr) -> Iterable[str]:
    return (each.id for each in ast.walk(target) if isinstance(each, ast.Name))
