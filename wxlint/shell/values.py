"""Values of shell variables: partly known texts and arrays, with bounds so that no text can fill memory or take
long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Union

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value

Array = dict[str, Value]
"""Subscript to value, in order; indexed arrays have numbers in rising order. Never changed in place."""
Variable = Union[Value, Array]


class Associative(Array):
    """What `declare -A` makes: subscripts are texts."""


MAX_TEXT = 20_000
"""A longer value is unknown: scripts do not have one, and doubling a variable must not fill memory."""
MAX_ITEMS = 1_000
_MAX_BECAUSE = 12
UNSET = Value("", (), ())
"""Known to be unset (by `unset`, or a `local` without a value); told apart by identity."""
ROOT = "."
"""The name of a HOLE that stands for the folder that paths are relative to, of which the absolute path is not known."""
NO_ARGUMENTS = Reason("assumed", "no arguments are given")


class PositionalParameters:
    """Positional parameters.

    more: there may be others behind the known ones. script: those of the script itself. first: what stands behind the
    known ones where it is one word, as written. doubtful: the last of the known ones may not be there: it is empty,
    or missing.
    """

    __slots__ = ("doubtful", "first", "known", "more", "script")

    def __init__(
        self,
        known: tuple[Value, ...],
        more: bool = False,
        script: bool = False,
        *,
        first: str = "",
        doubtful: bool = False,
    ) -> None:
        self.known, self.more, self.script, self.first, self.doubtful = known, more, script, first, doubtful


def hole(raw: str) -> Value:
    """An unknown value, named as written."""
    return Value(HOLE, (raw if len(raw) <= 200 else raw[:199] + "…",))


def several(item: Value) -> bool:
    """Whether an item of an array stands for any number of items, as a branch may have added them."""
    return item.text == HOLE and item.holes[0].endswith("[@]}")


def counted(items: Array) -> Array:
    """The items of an array in front of those whose number is not known."""
    number = next((number for number, item in enumerate(items.values()) if several(item)), len(items))
    return items if number == len(items) else dict(list(items.items())[:number])


def absolute(path: Value | None) -> Value | None:
    """A path as programs print it who give the whole of it: below the folder that paths are relative to."""
    if path is None or path.text.startswith(("/", "~", HOLE)):
        return path
    text = path.text.removeprefix("./")
    return Value(HOLE if text in ("", ".") else f"{HOLE}/{text}", (ROOT, *path.holes), path.because)


def relative(value: Value, cwd: Value | None = None) -> Value:
    """The value with paths as a directory sees them. cwd: that directory; by default the one where the text starts."""
    if ROOT not in value.holes:
        return value
    folder = "." if cwd is None else cwd.text
    if HOLE in folder or folder.startswith(("/", "~", "..")):
        return value._replace(holes=tuple(["$(pwd)" if name == ROOT else name for name in value.holes]))
    up = "/".join([".." for name in folder.split("/") if name not in ("", ".")]) or "."
    pieces = value.text.split(HOLE)
    text = "".join([(up if name == ROOT else HOLE) + piece for name, piece in zip(value.holes, pieces[1:])])
    return Value(pieces[0] + text, tuple([name for name in value.holes if name != ROOT]), value.because)


def is_open(value: Value) -> bool:
    """Whether a value may be several words, or none. The folder that paths are relative to is one word."""
    return any(name != ROOT for name in value.holes)


def joined(parts: list[Value]) -> Value:
    """Values end to end; too long a text is unknown."""
    if len(parts) == 1:
        return parts[0]
    text = "".join([p.text for p in parts])
    if len(text) > MAX_TEXT:
        return hole("…")
    holes: tuple[str, ...] = ()
    because: tuple[Reason, ...] = ()
    for part in parts:
        if part.holes:
            holes += part.holes
        if part.because:
            because = merged(because, part.because)
    return Value(text, holes, because)


def spaced(parts: list[Value]) -> Value:
    """Values with a space between them, as `$*` and `echo` give them."""
    out: list[Value] = []
    for value in parts:
        if out:
            out.append(Value(" "))
        out.append(value)
    return joined(out) if out else Value("")


def merged(first: tuple[Reason, ...], second: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Reasons, each once; of a long chain the assumptions and the newest."""
    if not first:
        return second
    if not second or first == second:
        return first
    found = tuple(dict.fromkeys((*first, *second)))
    if len(found) <= _MAX_BECAUSE:
        return found
    kept = [b for b in found if b.kind == "assumed"][:_MAX_BECAUSE]
    rest = [b for b in found if b.kind != "assumed"][-_MAX_BECAUSE:]
    return (*kept, *rest)


def assumptions(value: Value) -> tuple[Reason, ...]:
    """Return the reasons of a value that are taken for granted and not proven: a default of a variable that nothing
    in the text sets, or that the script is called without arguments. Conditions that rest on one are unknown: both
    branches count.
    """
    return tuple([b for b in value.because if b.kind == "assumed"]) if value.because else ()


def resting_on(value: Value, assumed: tuple[Reason, ...]) -> Value:
    """The value, which is where it is only if `assumed` holds."""
    return value._replace(because=merged(value.because, assumed)) if assumed else value


def not_set(name: str) -> Reason:
    """That neither the text nor the environment sets a variable."""
    return NO_ARGUMENTS if name.isdigit() else Reason("assumed", f"{name} is not set", name=name)


def known_names(variables: Mapping[str, Variable]) -> list[str]:
    """The variables of which anything is known. Attributes and options, whose names hold a space, are none.

    Spelt out without calls: it is asked again at each text that is not read.
    """
    return [
        name
        for name, value in variables.items()
        if " " not in name and (value.__class__ is not Value or value.text != HOLE)
    ]


def reasons_of(value: Variable) -> Iterable[Reason]:
    """The reasons of a value, or of the items of an array."""
    if isinstance(value, dict):
        return [reason for item in value.values() for reason in item.because]
    return value.because
