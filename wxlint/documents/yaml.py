"""YAML as a light typed tree with exact positions. The only importer of PyYAML, and only when a file is read.

    parse(source) -> Yaml             every document of the file and every problem; raises nothing
    load(source) -> Node | None       the one document; None for an empty file; raises YamlError for the first problem
    plain(node)                       None, bool, int, float, str, list, dict: what a schema validator takes

    Scalar(text, start, end, tag, style)   .kind: null, bool, int, float or str; .inner(source.text): inside the quotes
    Sequence(items, start, end, tag)
    Mapping(entries, start, end, tag)      .get("key") -> Node | None; .entry("key") -> Entry(key, value) | None
    Problem(start, end, message)

Offsets are those of Source.text: use Source.span(node.start, node.end). A node's stretch leaves out its anchor and tag;
that of a block collection ends with its last child. `tag` is the tag as resolved ("!reset", "tag:yaml.org,2002:str"),
and "" when none is written. Aliases are replaced by the very node they name (offsets of the anchor). Merge keys are
carried out: `<<` is gone, the merged entries stand behind the mapping's own. Compose's tags go by paths in which `<<`
does not count: those below `<<: mapping` are in force where it stands, those below `<<: [mapping]` are not. What is
reset below an anchor is not there for its aliases, and a key that the mapping itself only resets is there twice, since
`!reset` takes away what other files say, not what `<<` brings. Of a duplicate key, a problem, the last entry counts.
Plain scalars have the types of the YAML 1.2 core schema: `on`, `yes` and dates are strings.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn, TypeAlias

from wxlint.core.cache import NO_CACHE, Cache, Records
from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source

MAX_DEPTH = 100
"""Deeper nesting is refused, so that whoever walks a tree may recurse."""
MAX_NODES = 200_000
"""Larger trees are refused, counted with every alias expanded: a walk over a tree stays cheap."""

_COMPOSE_TAGS = ("!reset", "!override")
_STANDARD = "tag:yaml.org,2002:"
_PROPERTIES = late(r"(?:(?:!<[^>\s]*>|[!&]\S*)(?:\s|#.*)*)*")
_INT = late(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = late(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = late(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_BAD_CHARACTER = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # 7 ms to compile: when needed
_HEADER = late(r"[|>][^\n]*\n\s*")


class Problem(NamedTuple):
    """What is wrong with the text, with source offsets."""

    start: int
    end: int
    message: str


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
    """documents: those read before the first syntax error. Duplicate keys are problems too, but end nothing."""

    documents: tuple[Node, ...]
    problems: tuple[Problem, ...]


class YamlError(Exception):
    """The file is not YAML that can be used. `span` says where, `message` why."""

    def __init__(self, span: Span, message: str) -> None:
        super().__init__(f"{span.path}:{span.line}:{span.column}: {message}")
        self.span = span
        self.message = message


def load(source: Source) -> Node | None:
    """The single document of a file; None when it is empty. Raises YamlError for the first problem, by position."""
    documents, problems = parse(source)
    if problems:
        start, end, message = min(problems)
        raise YamlError(source.span(start, end), message)
    if len(documents) > 1:
        raise YamlError(source.span(documents[1].start, documents[1].start), "a second document in the file")
    return documents[0] if documents else None


def parse(source: Source, cache: Cache = NO_CACHE) -> Yaml:
    """Every document of a file. Raises nothing."""
    return cache.recall(("yaml", source.text), _RECORDS, lambda: _parse(source))


_RECORDS = Records(Yaml, Scalar, Sequence, Mapping, Entry, Problem)


def _parse(source: Source) -> Yaml:
    reader = _Reader(source)
    reader.read()
    return Yaml(tuple(reader.documents), tuple(reader.problems))


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


def _untagged(node: Node, below_override: bool = False) -> Node:
    """A node without compose's tags; what they reset is not there, but below `!override`, where they are not seen."""
    below = below_override or node.tag == "!override"
    if isinstance(node, Mapping):
        kept = [Entry(key, _untagged(value, below)) for key, value in node.entries if below or value.tag != "!reset"]
        node = node._replace(entries=tuple(kept))
    elif isinstance(node, Sequence):
        items = [_untagged(item, below) for item in node.items if below or item.tag != "!reset"]
        node = node._replace(items=tuple(items))
    return node._replace(tag="") if node.tag in _COMPOSE_TAGS else node


def _without_resets(node: Node) -> Node:
    """An anchored node as its aliases see it: compose has taken away by then what is reset below it."""
    if node.tag == "!override":
        return node
    if isinstance(node, Mapping):
        kept = [Entry(key, _without_resets(value)) for key, value in node.entries if value.tag != "!reset"]
        return node._replace(entries=tuple(kept))
    if isinstance(node, Sequence):
        return node._replace(items=tuple(_without_resets(item) for item in node.items if item.tag != "!reset"))
    return node


