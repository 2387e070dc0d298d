"""The fields of one compose service: strings, lists and named values, with the problems that compose would refuse."""

from __future__ import annotations

import posixpath

from wxlint.core.paths import normal
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.documents.compose.merge import ComposeProblem, Place, Series, Table, Text, Tree, by_name, unique_items


class Named(NamedTuple):
    """A build argument, an environment variable or an additional context. value: None when the caller's is taken.

    place: of the value; of the name where there is no value.
    """

    name: str
    value: Value | None
    place: Place


def resolve(base: str, text: Value) -> str | None:
    """A path in a compose file as a path from the root; None when unknown variables or a home folder are in it."""
    if text.holes or text.text.startswith("~"):
        return None
    return normal(posixpath.join(base, text.text))


class Fields:
    """Reads fields, noting problems. Every method gives None or nothing for a field that is absent, null or reset."""

    def __init__(self, problems: dict[ComposeProblem, None]) -> None:
        self.problems = problems

    def problem(self, place: Place, message: str) -> None:
        self.problems[ComposeProblem(place.span, message)] = None

    def text(self, table: Table, key: str, what: str = "") -> Text | None:
        tree = table.get(key)
        if tree is None:
            return None
        if not isinstance(tree, Text) or tree.kind != "str":
            self.problem(tree.place, f"{what}{key} must be a string")
        return tree if isinstance(tree, Text) and tree.kind != "null" else None

    def texts(self, table: Table, key: str, what: str = "") -> tuple[Text, ...]:
        """The strings of a list, or the one string that stands for it; each once where compose wants it so."""
        tree = table.get(key)
        if tree is None:
            return ()
        items = unique_items(tree.items, f".{what}{key}") if isinstance(tree, Series) else (tree,)
        texts = tuple(item for item in items if isinstance(item, Text) and item.tag != "!reset")
        if not isinstance(tree, Series) or any(not isinstance(item, Text) or item.kind == "null" for item in items):
            self.problem(tree.place, f"{what}{key} must be a list of strings")
        return tuple(text for text in texts if text.kind != "null")

    def named(self, table: Table, key: str, what: str = "") -> tuple[Named, ...]:
        tree = table.get(key)
        if tree is None:
            return ()
        named = by_name(tree)
        if not isinstance(named, Table):
            if not (isinstance(tree, Text) and tree.kind == "null"):
                self.problem(tree.place, f"{what}{key} must be a list or a mapping")
            return ()
        found = []
        for name, (where, value) in named.members():
            if not isinstance(value, Text):
                self.problem(value.place, f"{what}{key}.{name} must be a string, a number or a boolean")
            elif value.kind == "null":
                found.append(Named(name, None, where))
            else:
                found.append(Named(name, _plain(value), value.place))
        return tuple(found)

    def table(self, tree: Tree | None, what: str) -> Table | None:
        if isinstance(tree, Table) or tree is None:
            return tree
        if not (isinstance(tree, Text) and tree.kind == "null"):
            self.problem(tree.place, f"{what} must be a mapping")
        return None


def _plain(text: Text) -> Value:
    """A scalar as the string that compose passes on: `3.10` without quotes is the number 3.1."""
    value, written = text.value, text.value.text
    try:
        if text.kind == "float":
            number = float(written)
            plain = str(int(number)) if number == int(number) and abs(number) < 1e21 else repr(number)
        elif text.kind == "int":
            octal = written.lstrip("+-").startswith("0") and not set("89") & set(written)
            plain = str(int(written, 16 if "x" in written else 8 if octal else 10))
        else:
            plain = written.lower() if text.kind == "bool" else written
    except (ValueError, OverflowError):
        return value
    if plain == written:
        return value
    return Value(plain, (), (*value.because, Reason("reading", f"{written} without quotes is the number {plain}")))
