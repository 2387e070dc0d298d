"""What the names of a setup.py may hold: texts, lists, tables, and lines of files beside it."""

from __future__ import annotations

import ast
import warnings
from typing import TypeAlias

from wxlint.core.tuples import NamedTuple

MOST_TEXT = 512 * 1024
"""Characters of a setup.py that is read."""
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What Python's parser raises."""


class SetupText(NamedTuple):
    """A text. line: where it stands, from 1."""

    text: str
    line: int


class Lined(NamedTuple):
    """A file, its text, or each of its lines. path: relative to the folder of setup.py."""

    path: str
    line: int


class Listed(NamedTuple):
    """A list of texts and of lines of files. whole: there are no others."""

    items: tuple[SetupText | Lined, ...]
    whole: bool


class SetupTable(NamedTuple):
    """Values by their names. whole: there are no others."""

    items: tuple[tuple[str, Value], ...]
    whole: bool = True

    def get(self, key: str) -> Value:
        return dict(self.items).get(key)

    def having(self, key: str, value: Value) -> SetupTable:
        return SetupTable(tuple({**dict(self.items), key: value}.items()), self.whole)

    def updated(self, other: SetupTable) -> SetupTable:
        return SetupTable(tuple({**dict(self.items), **dict(other.items)}.items()), self.whole and other.whole)


class SetupFunction(NamedTuple):
    """A function of the file."""

    node: ast.FunctionDef


class Nothing:
    """None."""


NONE = Nothing()
Value: TypeAlias = "SetupText | Lined | Listed | SetupTable | SetupFunction | Nothing | None"
"""None: nothing is known of it."""


class SetupScope:
    """Names and their values. lost: names of which nothing is ever known, since functions change them."""

    def __init__(self, outer: SetupScope | None, lost: frozenset[str]) -> None:
        self.outer, self.lost = outer, lost
        self.names: dict[str, Value] = {}

    def get(self, name: str) -> Value:
        if name in self.names:
            return self.names[name]
        return self.outer.get(name) if self.outer is not None else None

    def set(self, name: str, value: Value) -> None:
        self.names[name] = None if name in self.lost and not isinstance(value, SetupFunction) else value

    def change(self, name: str, value: Value) -> None:
        """A list or a table is another from here on, under whatever other name it has too."""
        before = self.get(name)
        if before is not None:
            for other, held in self.names.items():
                if held is before and other != name:
                    self.names[other] = None
        self.set(name, value)

    def copy(self) -> SetupScope:
        other = SetupScope(self.outer, self.lost)
        other.names = dict(self.names)
        return other

    def join(self, ends: list[SetupScope]) -> None:
        """Keep what every way here agrees on."""
        for name in {name for end in ends for name in end.names}:
            values = [end.get(name) for end in ends]
            alike = all(type(v) is type(values[0]) and v == values[0] for v in values)
            self.names[name] = values[0] if alike else common(values)


def common(values: list[Value]) -> Value:
    """What lists have in common at their beginning."""
    lists = [value for value in values if isinstance(value, Listed)]
    if len(lists) != len(values):
        return None
    shared: list[SetupText | Lined] = []
    for items in zip(*(one.items for one in lists), strict=False):
        if any(item != items[0] for item in items):
            break
        shared.append(items[0])
    return Listed(tuple(shared), whole=False)


def tree_of(text: str) -> ast.Module:
    """The statements of a setup.py. Raises one of UNREADABLE where Python cannot parse it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def called(node: ast.AST) -> str:
    """The last name of what is called: "join" of os.path.join."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
