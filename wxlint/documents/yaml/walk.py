"""Every mapping of a tree, in the order of the text."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.documents.yaml.nodes import Mapping, Node, Sequence

ITEM = "[]"
"""What stands in a path for an item of a list."""


def mappings(root: Node | None, *, deepest: int | None = None) -> Iterator[tuple[Mapping, tuple[str, ...]]]:
    """Yield the mappings with the keys that lead to each. deepest: the longest path whose mapping is looked into."""
    waiting: list[tuple[Node | None, tuple[str, ...]]] = [(root, ())]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, Sequence):
            waiting += [(item, (*path, ITEM)) for item in reversed(node.items)]
        elif isinstance(node, Mapping):
            yield node, path
            if deepest is None or len(path) < deepest:
                waiting += [(value, (*path, key.text)) for key, value in reversed(node.entries)]
