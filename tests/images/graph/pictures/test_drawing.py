"""One picture in every format, to the letter where programs read it, by its shapes where people look at it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from wxlint.images.graph.pictures.drawing import draw
from wxlint.images.graph.pictures.picture import Edge, Node, Picture

BASE = Node("python:3.11", "base")
CPU = Node("e/base:cpu", "built", ("cpu",), ("docker build (build.sh:1)",), ("base/Dockerfile",))
BOTH = Node('e/"asr"#<1>', "built", ("cpu", "cuda"))
USER = Node("compose.yml", "user", places=("compose.yml:3",))
PICTURE = Picture(
    (BASE, CPU, BOTH, USER),
    (
        Edge("python:3.11", "e/base:cpu", "FROM"),
        Edge("e/base:cpu", 'e/"asr"#<1>', "FROM"),
        Edge("e/base:cpu", 'e/"asr"#<1>', "COPY --from"),
        Edge('e/"asr"#<1>', "compose.yml", "compose image"),
    ),
)
SVG = "{http://www.w3.org/2000/svg}"


def test_text() -> None:
    assert draw(PICTURE, "text").splitlines() == [
        "e/base:cpu (cpu)",
        "  built by docker build (build.sh:1)",
        "  from python:3.11",
        '  base of e/"asr"#<1>',
        '  COPY --from in e/"asr"#<1>',
        'e/"asr"#<1> (cpu, cuda)',
        "  from e/base:cpu",
        "  from e/base:cpu",
        "  compose image in compose.yml",
    ]
    assert draw(Picture((BASE,), ()), "text") == "nothing is built here\n"


def test_mermaid() -> None:
    assert draw(PICTURE, "mermaid").splitlines() == [
        "flowchart LR",
        '  n0(["python:3.11"])',
        "  style n0 fill:#ffffff",
        '  n1["e/base:cpu"]',
        "  style n1 fill:#d7ecff",
        '  n2["e/#quot;asr#quot;#35;#lt;1#gt;"]',
        "  style n2 fill:#eeeeee",
        '  n3[/"compose.yml"/]',
        "  style n3 fill:#fff6cc",
        "  n0 --> n1",
        "  n1 --> n2",
        "  n1 -.-> n2",
        "  n2 -.-> n3",
    ]


def test_dot() -> None:
    assert draw(PICTURE, "dot").splitlines() == [
        "digraph images {",
        "  rankdir=LR;",
        '  node [shape=box, style="filled,rounded", fontname="monospace", fontsize=12, color="#5b6770"];',
        '  edge [fontname="monospace", fontsize=10, color="#7a8793", arrowsize=0.7];',
        '  "python:3.11" [fillcolor="#ffffff"];',
        '  "e/base:cpu" [fillcolor="#d7ecff"];',
        '  "e/\\"asr\\"#<1>" [fillcolor="#eeeeee"];',
        '  "compose.yml" [fillcolor="#fff6cc"];',
        '  "python:3.11" -> "e/base:cpu";',
        '  "e/base:cpu" -> "e/\\"asr\\"#<1>";',
        '  "e/base:cpu" -> "e/\\"asr\\"#<1>" [style=dashed, label="COPY --from"];',
        '  "e/\\"asr\\"#<1>" -> "compose.yml" [style=dashed, label="compose image"];',
        "}",
    ]


def test_json() -> None:
    text = draw(PICTURE, "json")
    found = json.loads(text)
    assert text.endswith("}\n") and text.splitlines()[1] == '  "nodes": ['
    assert found["nodes"][1] == {
        "name": "e/base:cpu",
        "kind": "built",
        "variants": ["cpu"],
        "builders": ["docker build (build.sh:1)"],
        "places": ["base/Dockerfile"],
        "findings": [],
    }
    assert found["edges"][0] == {"source": "python:3.11", "target": "e/base:cpu", "label": "FROM", "findings": []}
    assert (len(found["nodes"]), len(found["edges"])) == (4, 4)


@pytest.mark.parametrize(
    ("variant", "colour"), [("cpu", "#d7ecff"), ("cuda", "#d9f2d9"), ("rocm", "#ffe3d3"), ("other", "#eadcf8")]
)
def test_each_variant_has_its_colour(variant: str, colour: str) -> None:
    picture = Picture((Node("a", "built", (variant,)), Node("b", "built", ("unknown",))), ())
    assert f"style n0 fill:{colour}" in draw(picture, "mermaid")
    assert "style n1 fill:#eeeeee" in draw(picture, "mermaid")
    legend = [(rect.attrib["fill"], text.text) for rect, text in _legend(ET.fromstring(draw(picture, "svg")))]
    assert (colour, variant) in legend
    assert ("#ffffff", "from elsewhere") in legend and ("#fff6cc", "runs an image") in legend


def _legend(root: ET.Element) -> list[tuple[ET.Element, ET.Element]]:
    squares = [rect for rect in root.findall(f"{SVG}rect") if rect.attrib["width"] == "12"]
    return list(zip(squares, root.findall(f"{SVG}text")))


def test_the_legend_stands_below_everything_and_side_by_side() -> None:
    root = ET.fromstring(draw(PICTURE, "svg"))
    lowest = max(float(r.attrib["y"]) + float(r.attrib["height"]) for r in root.iter(f"{SVG}rect") if "rx" in r.attrib)
    right = 0.0
    for square, text in _legend(root):
        left, top = float(square.attrib["x"]), float(square.attrib["y"])
        assert left > right and lowest < top < float(root.attrib["height"]) - 12
        assert left + 12 < float(text.attrib["x"]) < left + 30 and top < float(text.attrib["y"]) <= top + 12
        right = float(text.attrib["x"]) + 7.2 * len(text.text or "") - 1


def _boxes(root: ET.Element) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right and bottom of each box, by the first line of its title."""
    found = {}
    for group in root.iter(f"{SVG}g"):
        title, rect = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
        assert title is not None and rect is not None and title.text is not None
        x, y, width, height = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        found[title.text.split("\n")[0]] = (x, y, x + width, y + height)
    return found


