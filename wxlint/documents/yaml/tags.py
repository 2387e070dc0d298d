"""Compose's tags `!reset` and `!override` in a tree: what they do to aliases, and to what `<<` brings."""

from __future__ import annotations

from wxlint.documents.yaml.nodes import COMPOSE_TAGS, Entry, Mapping, Node, Scalar, Sequence, is_merge


def untagged(node: Node, below_override: bool = False) -> Node:
    """A node without compose's tags; what they reset is not there, but below `!override`, where they are not seen."""
    below = below_override or node.tag == "!override"
    if isinstance(node, Mapping):
        kept = [Entry(key, untagged(value, below)) for key, value in node.entries if below or value.tag != "!reset"]
        node = node._replace(entries=tuple(kept))
    elif isinstance(node, Sequence):
        items = [untagged(item, below) for item in node.items if below or item.tag != "!reset"]
        node = node._replace(items=tuple(items))
    return node._replace(tag="") if node.tag in COMPOSE_TAGS else node


def without_resets(node: Node) -> Node:
    """An anchored node as its aliases see it: compose has taken away by then what is reset below it."""
    if node.tag == "!override":
        return node
    if isinstance(node, Mapping):
        kept = [Entry(key, without_resets(value)) for key, value in node.entries if value.tag != "!reset"]
        return node._replace(entries=tuple(kept))
    if isinstance(node, Sequence):
        return node._replace(items=tuple(without_resets(item) for item in node.items if item.tag != "!reset"))
    return node


def _tagged_like(own: Node, merged: Node) -> Node:
    """A value with the tags that `<<` brings at its path, and below it, although its own text counts."""
    if merged.tag in COMPOSE_TAGS:
        return own._replace(tag="!override") if own.tag not in COMPOSE_TAGS else own
    if not isinstance(own, Mapping) or not isinstance(merged, Mapping) or own.tag in COMPOSE_TAGS:
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
    if node.tag in COMPOSE_TAGS:
        return node._replace(tag="!reset")
    if not isinstance(node, Mapping):
        return None
    kept = [Entry(key, found) for key, value in node.entries if (found := _resets(value)) is not None]
    return node._replace(entries=tuple(kept)) if kept else None


def retagged(entries: list[Entry], covered: list[Entry]) -> tuple[Entry, ...]:
    """The entries of a mapping with the tags of those that `<<` brings under the same keys."""
    brought: dict[str, Node] = {}
    for key, value in covered:
        brought.setdefault(key.text, value)
    return tuple(
        entry._replace(value=_tagged_like(entry.value, brought[entry.key.text])) if entry.key.text in brought else entry
        for entry in entries
    )


def merged_tag(children: list[Node]) -> str:
    """The tag that a mapping has by what `<<` brings: one at the anchor is in force for whoever takes it in."""
    pairs = zip(children[::2], children[1::2])
    tags = {value.tag for key, value in pairs if isinstance(key, Scalar) and is_merge(key)}
    return "!override" if tags & set(COMPOSE_TAGS) else ""
