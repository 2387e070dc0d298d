"""How the whole references of a family are called: one pattern with named parts, to read and to write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.policy.part_patterns import Node, literal, may_match, parse

NAMES = re.compile(r"\{([a-z][a-z0-9-]*)\}")
KNOWN_PARTS = {
    "version": r"v?[0-9]+(\.[0-9]+)*([.-]?(a|b|rc|alpha|beta|post|dev)[.-]?[0-9]*)?",
    "python": r"[0-9]+(\.[0-9]+)*",
    "date": r"[0-9]{4}[.-]?[0-9]{2}[.-]?[0-9]{2}",
    "commit": r"[0-9a-f]{7,40}",
}
"""Patterns of parts that a policy need not describe."""
BUILT_IN = ("registry", "stage", "variant")


class Part(NamedTuple):
    """A part of references besides stage and variant. default, env: its value, or the variable that holds it."""

    pattern: str
    default: str | None = None
    env: str | None = None


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
def _compiled(pattern: str, parts: tuple[tuple[str, str], ...]) -> Node:
    patterns = dict(parts)
    nodes: list[Node] = []
    at = 0
    for name in NAMES.finditer(pattern):
        nodes += (literal(pattern[at : name.start()]), parse(patterns.get(name[1], "")))
        at = name.end()
    return Node("all", (*nodes, literal(pattern[at:])))
