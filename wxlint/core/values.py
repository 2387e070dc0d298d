"""A string that may be partly unknown, with the facts it was made from."""

from __future__ import annotations

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple

HOLE = "\0"
"""Stands for an unknown stretch (possibly empty) in Value.text; sources never contain it."""

_LONG = 40
"""Characters of an unknown part that a message shows whole."""


class Value(NamedTuple):
    """text: the string, each unknown stretch one HOLE. holes: what each HOLE stands for, in order
    ("${TAG}", "$(git rev-parse HEAD)"). because: where the known parts came from.
    """

    text: str
    holes: tuple[str, ...] = ()
    because: tuple[Reason, ...] = ()

    @property
    def known(self) -> bool:
        return not self.holes

    def shown(self) -> str:
        """The text for a message, with the names of the unknown parts filled in; long commands among them are cut.
        Not to compare by."""
        if not self.holes:
            return self.text
        return self._filled(tuple([_cut(hole) if len(hole) > _LONG else hole for hole in self.holes]))

    def written(self) -> str:
        """As `shown`, with nothing cut: different values that are written differently stay different."""
        return self._filled(self.holes) if self.holes else self.text

    def _filled(self, holes: tuple[str, ...]) -> str:
        parts = self.text.split(HOLE)
        names = (*holes, *([""] * len(parts)))
        return "".join(p + n for p, n in zip(parts, names)).rstrip("\0")


def _cut(hole: str) -> str:
    """`$(az ml workspace…)`: how a long command starts. A variable is left as it is: its name and default say what to
    set."""
    if not hole.startswith(("$(", "`")):
        return hole
    head = " ".join(hole[: _LONG // 2].split(" ")[:-1] or [hole[: _LONG // 2]])
    end = "))" if hole.startswith("$((") else hole[0] if hole[0] == "`" else ")"
    return f"{' '.join(head.split())}…{end}"


def concat(parts: list[Value]) -> Value:
    """Join values end to end, keeping each reason once."""
    because: dict[Reason, None] = {}
    for part in parts:
        because.update(dict.fromkeys(part.because))
    return Value("".join(p.text for p in parts), tuple(h for p in parts for h in p.holes), tuple(because))


def could_equal(value: Value, text: str) -> bool:
    """Whether some filling of the holes makes the value equal to `text`."""
    if not value.holes:
        return value.text == text
    first, *middle, last = value.text.split(HOLE)
    if not (text.startswith(first) and text.endswith(last) and len(first) + len(last) <= len(text)):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at, len(text) - len(last))
        if found < 0:
            return False
        at = found + len(part)
    return True
