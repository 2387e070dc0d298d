"""Edits of YAML that keep its layout: keys with what is below them put in, an entry or item taken out."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from typing import Any

from wxlint.core.fix import Edit
from wxlint.documents.source import Source
from wxlint.documents.yaml import Entry, Mapping, Node, Scalar, Sequence, parse, plain

_STEP = 2
"""Columns from a key to what is below it, where a file has no example."""


def inserted(source: Source, path: Listed[str], keys: Listed[str], lines: Listed[str], flow: str) -> Edit | None:
    """The edit that puts a value below keys, of which some may be there already, in the mapping at a path.

    None where a part of it comes from an anchor, or is one that others take it from: they would be changed, too.

    Args:
        lines: the value, as a block. flow: the value, in braces.
    """
    documents = parse(source).documents
    node: Node | None = documents[0] if documents else None
    step = _STEP
    for key in path:
        entry = node.entry(key) if isinstance(node, Mapping) else None
        if entry is None or node is None or entry.value.start < entry.key.start:
            return None
        step = _step(source, node, entry.value, step)
        node = entry.value
    edit = inserted_in(source, node, keys, lines, flow, step) if isinstance(node, Mapping) else None
    return edit if edit is not None and _changes_nothing_else(source, path, edit) else None


def _changes_nothing_else(source: Source, path: Listed[str], edit: Edit) -> bool:
    """Whether all but the mapping at a path stays as it is, what comes from anchors in it too."""
    start, end = source.offsets(edit.span)
    after = Source(source.path, f"{source.text[:start]}{edit.text}{source.text[end:]}")
    return not parse(after).problems and _without(source, path) == _without(after, path)


def _without(source: Source, path: Listed[str]) -> list[Any]:
    """The documents of a file as values, without the one at a path of the first."""
    found = [plain(document) for document in parse(source).documents]
    holder = found[0]
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return found


def inserted_in(
    source: Source, node: Mapping, keys: Listed[str], lines: Listed[str], flow: str, step: int = _STEP
) -> Edit | None:
    """The edit that puts a value below keys in a mapping; as `inserted`. step: columns from a key to what is below."""
    entry = node.entry(keys[0])
    if entry is None:
        if is_flow(source, node):
            return _in_braces(source, node, keys, flow)
        return _below(source, node, keys, lines, step)
    if entry not in _own(node) or len(keys) < 2 or entry.value.start < entry.key.start:
        return None
    if isinstance(entry.value, Mapping):
        return inserted_in(source, entry.value, keys[1:], lines, flow, _step(source, node, entry.value, step))
    if isinstance(entry.value, Scalar) and entry.value.kind == "null" and not is_flow(source, node):
        if source.text[entry.value.start : entry.value.end].strip():
            return None
        column = source.position(entry.key.start)[1] - 1 + step
        return _after(source, entry.key.end, column, keys[1:], lines, step)
    return None


def _below(source: Source, node: Mapping, keys: Listed[str], lines: Listed[str], step: int) -> Edit | None:
    """The edit behind the last entry of a mapping's own behind which lines can stand."""
    own = [entry for entry in _own(node) if not _keeps_line_ends(source, entry.value)]
    if not own:
        return None
    children = [e.value for e in own if isinstance(e.value, Mapping) and e.value.start > e.key.start]
    for child in children:
        step = _step(source, node, child, step)
    column = source.position(own[0].key.start)[1] - 1
    return _after(source, _end_of(source, own[-1]), column, keys, lines, step)


def _after(source: Source, end: int, column: int, keys: Listed[str], lines: Listed[str], step: int) -> Edit:
    """The edit behind the line of a place."""
    text = [f"{' ' * (column + step * depth)}{key}:" for depth, key in enumerate(keys)]
    text += [" " * (column + step * len(keys)) + line for line in lines]
    line = source.position(end)[0]
    place = source.starts[line - 1] + len(source.line_text(line))
    return Edit(source.span(place, place), "\n" + "\n".join(text))


