"""The two things that a start is spared: checks of annotations, and patterns that nobody uses."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
import re
import typing
from collections.abc import Callable

import pytest

import wxlint
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

METHODS = ("match", "search", "fullmatch", "findall", "split")


class Pair(NamedTuple):
    """Two things."""

    left: int
    right: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return self.left + len(self.right)

    def grown(self) -> Pair:
        return self._replace(left=self.left + 1)


class Same(typing.NamedTuple):
    left: int
    right: tuple[str, ...] = ()


def test_a_named_tuple_is_one() -> None:
    assert Pair(1) == Pair(left=1, right=()) == Same(1) == (1, ())
    assert Pair._fields == Same._fields and repr(Pair(1)) == repr(Same(1)).replace("Same", "Pair")
    assert Pair(1, ("a",)).grown().size == 3
    assert (Pair.__doc__, Pair.__name__, Pair.__module__, Pair.__qualname__) == (
        "Two things.",
        "Pair",
        __name__,
        "Pair",
    )
    assert not hasattr(Pair(1), "__dict__")
    assert (Pair._make([1, ("a",)]), Pair(1)._asdict()) == (Pair(1, ("a",)), {"left": 1, "right": ()})
    assert pickle.loads(pickle.dumps(Pair(1))) == copy.copy(Pair(1)) == Pair(1)
    match Pair(1):
        case Pair(left, _):
            assert left == 1


@pytest.mark.parametrize(
    "wrong", [lambda: Pair(), lambda: Pair(1, (), 2), lambda: Pair(1, middle=2), lambda: Pair._make([1])]
)
def test_wrong_fields_are_refused(wrong: Callable[[], Pair]) -> None:
    with pytest.raises(TypeError, match="Pair|left|middle|argument"):
        wrong()


def test_an_unknown_field_is_not_replaced() -> None:
    with pytest.raises((TypeError, ValueError), match="middle"):
        Pair(1)._replace(middle=2)  # type: ignore[call-arg]


class Triple(NamedTuple):
    first: str
    second: str
    third: str = "c"


class Other(NamedTuple):
    one: int
    two: int = 0


def test_classes_of_one_size_keep_their_own_names_and_defaults() -> None:
    assert (Pair(left=3), Other(one=3), Other(two=1, one=2)) == ((3, ()), (3, 0), (2, 1))
    assert (Triple("a", second="b"), repr(Other(1))) == (("a", "b", "c"), "Other(one=1, two=0)")


@pytest.mark.parametrize("text", ["", "ab1", "x12 Y"])
@pytest.mark.parametrize("method", METHODS)
def test_a_late_pattern_answers_as_the_compiled_one(method: str, text: str) -> None:
    pattern, flags = r"([a-z]+)(\d*)", re.IGNORECASE
    mine, real = (getattr(each, method)(text) for each in (late(pattern, flags), re.compile(pattern, flags)))
    if mine is None or isinstance(mine, list):
        assert mine == real
    else:
        assert (mine[0], mine.groups()) == (real[0], real.groups())
    assert late(pattern, flags).sub("-", text) == re.sub(pattern, "-", text, flags=flags)


def test_every_late_pattern_is_a_pattern() -> None:
    """Compiled at its first use, a wrong one would wait for the user whose file first needs it."""
    seen = 0
    for module in pkgutil.walk_packages(wxlint.__path__, "wxlint."):
        if module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if type(value).__name__ == "_Late":
                re.compile(value.pattern, value.flags)
                seen += 1
    assert seen > 50
