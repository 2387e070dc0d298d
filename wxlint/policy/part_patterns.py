"""Patterns of the parts of a reference: regular expressions without what makes their time unbounded.

Literals, `.`, classes, groups, `|`, `* + ?` and `{m,n}`. There are no references back and no looking around, and every
reading is followed at once, so that the time is bounded by the text's length, whatever the pattern says.
"""

from __future__ import annotations

from functools import lru_cache

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE

_MOST = 64
"""The largest number in `{m,n}`."""
_CLASSES = {"d": "0123456789", "w": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"}
_ANY = frozenset(_CLASSES["w"] + ".-")
"""What `.` stands for: the characters of tags."""


class PatternNode(NamedTuple):
    """kind: one (of `characters`), all (of `parts`, in turn), any (of `parts`), or repeat (of the one part)."""

    kind: str
    parts: tuple[PatternNode, ...] = ()
    characters: frozenset[str] = frozenset()
    least: int = 0
    most: int | None = None


def literal(text: str) -> PatternNode:
    """The node of a fixed text."""
    return PatternNode("all", tuple(PatternNode("one", (), frozenset(character)) for character in text))


def ends(node: PatternNode, text: str, starts: set[int]) -> set[int]:
    """Where a match may end that begins at one of `starts`; a HOLE in the text may be anything, nothing too."""
    if node.kind == "one":
        found: set[int] = set()
        for at in _past_holes(text, starts):
            if at < len(text) and text[at] == HOLE:
                found.update((at, at + 1))
            elif at < len(text) and text[at] in node.characters:
                found.add(at + 1)
        return found
    if node.kind == "all":
        for part in node.parts:
            starts = ends(part, text, starts)
        return starts
    if node.kind == "any":
        return set().union(*(ends(part, text, starts) for part in node.parts))
    for _ in range(node.least):
        starts = ends(node.parts[0], text, starts)
    found = new = set(starts)
    rounds = len(text) + 1 if node.most is None else node.most - node.least
    for _ in range(rounds):
        new = ends(node.parts[0], text, new) - found
        if not new:
            break
        found = found | new
    return found


def may_match(node: PatternNode, text: str) -> bool:
    """Whether the whole text fits, or may where it has HOLEs."""
    return len(text) in _past_holes(text, ends(node, text, {0}))


def _past_holes(text: str, starts: set[int]) -> set[int]:
    found = set(starts)
    for at in starts:
        while at < len(text) and text[at] == HOLE:
            at += 1
            found.add(at)
    return found


@lru_cache(maxsize=64)
def parse(pattern: str) -> PatternNode:
    """Read a pattern. Raises ValueError, which says what is wrong, for one that is none."""
    node, at = _choice(pattern, 0, 0)
    if at < len(pattern):
        raise ValueError(f"a ) without its ( at {at + 1}")
    return node


def _choice(pattern: str, at: int, depth: int) -> tuple[PatternNode, int]:
    if depth > 8:
        raise ValueError("groups in more than 8 groups")
    branches: list[PatternNode] = []
    parts: list[PatternNode] = []
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            branches.append(PatternNode("all", tuple(parts)))
            parts, at = [], at + 1
            continue
        part, at = _item(pattern, at, depth)
        part, at = _repeated(part, pattern, at)
        parts.append(part)
    last = PatternNode("all", tuple(parts))
    return (PatternNode("any", (*branches, last)) if branches else last), at


def _item(pattern: str, at: int, depth: int) -> tuple[PatternNode, int]:
    character = pattern[at]
    if character == "(":
        inside = at + 3 if pattern.startswith("(?:", at) else at + 1
        if pattern[inside : inside + 1] == "?":
            raise ValueError(f"(? at {at + 1}; allowed: ( ) and (?: )")
        node, end = _choice(pattern, inside, depth + 1)
        if end >= len(pattern):
            raise ValueError(f"a ( that is not closed at {at + 1}")
        return node, end + 1
    if character == "[":
        return _class(pattern, at)
    if character == "\\":
        return PatternNode("one", (), frozenset(_escaped(pattern, at))), at + 2
    if character == ".":
        return PatternNode("one", (), _ANY), at + 1
    if character in "*+?{}^$]":
        raise ValueError(f"a {character} with nothing before it at {at + 1}; write \\{character} for the character")
    return PatternNode("one", (), frozenset(character)), at + 1


def _escaped(pattern: str, at: int) -> str:
    following = pattern[at + 1 : at + 2]
    if not following or following.isalnum() and following not in _CLASSES:
        raise ValueError(f"\\{following} at {at + 1}; allowed: \\d, \\w, and \\ before a sign")
    return _CLASSES.get(following, following)


def _class(pattern: str, at: int) -> tuple[PatternNode, int]:
    end = pattern.find("]", at + 2)
    inside = pattern[at + 1 : end]
    if end < 0 or inside.startswith("^") or "[" in inside:
        raise ValueError(f"a [ at {at + 1} that is not closed, or [^ ]; allowed: [a-z0-9._-]")
    found: set[str] = set()
    place = 0
    while place < len(inside):
        if inside[place] == "\\":
            found.update(_escaped(inside, place))
            place += 2
        elif inside[place + 1 : place + 2] == "-" and place + 2 < len(inside):
            low, high = inside[place], inside[place + 2]
            if not (low <= high < "\x7f"):
                raise ValueError(f"the range {low}-{high} in [ ]")
            found.update(map(chr, range(ord(low), ord(high) + 1)))
            place += 3
        else:
            found.add(inside[place])
            place += 1
    return PatternNode("one", (), frozenset(found)), end + 1


def _repeated(part: PatternNode, pattern: str, at: int) -> tuple[PatternNode, int]:
    sign = pattern[at : at + 1]
    if sign in ("*", "+", "?") and sign:
        return PatternNode("repeat", (part,), least=int(sign == "+"), most=1 if sign == "?" else None), at + 1
    if sign != "{":
        return part, at
    end = pattern.find("}", at)
    low, comma, high = pattern[at + 1 : max(end, at + 1)].partition(",")
    if not low.isdecimal() or high and not high.isdecimal():
        raise ValueError(f"a {{ at {at + 1}; allowed: {{m}}, {{m,}}, {{m,n}}")
    least = int(low)
    most = (int(high) if high else None) if comma else least
    if max(least, most or 0) > _MOST or most is not None and most < least:
        raise ValueError(f"the numbers in {{ }} at {at + 1}; allowed: up to {_MOST}, the smaller one first")
    return PatternNode("repeat", (part,), least=least, most=most), end + 1
