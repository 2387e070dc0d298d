"""Building the tree from PyYAML's events, and only when a file is read."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from wxlint.core.patterns import late
from wxlint.documents.source import Source, TextProblem
from wxlint.documents.yaml import tags
from wxlint.documents.yaml.nodes import COMPOSE_TAGS, Entry, Mapping, Node, Scalar, Sequence, is_merge

MAX_DEPTH = 100
"""Deeper nesting is refused, so that whoever walks a tree may recurse."""
MAX_NODES = 200_000
"""Larger trees are refused, counted with every alias expanded: a walk over a tree stays cheap."""

_PROPERTIES = late(r"(?:(?:!<[^>\s]*>|[!&]\S*)(?:\s|#.*)*)*")
_BAD_CHARACTER = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # 7 ms to compile: when needed


class _Stop(Exception):
    """The rest of the file is not read; the problem is noted."""


class _Open:
    """A collection whose end has not come yet."""

    __slots__ = ("anchor", "children", "flow", "height", "mapping", "start", "tag", "weight")

    def __init__(self, mapping: bool, start: int, tag: str, anchor: str | None, flow: bool) -> None:
        self.mapping, self.start, self.tag, self.anchor, self.flow = mapping, start, tag, anchor, flow
        self.children: list[Node] = []
        self.weight, self.height = 1, 0


class Reader:
    """Builds the tree from PyYAML's events: its own composer recurses, and forgets where an alias stands."""

    def __init__(self, source: Source) -> None:
        self.source, self.text = source, source.text
        self.documents: list[Node] = []
        self.problems: list[TextProblem] = []
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # node, how many nodes it expands to, its height
        self.total = 0
        self.whole = False
        self.tagged = any(tag in self.text for tag in COMPOSE_TAGS)
        self.marks = len(self.text) - len(self.text.lstrip("\ufeff"))  # libyaml leaves them out of its offsets

    def read(self) -> None:
        import yaml  # 15 ms: only when a file is YAML

        loader: Any = None
        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(self.text[self.marks :])
            self._events(loader.get_event)
            self.whole = True
        except _Stop:
            pass
        except yaml.MarkedYAMLError as error:
            self._syntax_error(error)
        except (yaml.YAMLError, ValueError, OverflowError):  # a character, or an escape, that YAML does not allow
            bad = re.search(_BAD_CHARACTER, self.text)
            at = bad.start() if bad else 0
            shown = f"the character U+{ord(bad[0]):04X}" if bad else "a character here"
            self.problems.append(TextProblem(at, min(at + 1, len(self.text)), f"{shown} is not allowed in YAML"))
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
        self.problems.append(TextProblem(at, min(at + 1, len(self.text)), message))

    def _stop(self, start: int, end: int, message: str) -> NoReturn:
        self.problems.append(TextProblem(start, end, message))
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
            node = Mapping(entries, done.start, end, done.tag or (tags.merged_tag(children) if self.tagged else ""))
        else:
            node = Sequence(tuple(children), done.start, end, done.tag)
        if done.anchor:
            self.anchors[done.anchor] = (tags.without_resets(node) if self.tagged else node, done.weight, done.height)
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
                self.problems.append(TextProblem(key.start, key.end, f"the key is given twice: first in line {line}"))
            else:
                seen[key.text] = key
            if is_merge(key):
                merged += self._brought(value)
            else:
                entries.append(Entry(key, value))
        covered: list[Entry] = []
        for mapping in merged:
            if not isinstance(mapping, Mapping):
                self.problems.append(
                    TextProblem(mapping.start, mapping.end, "<< takes a mapping or a list of mappings")
                )
                continue
            for entry in mapping.entries:
                if entry.key.text not in seen or entry.key.text in reset:
                    reset.discard(entry.key.text)
                    seen[entry.key.text] = entry.key
                    entries.append(entry)
                elif self.tagged:
                    covered.append(entry)
        return tags.retagged(entries, covered) if covered else tuple(entries)

    def _brought(self, value: Node) -> tuple[Node, ...]:
        """The mappings that the value of a `<<` names."""
        if not isinstance(value, Sequence):
            return (value,)
        return tuple(tags.untagged(item) for item in value.items) if self.tagged else value.items
