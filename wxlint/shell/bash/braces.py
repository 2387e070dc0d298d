"""Brace expansion: `{a,b}`, `{1..3}`, nested and in sequence. A word that becomes too many is not known."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.shell.bash.tree import Lit, Part, Subst, WordText

_MAX_BRACES = 512
_MAX_GROUPS = 64
"""Of one word; each looks for its end through all that follows."""
_RANGE = late(r"(-?\d{1,9}|[A-Za-z])\.\.(-?\d{1,9}|[A-Za-z])(?:\.\.(-?\d{1,9}))?\Z")


class _TooManyError(Exception):
    """More words than are kept."""


def expand_braces(word: WordText, raw: str, most: int = _MAX_BRACES) -> list[WordText]:
    """`a{b,c}` as two words, `{1..3}` as three; the word itself when it has none.

    raw: the word as written. most: how many words it may become.
    """
    unknown = [WordText(word.start, word.end, (Subst(None, False, raw),), None, word.quoted)]
    if most <= 0 and ("," in raw or ".." in raw):
        return unknown
    if sum([part.text.count("{") for part in word.parts if type(part) is Lit and not part.quoted]) > _MAX_GROUPS:
        return unknown if "," in raw or ".." in raw else [word]
    try:
        found = _braces(list(word.parts), 0)
    except _TooManyError:
        return unknown
    if len(found) == 1 and found[0] == list(word.parts):
        return [word]
    if len(found) > most:
        return unknown
    out = []
    for parts in found:
        literal = "".join(p.text for p in parts if type(p) is Lit) if all(type(p) is Lit for p in parts) else None
        if parts and (literal != "" or word.quoted):
            out.append(WordText(word.start, word.end, tuple(parts), literal, word.quoted))
    return out


def _braces(parts: list[Part], depth: int) -> list[list[Part]]:
    for index, part in enumerate(parts):
        if type(part) is not Lit or part.quoted:
            continue
        at = part.text.find("{")
        while at >= 0:
            group = _group(parts, index, at)
            if group is not None and depth < 8:
                choices, tail = group
                head = [*parts[:index], *([Lit(part.text[:at], False)] if at else [])]
                tails = _braces(tail, depth)
                middles = [m for choice in choices for m in _braces(choice, depth + 1)]
                if len(middles) * len(tails) > _MAX_BRACES:
                    raise _TooManyError
                return [[*head, *middle, *last] for middle in middles for last in tails]
            at = part.text.find("{", at + 1)
    return [parts]


def _group(parts: list[Part], index: int, at: int) -> tuple[list[list[Part]], list[Part]] | None:
    """The choices of the brace group that opens at character `at` of part `index`, and what follows it."""
    choices: list[list[Part]] = [[]]
    level = 0
    position = at + 1
    while index < len(parts):
        part = parts[index]
        if type(part) is not Lit or part.quoted:
            choices[-1].append(part)
            index, position = index + 1, 0
            continue
        text, begin = part.text, position
        while position < len(text):
            char = text[position]
            if char == "{":
                level += 1
            elif char == "}" and level:
                level -= 1
            elif char in ",}" and not level:
                if position > begin:
                    choices[-1].append(Lit(text[begin:position], False))
                if char == "}":
                    rest = text[position + 1 :]
                    tail: list[Part] = [*([Lit(rest, False)] if rest else []), *parts[index + 1 :]]
                    if len(choices) > 1:
                        return choices, tail
                    numbers = _sequence(choices[0])
                    return (numbers, tail) if numbers else None
                choices.append([])
                begin = position + 1
            position += 1
        if position > begin:
            choices[-1].append(Lit(text[begin:], False))
        index, position = index + 1, 0
    return None


def _sequence(choice: list[Part]) -> list[list[Part]] | None:
    """`1..5`, `a..e`, `01..10..3`."""
    if len(choice) != 1 or type(choice[0]) is not Lit:
        return None
    match = _RANGE.match(choice[0].text)
    if not match:
        return None
    first, last = match[1], match[2]
    letters = first.isalpha()
    if letters != last.isalpha():
        return None
    low, high = (ord(first), ord(last)) if letters else (int(first), int(last))
    step = abs(int(match[3] or 1)) or 1
    if abs(high - low) // step >= _MAX_BRACES:
        raise _TooManyError
    numbers = range(low, high + 1, step) if low <= high else range(low, high - 1, -step)
    width = 0
    if not letters and any(len(x.lstrip("-")) > 1 and x.lstrip("-").startswith("0") for x in (first, last)):
        width = max(len(first), len(last))
    return [[Lit(chr(n) if letters else str(n).zfill(width), False)] for n in numbers]
