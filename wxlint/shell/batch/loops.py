"""What a `for` of a batch file goes through."""

from __future__ import annotations

import re

from wxlint.core.values import HOLE, Value
from wxlint.shell.batch.parser import BatchFor, BatchIf, Chain, Line, Node

_MOST_NUMBERS = 200


def items_of(node: BatchFor, value: Value) -> tuple[list[Value], bool]:
    """The items of a loop, and whether they are all that there are. value: what stands in the brackets."""
    if node.flag == "l":
        return _numbers(value)
    names = iter(value.holes)
    items = []
    for piece in re.findall(r'"[^"]*"|[^\s,;="]+', value.text):
        items.append(Value(piece, tuple(next(names, "") for _ in range(piece.count(HOLE))), value.because))
    return items, not node.flag and not any("*" in i.text or "?" in i.text or i.text == HOLE for i in items)


def _numbers(value: Value) -> tuple[list[Value], bool]:
    """Those of `for /l`: from, step, to."""
    match = re.fullmatch(r"\s*(-?\d{1,6})[\s,]+(-?\d{1,6})[\s,]+(-?\d{1,6})\s*", value.text)
    if match is None:
        return [], False
    start, step, end = map(int, match.groups())
    numbers = range(start, end + (1 if step > 0 else -1), step)[:_MOST_NUMBERS] if step else range(0)
    return [Value(str(number)) for number in numbers], len(numbers) < _MOST_NUMBERS


def pattern_of(node: BatchFor, items: list[Value]) -> Value | None:
    """What a file name is like that fits the only item of a loop over files."""
    if node.flag or len(items) != 1 or items[0].holes:
        return None
    text = items[0].text
    return Value(re.sub(r"[*?]+", HOLE, text), ("*",) * len(re.findall(r"[*?]+", text)))


def end_of(node: Node) -> int:
    """Where a statement ends in the text."""
    for _ in range(200):
        if isinstance(node, Chain):
            if not node.items:
                return 0
            node = node.items[-1][1]
        elif isinstance(node, BatchIf):
            node = node.otherwise or node.body
        elif isinstance(node, BatchFor):
            node = node.body
        else:
            return node.end if isinstance(node, Line) else node.start
    return 0
