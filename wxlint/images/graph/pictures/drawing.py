"""The graph of a repository as text, Mermaid, DOT, SVG or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from wxlint.core.escape import escape, escape_json
from wxlint.images.graph.pictures.picture import Edge, Node, Picture

_COLOURS = {"cpu": "#d7ecff", "cuda": "#d9f2d9", "rocm": "#ffe3d3", "other": "#eadcf8", "unknown": "#eeeeee"}
_BASE, _USER = "#ffffff", "#fff6cc"
_FINDING = "#c62828"
_BOX_HEIGHT, _GAP_X, _GAP_Y, _LETTER, _MARGIN = 44, 70, 16, 7.2, 20
"""Sizes in pixels; a letter of the monospaced font of 12 pixels is 7.2 wide."""
_WIDEST = 44
"""Characters of a name that a box shows."""
_WIDE_GAP_X = 150
"""Where the rules of findings stand on the lines."""
_TALL = 30
"""Boxes of a column that is not divided."""


def draw(picture: Picture, form: str) -> str:
    """Return the picture in one of the formats."""
    return FORMATS[form](picture)


def _colour(node: Node) -> str:
    if node.kind == "base":
        return _BASE
    if node.kind == "user":
        return _USER
    return _COLOURS.get(node.variants[0] if len(node.variants) == 1 else "unknown", _COLOURS["unknown"])


def _text(picture: Picture) -> str:
    lines = []
    for node in picture.nodes:
        if node.kind != "built":
            continue
        lines.append(f"{node.name} ({', '.join(node.variants)})")
        lines += [f"  built by {builder}" for builder in node.builders]
        lines += [f"  findings: {', '.join(node.findings)}"] if node.findings else []
        lines += [f"  from {edge.source}{_marked(edge)}" for edge in picture.edges if edge.target == node.name]
        for edge in picture.edges:
            if edge.source == node.name:
                how = f"base of {edge.target}" if edge.label == "FROM" else f"{edge.label} in {edge.target}"
                lines.append(f"  {how}{_marked(edge)}")
    return "".join(escape(line) + "\n" for line in lines or ["nothing is built here"])


def _marked(edge: Edge) -> str:
    """The rules of an edge's findings, to stand behind it."""
    return f" [{', '.join(edge.findings)}]" if edge.findings else ""


def _json(picture: Picture) -> str:
    data = {"nodes": [node._asdict() for node in picture.nodes], "edges": [edge._asdict() for edge in picture.edges]}
    return escape_json(json.dumps(data, indent=2)) + "\n"


def _quoted(text: str) -> str:
    """A text for a quoted label of Mermaid, which knows entities behind `#` only."""
    return escape(text).replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def _mermaid(picture: Picture) -> str:
    names = {node.name: f"n{number}" for number, node in enumerate(picture.nodes)}
    lines = ["flowchart LR"]
    for node in picture.nodes:
        left, right = {"built": ("[", "]"), "base": ("([", "])"), "user": ("[/", "/]")}[node.kind]
        lines.append(f'  {names[node.name]}{left}"{_quoted(node.name)}"{right}')
        lines.append(f"  style {names[node.name]} fill:{_colour(node)}")
    for edge in picture.edges:
        arrow = "-->" if edge.label == "FROM" else "-.->"
        label = f'|"{_quoted(", ".join(edge.findings))}"|' if edge.findings else ""
        lines.append(f"  {names[edge.source]} {arrow}{label} {names[edge.target]}")
    marked = [str(number) for number, edge in enumerate(picture.edges) if edge.findings]
    lines += [f"  linkStyle {','.join(marked)} stroke:{_FINDING}"] if marked else []
    lines += [f"  style {names[n.name]} stroke:{_FINDING}" for n in picture.nodes if n.findings]
    return "\n".join(lines) + "\n"


