"""How the whole references of a family are called: one pattern with named parts, to read and to write them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from wxlint.core.values import HOLE
from wxlint.policy.model import NAMES
from wxlint.policy.part_patterns import PatternNode, literal, may_match, parse


def fill(pattern: str, values: Mapping[str, str | None]) -> str:
    """Write a reference. A part without a value is a HOLE; one that is "" takes the separator before it along."""
    found = ""
    at = 0
    for name in NAMES.finditer(pattern):
        found += pattern[at : name.start()]
        at = name.end()
        value = values.get(name[1], None)
        if value == "":
            if found[-1:] in ("-", "_", "."):
                found = found[:-1]
            elif pattern[at : at + 1] in ("-", "_", "."):
                at += 1
        else:
            found += HOLE if value is None else value
    return found + pattern[at:]


def fits(pattern: str, text: str, parts: tuple[tuple[str, str], ...]) -> bool:
    """Whether a text is one of a filled pattern, in which only `parts` (name, pattern) are left; a HOLE may be any."""
    return may_match(_compiled(pattern, parts), text)


@lru_cache(maxsize=1024)
def _compiled(pattern: str, parts: tuple[tuple[str, str], ...]) -> PatternNode:
    patterns = dict(parts)
    nodes: list[PatternNode] = []
    at = 0
    for name in NAMES.finditer(pattern):
        nodes += (literal(pattern[at : name.start()]), parse(patterns.get(name[1], "")))
        at = name.end()
    return PatternNode("all", (*nodes, literal(pattern[at:])))