def _tagged_like(own: Node, merged: Node) -> Node:
    """A value with the tags that `<<` brings at its path, and below it, although its own text counts."""
    if merged.tag in _COMPOSE_TAGS:
        return own._replace(tag="!override") if own.tag not in _COMPOSE_TAGS else own
    if not isinstance(own, Mapping) or not isinstance(merged, Mapping) or own.tag in _COMPOSE_TAGS:
        return own
    entries = {entry.key.text: entry for entry in own.entries}
    if len(entries) < len(own.entries):  # reset, and brought by `<<` as well
        return own
    for key, value in merged.entries:
        mine = entries.get(key.text)
        if mine is not None:
            entries[key.text] = mine._replace(value=_tagged_like(mine.value, value))
        elif (resets := _resets(value)) is not None:
            entries[key.text] = Entry(key, resets)
    return own._replace(entries=tuple(entries.values()))


def _resets(node: Node) -> Node | None:
    """What the tags of a value that is not there itself do at its path and below it; None for nothing."""
    if node.tag in _COMPOSE_TAGS:
        return node._replace(tag="!reset")
    if not isinstance(node, Mapping):
        return None
    kept = [Entry(key, found) for key, value in node.entries if (found := _resets(value)) is not None]
    return node._replace(entries=tuple(kept)) if kept else None


def _retagged(entries: list[Entry], covered: list[Entry]) -> tuple[Entry, ...]:
    """The entries of a mapping with the tags of those that `<<` brings under the same keys."""
    brought: dict[str, Node] = {}
    for key, value in covered:
        brought.setdefault(key.text, value)
    return tuple(
        entry._replace(value=_tagged_like(entry.value, brought[entry.key.text])) if entry.key.text in brought else entry
        for entry in entries
    )


def _merged_tag(children: list[Node]) -> str:
    """The tag that a mapping has by what `<<` brings: one at the anchor is in force for whoever takes it in."""
    pairs = zip(children[::2], children[1::2])
    tags = {value.tag for key, value in pairs if isinstance(key, Scalar) and _is_merge(key)}
    return "!override" if tags & set(_COMPOSE_TAGS) else ""


def _is_merge(key: Scalar) -> bool:
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


class _Stop(Exception):
    """The rest of the file is not read; the problem is noted."""


class _Open:
    """A collection whose end has not come yet."""

    __slots__ = ("anchor", "children", "flow", "height", "mapping", "start", "tag", "weight")

    def __init__(self, mapping: bool, start: int, tag: str, anchor: str | None, flow: bool) -> None:
        self.mapping, self.start, self.tag, self.anchor, self.flow = mapping, start, tag, anchor, flow
        self.children: list[Node] = []
        self.weight, self.height = 1, 0


