"""Boxes of a picture that stand in the same place share one."""

from __future__ import annotations

from wxlint.images.graph.pictures.picture import Edge, Node, Picture
from wxlint.page.folding import folded


def family(*names: str, variants: tuple[str, ...] = ("cpu",)) -> Picture:
    nodes = (Node("base", "base"), *(Node(name, "built", variants) for name in names))
    return Picture(nodes, tuple(Edge("base", name, "FROM") for name in names))


def names(picture: Picture) -> list[str]:
    return [node.name for node in picture.nodes]


def test_a_small_picture_stays() -> None:
    picture = family("a", "b", "c")
    assert folded(picture, 4) is picture


def test_equal_places_share_a_box_and_a_line() -> None:
    shown = folded(family("b", "a", "c"), 2)
    assert names(shown) == ["base", "a and 2 more"]
    assert shown.edges == (Edge("base", "a and 2 more", "FROM"),)
    assert shown.nodes[1].places == ("a", "b", "c")


def test_two_stay_apart() -> None:
    assert names(folded(family("a", "b"), 2)) == ["base", "a", "b"]


def test_other_variants_neighbours_and_findings_stay_apart() -> None:
    few = family("a", "b", "c", "d", "e", "f")
    nodes = [n._replace(variants=("cuda",)) if n.name == "d" else n for n in few.nodes]
    nodes = [n._replace(findings=("latest-tag",)) if n.name == "e" else n for n in nodes]
    edges = (*few.edges, Edge("f", "compose.yaml", "compose image"))
    shown = folded(Picture((*nodes, Node("compose.yaml", "user")), edges), 2)
    assert names(shown) == ["base", "a and 2 more", "d", "e", "f", "compose.yaml"]


def test_a_line_keeps_the_rules_of_all_it_stands_for() -> None:
    few = family("a", "b", "c")
    rules = {"a": ("latest-tag",), "b": ("wrong-base",), "c": ("latest-tag",)}
    shown = folded(Picture(few.nodes, tuple(e._replace(findings=rules[e.target]) for e in few.edges)), 2)
    assert shown.edges == (Edge("base", "a and 2 more", "FROM", ("latest-tag", "wrong-base")),)