def _in_braces(source: Source, node: Mapping, keys: Listed[str], flow: str) -> Edit:
    """The edit behind the last entry between braces."""
    text = flow
    for key in reversed(keys[1:]):
        text = f"{{{key}: {text}}}"
    own = _own(node)
    place = _end_of(source, own[-1]) if own else node.start + 1
    return Edit(source.span(place, place), f"{', ' if own else ''}{keys[0]}: {text}")


def _step(source: Source, holder: Node, node: Node, step: int) -> int:
    """The columns from a mapping to one below it; `step` where they are not written below each other."""
    if not isinstance(holder, Mapping) or not isinstance(node, Mapping):
        return step
    if is_flow(source, holder) or is_flow(source, node) or not _own(node) or not _own(holder):
        return step
    found = source.position(_own(node)[0].key.start)[1] - source.position(_own(holder)[0].key.start)[1]
    return found if found > 0 else step


def _own(node: Mapping) -> list[Entry]:
    """The entries that are written in a mapping itself, in the order of the file, not those that an anchor brings."""
    return sorted((e for e in node.entries if node.start <= e.key.start < node.end), key=lambda e: e.key.start)


def _keeps_line_ends(source: Source, value: Node) -> bool:
    """Whether blank lines behind a value are a part of it: `|+`."""
    header = source.text[value.start : value.end].partition("\n")[0]
    return isinstance(value, Scalar) and header[:1] in ("|", ">") and "+" in header


def _end_of(source: Source, entry: Entry) -> int:
    """The last character of an entry with its value; an alias stands on the line of its key."""
    end = entry.value.end if entry.value.start >= entry.key.start else entry.key.end
    while end > entry.key.end and source.text[end - 1] in "\n ":
        end -= 1
    return end


def is_flow(source: Source, node: Node) -> bool:
    """Whether a collection is written in braces or brackets."""
    return source.text[node.start : node.start + 1] in ("{", "[")


def removed(source: Source, at: int) -> Edit | None:
    """The edit that takes out the entry or item that starts at a place, with what would be empty without it."""
    documents = parse(source).documents
    holders = chain(documents, at)
    gone: tuple[int, int] | None = None
    marks = {""}
    for holder, start, end in reversed(holders):
        if is_flow(source, holder):
            return None
        gone, marks = (start, end), {""} if isinstance(holder, Mapping) else {"", "-"}
        if len(holder.entries if isinstance(holder, Mapping) else holder.items) > 1:
            break
    if gone is None or len(holders) < 2:
        return None
    first, last = source.position(gone[0])[0], source.position(max(gone[1] - 1, gone[0]))[0]
    while last > first and not source.line_text(last).strip():
        last -= 1
    before = source.line_text(first)[: gone[0] - source.starts[first - 1]]
    if before.strip() not in marks:
        return None  # the first entry of a list's item
    end = source.starts[last] if last < len(source.starts) else len(source.text)
    return Edit(source.span(source.starts[first - 1], end), "")


def chain(documents: Listed[Node], at: int) -> list[tuple[Mapping | Sequence, int, int]]:
    """What holds the place, from the outside: the collection, and the stretch of its entry or item."""
    found: list[tuple[Mapping | Sequence, int, int]] = []
    node: Node | None = next((d for d in documents if d.start <= at < d.end), None)
    while isinstance(node, (Mapping, Sequence)):
        parts = (
            [(e.key.start, max(e.value.end, e.key.end), e.value) for e in node.entries if e.value.start >= e.key.start]
            if isinstance(node, Mapping)
            else [(item.start, item.end, item) for item in node.items]
        )
        inside = next((p for p in parts if p[0] <= at < max(p[1], p[0] + 1)), None)
        if inside is None:
            break
        found.append((node, inside[0], inside[1]))
        if inside[0] == at:
            break
        node = inside[2]
    return found


def holding(source: Source, at: int) -> Node | None:
    """The innermost mapping around a place."""
    holders = chain(parse(source).documents, at)
    return next((holder for holder, *_ in reversed(holders) if isinstance(holder, Mapping)), None)