def _dot(picture: Picture) -> str:
    def quoted(text: str) -> str:
        return '"' + escape(text).replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines = [
        "digraph images {",
        "  rankdir=LR;",
        '  node [shape=box, style="filled,rounded", fontname="monospace", fontsize=12, color="#5b6770"];',
        '  edge [fontname="monospace", fontsize=10, color="#7a8793", arrowsize=0.7];',
    ]
    for node in picture.nodes:
        border = f', color="{_FINDING}", tooltip={quoted(", ".join(node.findings))}' if node.findings else ""
        lines.append(f'  {quoted(node.name)} [fillcolor="{_colour(node)}"{border}];')
    for edge in picture.edges:
        words = [] if edge.label == "FROM" else ["style=dashed"]
        label = ", ".join(edge.findings) or (edge.label if edge.label != "FROM" else "")
        words += [f"label={quoted(label)}"] if label else []
        words += [f'color="{_FINDING}"', f'fontcolor="{_FINDING}"'] if edge.findings else []
        style = f" [{', '.join(words)}]" if words else ""
        lines.append(f"  {quoted(edge.source)} -> {quoted(edge.target)}{style};")
    return "\n".join([*lines, "}"]) + "\n"


class _Layout:
    """Boxes in columns by what they stand on, sorted so that lines stay short."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.gap = _WIDE_GAP_X if any(edge.findings for edge in picture.edges) else _GAP_X
        self.columns = self._columns()
        self.places: dict[str, tuple[float, float, float]] = {}
        """The left edge, the top and the width of each box."""
        self.width = self.height = 2.0 * _MARGIN
        left = float(_MARGIN)
        row = _BOX_HEIGHT + _GAP_Y
        folded = [self._folded(column) for column in self.columns]
        tallest = max((len(part) + 0.5 * number for parts in folded for number, part in enumerate(parts)), default=0)
        for parts in folded:
            for number, part in enumerate(parts):
                wide = max(min(len(name), _WIDEST) for name in part) * _LETTER + 24
                # a half row lower, so that lines to the second part run between the boxes of the first
                top = _MARGIN + (tallest - len(parts[0])) * row / 2 + number * row / 2
                for name in part:
                    self.places[name] = (left, top, wide)
                    top += row
                left += wide + self.gap
        self.width = max(left - self.gap + _MARGIN, self.width)
        self.height = tallest * row - _GAP_Y + 2 * _MARGIN if tallest else self.height

    def _folded(self, column: list[str]) -> list[list[str]]:
        """A column, in two parts when it is tall; boxes that others stand on are in the second."""
        if len(column) <= _TALL:
            return [column]
        sources = {edge.source for edge in self.picture.edges}
        half = len(column) // 2
        second = {name for name in column if name in sources}
        for name in column[1::2]:
            if len(second) < half:
                second.add(name)
        if len(second) > len(column) - len(second):
            return [column]
        return [[name for name in column if name not in second], [name for name in column if name in second]]

    def _columns(self) -> list[list[str]]:
        depth = {node.name: 0 for node in self.picture.nodes}
        for _ in range(min(len(depth), 100)):  # circles end here
            moved = False
            for edge in self.picture.edges:
                if depth[edge.target] <= depth[edge.source] < 100:
                    depth[edge.target] = depth[edge.source] + 1
                    moved = True
            if not moved:
                break
        used = sorted(set(depth.values()))
        columns = [[name for name in depth if depth[name] == level] for level in used]
        for _ in range(4):
            for number in range(1, len(columns)):
                self._sort(columns, number, forward=True)
            for number in range(len(columns) - 2, -1, -1):
                self._sort(columns, number, forward=False)
        return columns

    def _sort(self, columns: list[list[str]], number: int, *, forward: bool) -> None:
        """Sort a column by the middle of its neighbours' places."""
        places = {name: place / max(len(column), 1) for column in columns for place, name in enumerate(column)}
        neighbours: dict[str, list[float]] = {name: [] for name in columns[number]}
        for edge in self.picture.edges:
            own, other = (edge.target, edge.source) if forward else (edge.source, edge.target)
            if own in neighbours:
                neighbours[own].append(places[other])
        middle = {name: sum(found) / len(found) if found else places[name] for name, found in neighbours.items()}
        columns[number].sort(key=lambda name: (middle[name], name))


