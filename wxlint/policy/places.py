"""Where a policy says something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wxlint.documents.yaml import Node


def find_key(node: Node, keys: Sequence[str | int]) -> tuple[int, int, Node] | None:
    """Offsets of the key (or list item) at the end of `keys`, and its value; None when there is none."""
    from wxlint.documents.yaml import Mapping
    from wxlint.documents.yaml import Sequence as List

    start, end = node.start, node.end
    for key in keys:
        if isinstance(node, Mapping) and (entry := node.entry(str(key))) is not None:
            start, end, node = entry.key.start, entry.key.end, entry.value
        elif isinstance(node, List) and isinstance(key, int) and key < len(node.items):
            node = node.items[key]
            start, end = node.start, node.end
        else:
            return None
    return start, end, node
