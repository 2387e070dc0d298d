"""Images that stand in the same place of a picture as one box, so that a large family still fits on a page."""

from __future__ import annotations

from collections.abc import Sequence

from wxlint.images.graph.pictures.picture import Edge, Node, Picture

_FEWEST = 3
"""Images in a box of several: two are drawn apart."""

_Place = tuple[str, tuple[str, ...], bool, frozenset[tuple[str, str]], frozenset[tuple[str, str]]]


def folded(picture: Picture, most: int) -> Picture:
    """Return the picture as it is up to `most` boxes; above, like images of the same neighbours share one."""
    if len(picture.nodes) <= most:
        return picture
    groups: dict[_Place, list[Node]] = {}
    for node, place in zip(picture.nodes, _places(picture)):
        groups.setdefault(place, []).append(node)
    boxes: dict[str, str] = {}
    nodes: list[Node] = []
    for group in groups.values():
        parts = [group] if len(group) >= _FEWEST else [[node] for node in group]
        for part in parts:
            box = part[0] if len(part) == 1 else _box(part)
            nodes.append(box)
            boxes.update({node.name: box.name for node in part})
    return Picture(tuple(nodes), _edges(picture.edges, boxes))


def _places(picture: Picture) -> list[_Place]:
    """What each image shares with those that it may share a box with: its kind, variants and neighbours."""
    before: dict[str, set[tuple[str, str]]] = {node.name: set() for node in picture.nodes}
    behind: dict[str, set[tuple[str, str]]] = {node.name: set() for node in picture.nodes}
    for edge in picture.edges:
        before[edge.target].add((edge.source, edge.label))
        behind[edge.source].add((edge.target, edge.label))
    marked = {edge.target for edge in picture.edges if edge.findings} | {n.name for n in picture.nodes if n.findings}
    return [
        (n.kind, n.variants, n.name in marked, frozenset(before[n.name]), frozenset(behind[n.name]))
        for n in picture.nodes
    ]


def _box(group: Sequence[Node]) -> Node:
    """One box for several images; its title names them all."""
    names = sorted(node.name for node in group)
    findings = dict.fromkeys(rule for node in group for rule in node.findings)
    name = f"{names[0]} and {len(names) - 1} more"
    return group[0]._replace(name=name, builders=(), places=tuple(names), findings=tuple(findings))


def _edges(edges: Sequence[Edge], boxes: dict[str, str]) -> tuple[Edge, ...]:
    """The lines between boxes, each once, with the rules of all that it stands for."""
    joined: dict[tuple[str, str, str], dict[str, None]] = {}
    for edge in edges:
        rules = joined.setdefault((boxes[edge.source], boxes[edge.target], edge.label), {})
        rules.update(dict.fromkeys(edge.findings))
    return tuple(Edge(*ends, tuple(rules)) for ends, rules in joined.items())