def _svg(picture: Picture) -> str:
    layout = _Layout(picture)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{layout.width:.0f}" height="{layout.height + 30:.0f}" '
        f'viewBox="0 0 {layout.width:.0f} {layout.height + 30:.0f}" font-family="monospace" font-size="12">'
    )
    lines = [head, '<rect width="100%" height="100%" fill="#ffffff"/>']
    lines += [_line(layout, edge) for edge in picture.edges]
    lines += [_box(layout, node) for node in picture.nodes]
    left = float(_MARGIN)
    for name, colour in (*_COLOURS.items(), ("from elsewhere", _BASE), ("runs an image", _USER)):
        top = layout.height
        lines.append(f'<rect x="{left:.0f}" y="{top:.0f}" width="12" height="12" fill="{colour}" stroke="#888888"/>')
        lines.append(f'<text x="{left + 17:.0f}" y="{top + 10:.0f}" fill="#444444">{name}</text>')
        left += 30 + len(name) * _LETTER
    return "\n".join([*lines, "</svg>"]) + "\n"


def _line(layout: _Layout, edge: Edge) -> str:
    left, top, wide = layout.places[edge.source]
    end, end_top, _ = layout.places[edge.target]
    x, y, to_x, to_y = left + wide, top + _BOX_HEIGHT / 2, end, end_top + _BOX_HEIGHT / 2
    turned = min(x + layout.gap, to_x)  # from here on it runs straight, between the boxes of columns that it passes
    bend = max((turned - x) / 2, 30)
    dashed = "" if edge.label == "FROM" else ' stroke-dasharray="5 4"'
    colour, width = (_FINDING, "2") if edge.findings else ("#7a8793", "1")
    title = _xml(f"{edge.source} → {edge.target}: {edge.label}{_marked(edge)}")
    mark = ""
    if edge.findings:
        shown = _xml(edge.findings[0] + (f" +{len(edge.findings) - 1}" if len(edge.findings) > 1 else ""))
        mark = (
            f'<text x="{to_x - 6:.1f}" y="{to_y - 5:.1f}" text-anchor="end" font-size="10" fill="{_FINDING}">'
            f"{shown}</text>"
        )
    curve = f"{x + bend:.1f} {y:.1f} {turned - bend:.1f} {to_y:.1f} {turned:.1f} {to_y:.1f}"
    return (
        f'<path d="M{x:.1f} {y:.1f} C{curve} H{to_x:.1f}" '
        f'fill="none" stroke="{colour}" stroke-width="{width}"{dashed}><title>{title}</title></path>{mark}'
    )


def _box(layout: _Layout, node: Node) -> str:
    left, top, wide = layout.places[node.name]
    name = node.name
    if len(name) > _WIDEST:  # what tells images apart is at the end
        name = f"{name[: _WIDEST // 3]}…{name[-(_WIDEST - 1 - _WIDEST // 3) :]}"
    below = ", ".join(node.variants) if node.kind == "built" else ""
    title = "\n".join((node.name, *node.builders, *node.places, *(f"finding: {rule}" for rule in node.findings)))
    border = _FINDING if node.findings else "#5b6770"
    middle = top + (18 if below else 27)
    text = f'<text x="{left + 12:.1f}" y="{middle:.1f}" fill="#111111">{_xml(name)}</text>'
    if below:
        text += f'<text x="{left + 12:.1f}" y="{top + 35:.1f}" fill="#666666" font-size="11">{_xml(below)}</text>'
    return (
        f'<g><title>{_xml(title)}</title><rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" '
        f'height="{_BOX_HEIGHT}" rx="6" fill="{_colour(node)}" stroke="{border}"/>{text}</g>'
    )


def _xml(text: str) -> str:
    escaped = "\n".join(map(escape, text.split("\n")))
    for char, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        escaped = escaped.replace(char, name)
    return escaped


FORMATS: dict[str, Callable[[Picture], str]] = {
    "text": _text,
    "mermaid": _mermaid,
    "dot": _dot,
    "svg": _svg,
    "json": _json,
}
