"""Subroutines that a batch file runs into, so that it ends before it comes to the calls of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.shell.batch.parser import Label, Line, Node, parsed

_ENDS = late(r"@?(?:exit\b|goto[ \t]*:?[ \t]*eof\b)[^&|()]*", re.I)
_LEAVES = late(r"@?(?:exit\b|goto\b)[^&|()]*", re.I)
_LABEL = late(r"^[^\S\n]*[,;=@(]*[^\S\n]*:[ \t]*([^\s:+&|<>()^%]+)", re.M)
_REFERS = late(r"\b(goto|call)(?:[ \t]+:?|:)[ \t]*([^\s:+&|<>()^%]+)", re.I)


class Unreached(NamedTuple):
    """Calls that never run. label: that of the subroutine. entry, stop: where it begins and where the text ends in it.
    calls: where the calls behind it stand, at least one."""

    label: str
    entry: int
    stop: int
    calls: tuple[tuple[int, int], ...]


def unreached_calls(text: str) -> Iterator[Unreached]:
    """The calls that a batch text does not come to, by the subroutine that it runs into. Never raises."""
    references = [(m[1].lower(), m[2].lower(), m.start(), m.end()) for m in _REFERS.finditer(text)]
    first = {match[1].lower(): match.start() for match in reversed(list(_LABEL.finditer(text)))}
    if not any(how == "call" and first.get(name, at) < at for how, name, at, _ in references):
        return  # most files end with their subroutines, and need not be parsed for this
    nodes = parsed(text).nodes
    labels = {node.name: node.start for node in reversed(nodes) if isinstance(node, Label)}
    ends = [node.start for node in nodes if isinstance(node, Line) and _is(_ENDS, node, text)]
    for before, node in pairwise(nodes):
        if not isinstance(node, Label) or labels[node.name] != node.start or _is(_LEAVES, before, text):
            continue
        stop = next((end for end in ends if end > node.start), None)
        if stop is None or any(at < stop < labels.get(name, -1) for _, name, at, _ in references):
            continue
        calls = tuple(
            (at, end) for how, name, at, end in references if (how, name) == ("call", node.name) and at > stop
        )
        if calls:
            yield Unreached(node.name, node.start, stop, calls)


def _is(pattern: re.Pattern[str], node: Node, text: str) -> bool:
    """Whether a statement is what a pattern says."""
    return isinstance(node, Line) and pattern.fullmatch(text[node.start : node.end].strip()) is not None