def test_what_stands_on_something_is_drawn_right_of_it() -> None:
    root = ET.fromstring(draw(PICTURE, "svg"))
    boxes = _boxes(root)
    order = [boxes[node.name] for node in PICTURE.nodes]
    for left, right in pairwise(order):
        assert left[2] < right[0]
    paths = root.findall(f"{SVG}path")
    assert [path.findtext(f"{SVG}title") for path in paths] == [
        f"{edge.source} → {edge.target}: {edge.label}" for edge in PICTURE.edges
    ]
    assert ["stroke-dasharray" in path.attrib for path in paths] == [False, False, True, True]
    for path, edge in zip(paths, PICTURE.edges):
        x, y = _start(path)
        to_x, to_y = _end(path)
        start, end = boxes[edge.source], boxes[edge.target]
        assert (x, y) == pytest.approx((start[2], (start[1] + start[3]) / 2), abs=0.2)
        assert (to_x, to_y) == pytest.approx((end[0], (end[1] + end[3]) / 2), abs=0.2)


def _end(path: ET.Element) -> tuple[float, float]:
    """Where the curve and the straight line behind it end."""
    *_, y, last = path.attrib["d"].split()
    return float(last.removeprefix("H")), float(y)


def _start(path: ET.Element) -> tuple[float, float]:
    x, y = path.attrib["d"].removeprefix("M").split()[:2]
    return float(x), float(y)


def test_what_a_box_says() -> None:
    long = Node("registry.example/" + "x" * 60, "built", ("cuda",))
    root = ET.fromstring(draw(Picture((BASE, CPU, long, USER), ()), "svg"))
    texts = [[text.text for text in group.findall(f"{SVG}text")] for group in root.iter(f"{SVG}g")]
    shown = long.name[:14] + "…" + long.name[-29:]
    assert texts == [["python:3.11"], ["e/base:cpu", "cpu"], [shown, "cuda"], ["compose.yml"]]
    titles = [group.findtext(f"{SVG}title") for group in root.iter(f"{SVG}g")]
    assert titles[1] == "e/base:cpu\ndocker build (build.sh:1)\nbase/Dockerfile"
    assert titles[3] == "compose.yml\ncompose.yml:3"
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        for text in group.findall(f"{SVG}text"):  # inside its box, with the letters that it has
            left, width = float(rect.attrib["x"]), float(rect.attrib["width"])
            assert left < float(text.attrib["x"]) and 7 * len(text.text or "") < width
            assert 12 <= float(text.attrib["y"]) - float(rect.attrib["y"]) <= 42


def test_a_column_stands_in_the_middle_of_the_tallest() -> None:
    nodes = (BASE, *(Node(f"e/{n}:cpu", "built", ("cpu",)) for n in range(3)))
    root = ET.fromstring(draw(Picture(nodes, tuple(Edge(BASE.name, n.name, "FROM") for n in nodes[1:])), "svg"))
    boxes = _boxes(root)
    middle = boxes["e/1:cpu"]
    assert boxes["python:3.11"][1] == pytest.approx(middle[1], abs=0.2)
    assert [boxes[f"e/{n}:cpu"][1] for n in range(3)] == sorted(boxes[f"e/{n}:cpu"][1] for n in range(3))


def test_lines_do_not_cross_where_an_order_without_crossings_is_near() -> None:
    nodes = tuple(Node(name, "base") for name in ("a", "b", "c")) + tuple(
        Node(f"e/{name}", "built", ("cpu",)) for name in ("z", "y", "x")
    )
    edges = (Edge("a", "e/z", "FROM"), Edge("b", "e/y", "FROM"), Edge("c", "e/x", "FROM"))
    boxes = _boxes(ET.fromstring(draw(Picture(nodes[:3] + nodes[:2:-1], edges), "svg")))
    for edge in edges:
        assert boxes[edge.source][1] == boxes[edge.target][1]


