"""A table of a TOML file as a tree of nodes with their places, as YAML has it.

The standard library says whether a file is TOML and what it holds; this says where. It walks over text that is known
to be TOML, and knows only what is needed to tell keys from values.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence as Items
from typing import NamedTuple

from wxlint.documents.source import Source, TextProblem
from wxlint.documents.yaml import Entry, Mapping, Node, Scalar, Sequence

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}' r"|'''(?:[^']|'(?!''))*'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.DOTALL
)
_PLAIN = re.compile(r"[^,\]}#\n]+")


class TomlTable(NamedTuple):
    """table: None where the file has none of that name. problem: why the file is no TOML, and where."""

    table: Mapping | None
    problem: TextProblem | None = None


def read_table(source: Source, keys: Items[str]) -> TomlTable:
    """The table that `keys` lead to. Never raises."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found: object = tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return TomlTable(None, TextProblem(*_place(source, str(error)), f"not TOML: {error}"))
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return TomlTable(None)
    reader = _Reader(source.text, tomllib.loads)
    node: Node | _Open = reader.read()
    for key in keys:
        node = node.inside[key][1] if isinstance(node, _Open) else node
    closed = _closed(node) if isinstance(node, _Open) else node
    return TomlTable(closed if isinstance(closed, Mapping) else None)


def _place(source: Source, message: str) -> tuple[int, int]:
    """Where the library says that a mistake is."""
    at = re.search(r"line (\d+), column (\d+)", message)
    line, column = (int(at[1]), int(at[2])) if at else (len(source.starts), 1)
    offset = source.starts[min(line, len(source.starts)) - 1] + column - 1
    return min(offset, len(source.text)), min(offset, len(source.text))


class _Open:
    """A table that later lines may add to, or a list of such."""

    def __init__(self, start: int) -> None:
        self.start, self.end = start, start
        self.inside: dict[str, tuple[Scalar, Node | _Open]] = {}
        self.items: list[_Open] | None = None


def _closed(node: Node | _Open) -> Node:
    if not isinstance(node, _Open):
        return node
    if node.items is not None:
        return Sequence(tuple(map(_closed, node.items)), node.start, node.end)
    entries = tuple(Entry(key, _closed(value)) for key, value in node.inside.values())
    return Mapping(entries, node.start, node.end)


class _Reader:
    """Walks over one file that is TOML."""

    def __init__(self, text: str, loads: object) -> None:
        self.text, self.at = text, 0
        self._loads = loads

    def read(self) -> _Open:
        top = table = _Open(0)
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header(top)
            else:
                self._pair(table)
            self._skip()
        return top

    def _skip(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _header(self, top: _Open) -> _Open:
        start = self.at
        several = self.text.startswith("[[", start)
        self.at += 1 + several
        keys = self._keys()
        self._skip()
        self.at += 1 + several
        table = _below(top, keys[:-1])
        last = keys[-1]
        if last.text not in table.inside:
            table.inside[last.text] = (last, _Open(start))
        found = table.inside[last.text][1]
        assert isinstance(found, _Open)
        found.end = self.at
        if several:
            found.items = [*(found.items or ()), _Open(start)]
            found.items[-1].end = self.at
            return found.items[-1]
        return found

    def _pair(self, table: _Open) -> None:
        keys = self._keys()
        self._skip()
        self.at += 1  # =
        self._skip()
        value = self._value()
        for inner in (table, *(_below(table, keys[:n]) for n in range(1, len(keys)))):
            inner.end = max(inner.end, self.at)
        _below(table, keys[:-1]).inside[keys[-1].text] = (keys[-1], value)

    def _keys(self) -> list[Scalar]:
        """A key and those that dots join to it; the text is behind them and the blanks that follow."""
        found = []
        while True:
            self._skip()
            bare = _BARE.match(self.text, self.at)
            found.append(self._string() if bare is None else Scalar(bare[0], self.at, bare.end()))
            self.at = found[-1].end
            self._skip()
            if not self.text.startswith(".", self.at):
                return found
            self.at += 1

    def _string(self) -> Scalar:
        found = _STRING.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        value = self._loads(f"x = {found[0]}")["x"]  # type: ignore[operator]
        return Scalar(value, found.start(), found.end(), "", found[0][0])

    def _value(self) -> Node:
        start = self.at
        first = self.text[start]
        if first in "\"'":
            return self._string()
        if first == "[":
            items = []
            self.at += 1
            while not self._ends("]"):
                items.append(self._value())
            return Sequence(tuple(items), start, self.at)
        if first == "{":
            table = _Open(start)
            self.at += 1
            while not self._ends("}"):
                self._pair(table)
            table.end = self.at
            return _closed(table)
        found = _PLAIN.match(self.text, start)
        assert found is not None
        text = found[0].rstrip()
        self.at = start + len(text)
        return Scalar(text, start, self.at)

    def _ends(self, sign: str) -> bool:
        """Whether a list or an inline table ends here; the text is behind that, or behind a comma."""
        self._skip()
        if self.text[self.at] == ",":
            self.at += 1
            self._skip()
        if self.text[self.at] != sign:
            return False
        self.at += 1
        return True


def _below(table: _Open, keys: list[Scalar]) -> _Open:
    """The table that keys lead to, made where it is not there; of a list of tables the last."""
    for key in keys:
        if key.text not in table.inside:
            table.inside[key.text] = (key, _Open(key.start))
        found = table.inside[key.text][1]
        assert isinstance(found, _Open)
        table = found.items[-1] if found.items else found
    return table
