"""A text with expressions filled in, whose every character knows its place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.github.expressions import Pieces
from wxlint.documents.scalar_places import scalar_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wxlint.documents.github.results import Data
    from wxlint.documents.source import Source
    from wxlint.documents.yaml import Scalar
    from wxlint.images.model.embedded_shell import EmbeddedText


class Placed(NamedTuple):
    """A part of a text. start, end: the stretch of the file that it comes from."""

    value: Value
    start: int
    end: int


class _Char(NamedTuple):
    char: str
    start: int
    end: int
    hole: str
    because: tuple[Reason, ...]


def fill_in(text: EmbeddedText, source: Source, scalar: Scalar, contexts: Mapping[str, Data]) -> None:
    """Add a scalar to a shell text, its expressions filled in."""
    places = scalar_places(source.text, scalar)
    for start, end, value in Pieces(scalar.text, contexts).parts:
        if value is None:
            text.written(scalar.text[start:end], places[start:end])
        else:
            text.filled(value, places[start], places[end - 1] + 1)


def parts_of(source: Source, scalar: Scalar, contexts: Mapping[str, Data], separators: str = "\n,") -> list[Placed]:
    """The parts of a list in a scalar, without blanks around them; empty ones are left out.

    A part in double quotes is one of CSV, as docker's actions read lists: it may hold separators.
    """
    found: list[Placed] = []
    part: list[_Char] = []
    quoted = False
    for one in _chars(source, scalar, contexts):
        if one.char == '"' and (quoted or not part):
            quoted = not quoted
        elif one.char in separators and not quoted:
            found += _part(part)
            part = []
        else:
            part.append(one)
    return [*found, *_part(part)]


def _chars(source: Source, scalar: Scalar, contexts: Mapping[str, Data]) -> Iterator[_Char]:
    places = scalar_places(source.text, scalar)
    for start, end, value in Pieces(scalar.text, contexts).parts:
        if value is None:
            for at in range(start, end):
                yield _Char(scalar.text[at], places[at], places[at] + 1, "", ())
            continue
        holes = iter(value.holes)
        for char in value.text:
            hole = next(holes, "") if char == HOLE else ""
            yield _Char(char, places[start], places[end - 1] + 1, hole, value.because)


def _part(chars: list[_Char]) -> list[Placed]:
    while chars and chars[0].char.isspace():
        chars.pop(0)
    while chars and chars[-1].char.isspace():
        chars.pop()
    if not chars:
        return []
    holes = tuple(one.hole for one in chars if one.char == HOLE)
    because = tuple(dict.fromkeys(reason for one in chars for reason in one.because))
    return [Placed(Value("".join(one.char for one in chars), holes, because), chars[0].start, chars[-1].end)]