class _Reader:
    """Builds the tree from PyYAML's events: its own composer recurses, and forgets where an alias stands."""

    def __init__(self, source: Source) -> None:
        self.source, self.text = source, source.text
        self.documents: list[Node] = []
        self.problems: list[Problem] = []
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # node, how many nodes it expands to, its height
        self.total = 0
        self.tagged = any(tag in self.text for tag in _COMPOSE_TAGS)
        self.marks = len(self.text) - len(self.text.lstrip("\ufeff"))  # libyaml leaves them out of its offsets

    def read(self) -> None:
        import yaml  # 15 ms: only when a file is YAML

        loader: Any = None
        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(self.text[self.marks :])
            self._events(loader.get_event)
        except _Stop:
            pass
        except yaml.MarkedYAMLError as error:
            self._syntax_error(error)
        except (yaml.YAMLError, ValueError, OverflowError):  # a character, or an escape, that YAML does not allow
            bad = re.search(_BAD_CHARACTER, self.text)
            at = bad.start() if bad else 0
            shown = f"the character U+{ord(bad[0]):04X}" if bad else "a character here"
            self.problems.append(Problem(at, min(at + 1, len(self.text)), f"{shown} is not allowed in YAML"))
        finally:
            if loader is not None:
                loader.dispose()

    def _syntax_error(self, error: Any) -> None:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index + self.marks, len(self.text)) if mark else 0
        message = error.problem or error.context or "not YAML"
        if self.text.startswith("\t", at) and mark is error.problem_mark:
            message = "a tab: YAML wants spaces here"  # said of the tab in three ways, none of which names the mend
        elif "nesting depth" in message:  # the scanner of newer libyaml gives up before the first event comes
            message = f"nested more than {MAX_DEPTH} levels deep"
        elif error.context and error.problem and error.context_mark:
            message += f" ({error.context}, line {self.source.position(error.context_mark.index + self.marks)[0]})"
        self.problems.append(Problem(at, min(at + 1, len(self.text)), message))

    def _stop(self, start: int, end: int, message: str) -> NoReturn:
        self.problems.append(Problem(start, end, message))
        raise _Stop

    def _events(self, next_event: Any) -> None:
        while (event := next_event()) is not None:
            name = type(event).__name__
            start, end = event.start_mark.index + self.marks, event.end_mark.index + self.marks
            if name == "ScalarEvent":
                self._scalar(event, start, end)
            elif name in ("MappingStartEvent", "SequenceStartEvent"):
                if len(self.open) >= MAX_DEPTH:
                    self._stop(start, end, f"nested more than {MAX_DEPTH} levels deep")
                at = self._content(start, end) if event.anchor or event.tag else start
                flow = self.text.startswith("{" if name[0] == "M" else "[", at)
                self.open.append(_Open(name[0] == "M", at, event.tag or "", event.anchor, flow))
                if event.anchor:
                    self.anchors.pop(event.anchor, None)
            elif name in ("MappingEndEvent", "SequenceEndEvent"):
                self._close(end)
            elif name == "AliasEvent":
                self._alias(event.anchor, start, end)
            elif name == "DocumentEndEvent":
                self.anchors = {}

    def _content(self, start: int, end: int) -> int:
        """Where a node starts behind its anchor and tag."""
        match = _PROPERTIES.match(self.text, start, end)
        return match.end() if match else start

    def _scalar(self, event: Any, start: int, end: int) -> None:
        style = event.style or ""
        if event.anchor or event.tag:
            start = self._content(start, end)
        if style in ("|", ">"):  # PyYAML counts the blank lines behind it
            end = start + len(self.text[start:end].rstrip())
        text = event.value
        if style == '"' and "\\" in self.text[start:end]:  # escapes can make what no text holds
            text = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        node = Scalar(text, start, end, event.tag or "", style)
        if event.anchor:
            self.anchors[event.anchor] = (node, 1, 0)
        self._add(node, 1, 0)

    def _alias(self, name: str, start: int, end: int) -> None:
        found = self.anchors.get(name)
        if found is None:
            if any(name == outer.anchor for outer in self.open):
                self._stop(start, end, f"the alias {name} stands inside the node it names")
            self._stop(start, end, f"there is no anchor {name} before this alias")
        if len(self.open) + found[2] > MAX_DEPTH:
            self._stop(start, end, f"nested more than {MAX_DEPTH} levels deep")
        self._add(*found, start)

    def _add(self, node: Node, weight: int, height: int, at: int = -1) -> None:
        """Put a finished node where it belongs. at: the offset of the alias that stands for it."""
        if at >= 0 or not height:  # a written collection was counted child by child
            self.total += weight
            if self.total > MAX_NODES:
                start = at if at >= 0 else node.start
                self._stop(start, start, f"more than {MAX_NODES} nodes with aliases expanded")
        if not self.open:
            self.documents.append(node)
            return
        outer = self.open[-1]
        outer.children.append(node)
        outer.weight += weight
        outer.height = max(outer.height, height + 1)

    def _close(self, end: int) -> None:
        done = self.open.pop()
        children = done.children
        if not done.flow:  # PyYAML puts the end of a block at the next token
            own = [child.end for child in children[-2:] if child.start >= done.start]
            end = max(own, default=done.start)
        node: Node
        if done.mapping:
            entries = self._entries(children)
            node = Mapping(entries, done.start, end, done.tag or (_merged_tag(children) if self.tagged else ""))
        else:
            node = Sequence(tuple(children), done.start, end, done.tag)
        if done.anchor:
            self.anchors[done.anchor] = (_without_resets(node) if self.tagged else node, done.weight, done.height)
        self._add(node, done.weight, done.height)

    def _entries(self, children: list[Node]) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        seen: dict[str, Scalar] = {}
        merged: list[Node] = []
        reset: set[str] = set()
        for key, value in zip(children[::2], children[1::2]):
            if not isinstance(key, Scalar):
                self._stop(key.start, key.end, "a key must be a single string")
            if value.tag == "!reset":
                reset.add(key.text)
            if key.text in seen:
                line = self.source.position(seen[key.text].start)[0]
                self.problems.append(Problem(key.start, key.end, f"the key is given twice: first in line {line}"))
            else:
                seen[key.text] = key
            if _is_merge(key):
                merged += self._brought(value)
            else:
                entries.append(Entry(key, value))
        covered: list[Entry] = []
        for mapping in merged:
            if not isinstance(mapping, Mapping):
                self.problems.append(Problem(mapping.start, mapping.end, "<< takes a mapping or a list of mappings"))
                continue
            for entry in mapping.entries:
                if entry.key.text not in seen or entry.key.text in reset:
                    reset.discard(entry.key.text)
                    seen[entry.key.text] = entry.key
                    entries.append(entry)
                elif self.tagged:
                    covered.append(entry)
        return _retagged(entries, covered) if covered else tuple(entries)

    def _brought(self, value: Node) -> tuple[Node, ...]:
        """The mappings that the value of a `<<` names."""
        if not isinstance(value, Sequence):
            return (value,)
        return tuple(_untagged(item) for item in value.items) if self.tagged else value.items
