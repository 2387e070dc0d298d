"""YAML as a light typed tree: the nodes with their places in the text, and the types of plain scalars."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import TextProblem

COMPOSE_TAGS = ("!reset", "!override")
_STANDARD = "tag:yaml.org,2002:"
_INT = late(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = late(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = late(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_HEADER = late(r"[|>][^\n]*\n\s*")


class Scalar(NamedTuple):
    """A string as YAML reads it. style: "" (plain), "'", '"', "|" or ">"."""

    text: str
    start: int
    end: int
    tag: str = ""
    style: str = ""

    @property
    def kind(self) -> str:
        """The type: "null", "bool", "int", "float" or "str"."""
        if self.tag:
            kind = self.tag[len(_STANDARD) :] if self.tag.startswith(_STANDARD) else "str"
            return kind if kind in ("null", "bool", "int", "float") else "str"
        return "str" if self.style else _kind(self.text)

    def inner(self, text: str) -> tuple[int, int]:
        """Offsets of the content in the file's `text`: inside the quotes, or behind the header of a block scalar."""
        if self.style in ("'", '"'):
            return self.start + 1, max(self.end - 1, self.start + 1)
        header = _HEADER.match(text, self.start, self.end) if self.style else None
        return (header.end() if header else self.start), self.end


class Sequence(NamedTuple):
    items: tuple[Node, ...]
    start: int
    end: int
    tag: str = ""


class Mapping(NamedTuple):
    entries: tuple[Entry, ...]
    start: int
    end: int
    tag: str = ""

    def entry(self, key: str) -> Entry | None:
        found = None
        for entry in self.entries:
            if entry[0][0] == key:
                found = entry
        return found

    def get(self, key: str) -> Node | None:
        found = self.entry(key)
        return found.value if found else None


class Entry(NamedTuple):
    key: Scalar
    value: Node


Node: TypeAlias = Scalar | Sequence | Mapping


class Yaml(NamedTuple):
    """documents: those read before the first syntax error, which is the last problem where it is not the whole file.
    Duplicate keys are problems too, but end nothing."""

    documents: tuple[Node, ...]
    problems: tuple[TextProblem, ...]
    whole: bool = True

    @property
    def refused(self) -> TextProblem | None:
        """The syntax error that ends the reading; None for YAML, with duplicate keys or without."""
        return None if self.whole else self.problems[-1]


def plain(node: Node) -> Any:
    """The tree as Python values, keys as strings. Tags other than the standard ones are ignored."""
    if isinstance(node, Mapping):
        own: dict[str, Any] = {}
        for key, value in node.entries:
            own[key.text] = plain(value)
        return own
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    kind, text = node.kind, node.text
    if kind == "null":
        return None
    if kind == "bool" and text in _BOOL:
        return _BOOL[text]
    if kind == "int" and _INT.fullmatch(text) and len(text) < 1000:
        return int(text, {"o": 8, "x": 16}.get(text[1:2], 10))
    if kind == "float" and (_FLOAT.fullmatch(text) or _SPECIAL_FLOAT.fullmatch(text)):
        return float(text.replace(".", "", 1) if text[-1:] in "fFnN" else text)
    return text


def is_merge(key: Scalar) -> bool:
    """Whether a key is the `<<` that brings other mappings."""
    return key.text == "<<" and not key.style and not key.tag


def _kind(text: str) -> str:
    if text in _NULL:
        return "null"
    if text in _BOOL:
        return "bool"
    if text[0] not in "+-.0123456789":
        return "str"
    if _INT.fullmatch(text):
        return "int"
    return "float" if _FLOAT.fullmatch(text) or _SPECIAL_FLOAT.fullmatch(text) else "str"


def find_key(node: Node, keys: Iterable[str | int]) -> tuple[int, int, Node] | None:
    """Offsets of the key (or list item) at the end of `keys`, and its value; None when there is none."""
    start, end = node.start, node.end
    for key in keys:
        if isinstance(node, Mapping) and (entry := node.entry(str(key))) is not None:
            start, end, node = entry.key.start, entry.key.end, entry.value
        elif isinstance(node, Sequence) and isinstance(key, int) and key < len(node.items):
            node = node.items[key]
            start, end = node.start, node.end
        else:
            return None
    return start, end, node
