"""What a file in HCL says: blocks, attributes and expressions, each with the stretch of the file it comes from."""

from __future__ import annotations

from typing import Union

from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import TextProblem


class Literal(NamedTuple):
    value: Union[str, float, bool, None]
    start: int
    end: int


class Template(NamedTuple):
    """parts: literal texts and what stands in `${ }`. places: where each part starts and ends."""

    parts: tuple[Union[str, Expression], ...]
    places: tuple[tuple[int, int], ...]
    start: int
    end: int


class List(NamedTuple):
    items: tuple[Expression, ...]
    start: int
    end: int


class Object(NamedTuple):
    entries: tuple[tuple[Expression, Expression], ...]
    start: int
    end: int


class Name(NamedTuple):
    """A variable, with the attributes taken of it."""

    path: tuple[str, ...]
    start: int
    end: int


class FunctionCall(NamedTuple):
    """A function or an operator with what it is given; "?" is the choice between two."""

    name: str
    arguments: tuple[Expression, ...]
    start: int
    end: int


Expression = Union[Literal, Template, List, Object, Name, FunctionCall]


class Attribute(NamedTuple):
    name: str
    value: Expression
    start: int


class Block(NamedTuple):
    kind: str
    labels: tuple[str, ...]
    body: Body
    start: int
    end: int


class Body(NamedTuple):
    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]

    def get(self, name: str) -> Expression | None:
        """The value of an attribute."""
        return next((each.value for each in self.attributes if each.name == name), None)


class Hcl(NamedTuple):
    body: Body
    problems: tuple[TextProblem, ...]