def test_a_circle_is_drawn_too() -> None:
    nodes = (Node("e/a", "built", ("cpu",)), Node("e/b", "built", ("cpu",)), Node("e/c", "built", ("cpu",)))
    edges = (Edge("e/a", "e/b", "FROM"), Edge("e/b", "e/a", "FROM"), Edge("e/b", "e/c", "FROM"))
    boxes = _boxes(ET.fromstring(draw(Picture(nodes, edges), "svg")))
    assert boxes["e/c"][0] > boxes["e/b"][2]


FOUND = Picture(
    (BASE, CPU._replace(findings=("latest-tag",)), BOTH),
    (
        Edge("python:3.11", "e/base:cpu", "FROM", ("base-upstream", "latest-tag")),
        Edge("e/base:cpu", 'e/"asr"#<1>', "COPY --from", ("wrong-base",)),
    ),
)


def test_findings_as_text() -> None:
    lines = draw(FOUND, "text").splitlines()
    assert lines[:4] == [
        "e/base:cpu (cpu)",
        "  built by docker build (build.sh:1)",
        "  findings: latest-tag",
        "  from python:3.11 [base-upstream, latest-tag]",
    ]
    assert '  COPY --from in e/"asr"#<1> [wrong-base]' in lines


def test_findings_in_mermaid_and_dot() -> None:
    assert draw(FOUND, "mermaid").splitlines()[-4:] == [
        '  n0 -->|"base-upstream, latest-tag"| n1',
        '  n1 -.->|"wrong-base"| n2',
        "  linkStyle 0,1 stroke:#c62828",
        "  style n1 stroke:#c62828",
    ]
    lines = draw(FOUND, "dot").splitlines()
    assert '  "e/base:cpu" [fillcolor="#d7ecff", color="#c62828", tooltip="latest-tag"];' in lines
    assert lines[-3:-1] == [
        '  "python:3.11" -> "e/base:cpu" [label="base-upstream, latest-tag", color="#c62828", fontcolor="#c62828"];',
        '  "e/base:cpu" -> "e/\\"asr\\"#<1>" [style=dashed, label="wrong-base", color="#c62828", fontcolor="#c62828"];',
    ]


def test_findings_in_an_svg() -> None:
    root = ET.fromstring(draw(FOUND, "svg"))
    paths = root.findall(f"{SVG}path")
    assert [(path.attrib["stroke"], path.attrib["stroke-width"]) for path in paths] == [("#c62828", "2")] * 2
    marks = [text for text in root.findall(f"{SVG}text") if text.attrib["fill"] == "#c62828"]
    assert [mark.text for mark in marks] == ["base-upstream +1", "wrong-base"]
    boxes = _boxes(root)
    for mark, path in zip(marks, paths):
        x, y = _end(path)
        assert x - 8 < float(mark.attrib["x"]) < x and y - 8 < float(mark.attrib["y"]) < y
        assert float(mark.attrib["x"]) - 6 * len(mark.text or "") > _start(path)[0]  # between the boxes
    borders = {}
    for group in root.iter(f"{SVG}g"):
        title, rect = group.findtext(f"{SVG}title") or "", group.find(f"{SVG}rect")
        assert rect is not None
        borders[title.split("\n")[0]] = rect.attrib["stroke"]
        assert ("finding: latest-tag" in title) == (title.startswith("e/base:cpu"))
    assert borders == {"python:3.11": "#5b6770", "e/base:cpu": "#c62828", 'e/"asr"#<1>': "#5b6770"}
    assert set(boxes) == set(borders)


def test_a_tall_column_is_folded() -> None:
    nodes = (BASE, *(Node(f"e/{n}:cpu", "built", ("cpu",)) for n in range(40)), Node("e/top:cpu", "built", ("cpu",)))
    edges = (*(Edge(BASE.name, n.name, "FROM") for n in nodes[1:-1]), Edge("e/7:cpu", "e/top:cpu", "FROM"))
    boxes = _boxes(ET.fromstring(draw(Picture(nodes, edges), "svg")))
    lefts = [boxes[f"e/{n}:cpu"][0] for n in range(40)]
    assert sorted(lefts.count(left) for left in set(lefts)) == [20, 20]
    assert boxes["e/7:cpu"][0] == max(lefts) < boxes["e/top:cpu"][0]  # what others stand on is near them
    tops = {round(boxes[f"e/{n}:cpu"][1] % 60, 1) for n in range(40) if lefts[n] == max(lefts)}
    others = {round(boxes[f"e/{n}:cpu"][1] % 60, 1) for n in range(40) if lefts[n] == min(lefts)}
    assert len(tops) == len(others) == 1 and abs(tops.pop() - others.pop()) == 30  # half a row lower
    few = _boxes(ET.fromstring(draw(Picture(nodes[:31], edges[:30]), "svg")))
    assert len({few[f"e/{n}:cpu"][0] for n in range(30)}) == 1


def test_an_empty_picture() -> None:
    root = ET.fromstring(draw(Picture((), ()), "svg"))
    assert root.attrib["width"] == "40" and list(root.iter(f"{SVG}g")) == []
    assert draw(Picture((), ()), "mermaid") == "flowchart LR\n"
