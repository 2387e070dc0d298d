"""The lists of words and the texts that expressions of a Python program are."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, concat
from wxlint.images.builds.python.places import place_of
from wxlint.shell.model import Word

if TYPE_CHECKING:
    from wxlint.documents.source import Source

_MOST_DEEP = 50
"""Operators inside one another in one expression."""
MOST_LISTS = 8
"""Different lists that one name may hold; more of them are unknown."""
_MOST_WORDS = 500


class WordLists(NamedTuple):
    """The lists of words that an expression may be."""

    each: tuple[tuple[Word, ...], ...]


Names = dict[str, "Value | WordLists | None"]
"""What names hold: a text, lists, or something unknown."""


class PythonWords:
    """What expressions are at one point of a program.

    shared: the module's names that are given once. names: what the names of the function hold there.
    """

    def __init__(self, source: Source, shared: Mapping[str, ast.expr]) -> None:
        self.source, self.shared = source, shared
        self.names: Names = {}

    def lists(self, node: ast.expr) -> WordLists | None:
        """The lists that an expression may be; None for one that is no list, or an unknown one."""
        if isinstance(node, (ast.List, ast.Tuple)):
            return self.list_of(node.elts)
        if isinstance(node, ast.Name):
            held = self.names.get(node.id)
            given = None if node.id in self.names else self.shared.get(node.id)
            if isinstance(given, (ast.List, ast.Tuple)):
                return self.list_of(given.elts)
            return held if isinstance(held, WordLists) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left = self.lists(node.left)
            return with_added(left, self.added(node.right)) if left is not None else None
        return self._split(node) if isinstance(node, ast.Call) else None

    def list_of(self, elements: Sequence[ast.expr]) -> WordLists | None:
        """The lists that elements make together; None for more of them than are followed."""
        found: WordLists | None = WordLists(((),))
        for element in elements:
            more = (
                self.added(element.value) if isinstance(element, ast.Starred) else WordLists(((self.word(element),),))
            )
            found = with_added(found, more)
        return found

    def _split(self, node: ast.Call) -> WordLists | None:
        """`"docker build .".split()` and `shlex.split("docker build .")`."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr != "split" or node.keywords:
            return None
        text = node.func.value
        if isinstance(text, ast.Name) and text.id == "shlex" and len(node.args) == 1:
            text = node.args[0]
        elif node.args:
            return None
        if not isinstance(text, ast.Constant) or not isinstance(text.value, str) or "'" in text.value:
            return None
        place = place_of(text, self.source)
        return WordLists((tuple(Word(Value(word), *place, quoted=True) for word in text.value.split()),))

    def added(self, node: ast.expr) -> WordLists:
        """What is added to a list: words that may be anything where it is not known."""
        return self.lists(node) or self.unknown_words(node)

    def unknown_words(self, node: ast.expr) -> WordLists:
        """Words of which nothing is known but where they come from."""
        return WordLists(((Word(self._unknown(node), *place_of(node, self.source), quoted=False),),))

    def word(self, node: ast.expr) -> Word:
        """An element of a list."""
        return Word(self.value(node), *place_of(node, self.source), quoted=True)

    def value(self, node: ast.expr, depth: int = 0) -> Value:
        """The text of an expression."""
        if depth > _MOST_DEEP:
            return self._unknown(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return Value(node.value.replace(HOLE, ""))
        if isinstance(node, ast.JoinedStr):
            return concat([self.value(part, depth + 1) for part in node.values])
        if isinstance(node, ast.FormattedValue) and node.format_spec is None:
            return self.value(node.value, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return concat([self.value(node.left, depth + 1), self.value(node.right, depth + 1)])
        if isinstance(node, ast.Name) and node.id in self.names:
            held = self.names[node.id]
            return held if isinstance(held, Value) else self._unknown(node)
        if isinstance(node, ast.Name) and node.id in self.shared:
            given = self.shared[node.id]
            value = self.value(given, depth + 1)
            reason = Reason("variable", f"{node.id}={value.shown()}", self.source.path, given.lineno, node.id)
            return value._replace(because=(*value.because, reason))
        return self._unknown(node)

    def _unknown(self, node: ast.expr) -> Value:
        start, end = place_of(node, self.source)
        return Value(HOLE, (" ".join(self.source.text[start:end].split()),))


def with_added(held: WordLists | None, more: WordLists) -> WordLists | None:
    """Each list with each of what may be added to it."""
    if held is None or len(held.each) * len(more.each) > MOST_LISTS:
        return None
    found = tuple(one + two for one in held.each for two in more.each)
    return WordLists(found) if all(len(words) <= _MOST_WORDS for words in found) else None
