"""For which Pythons releases are, by Requires-Python, which pip and uv hold strictly: read only where a package is
asked for in a release, or from one on."""

from __future__ import annotations

import functools
import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.facts.accelerated import AFTER_ALL, upper_bound
from wxlint.facts.tables import normalise, numbers, rows_of, trimmed
from wxlint.facts.wheels import lower_bound

_EXCEPT = late(r"!=[^,]*")
"""One release that is left out: the others decide."""
_KNOWN = (2, 7), *((3, minor) for minor in range(5, 16))
"""The Pythons that rows speak of."""


class OtherPythons(NamedTuple):
    """That no release which a specifier allows is for a Python.

    pythons: of the releases that are asked for, the oldest and the newest; "" for no newest. nearest: the release for
    that Python which is next to them; "" where there is none. older: whether that is older.
    """

    pythons: tuple[str, str]
    nearest: str
    older: bool


class _Row(NamedTuple):
    first: tuple[int, ...]
    last: tuple[int, ...]
    row: dict[str, str]

    def takes(self, python: tuple[int, ...], *, capped: bool) -> bool:
        """Whether its releases are for a Python. capped: the newest counts, too."""
        oldest, newest = self.pythons
        return numbers(oldest) <= python and (not (newest and capped) or python <= numbers(newest))

    @property
    def pythons(self) -> tuple[str, str]:
        oldest, _, newest = self.row["pythons"].partition("-")
        return oldest, newest


@functools.lru_cache(maxsize=1024)
def refused(name: str, specifier: str, python: str, *, capped: bool = True) -> OtherPythons | None:
    """Return that no release which a specifier allows from below is for a Python; None where one may be.

    Args:
        python: "3.11".
        capped: whether the newest Python that a release names counts: uv passes it over.
    """
    specifier, own = _EXCEPT.sub("", specifier), numbers(python)[:2]
    lowest, allowed = lower_bound(specifier)
    if not lowest or own not in _KNOWN or re.search(r"[A-Za-z+!]", specifier):
        return None
    limit, included = upper_bound(specifier)
    rows = _rows(name)
    asked = [row for row in rows if _meets(row, (trimmed(lowest), allowed), (limit, included))]
    if not asked or any(row.takes(own, capped=capped) for row in asked):
        return None
    too_old = own < numbers(asked[-1].pythons[0])
    if not too_old and (limit == AFTER_ALL or limit > rows[-1].last):
        return None  # a later release may be for it
    fitting = [row for row in rows if row.takes(own, capped=capped)]
    older = [row for row in fitting if row.last < asked[0].first or row.first < asked[0].first]
    later = [row for row in fitting if row not in older]
    if too_old:
        return OtherPythons(asked[0].pythons, older[-1].row["last"] if older else "", True)
    return OtherPythons(asked[-1].pythons, later[0].row["from"] if later else "", False)


def _meets(row: _Row, lowest: tuple[tuple[int, ...], bool], limit: tuple[tuple[int, ...], bool]) -> bool:
    """Whether some of a row's releases lie between two bounds, each with whether it is allowed itself."""
    behind = row.last > lowest[0] or (row.last == lowest[0] and lowest[1])
    return behind and (row.first < limit[0] or (row.first == limit[0] and limit[1]))


@functools.lru_cache(maxsize=256)
def _rows(name: str) -> tuple[_Row, ...]:
    listed = [row for row in rows_of("requires_python", normalise(name)) if row["confidence"] == "verified"]
    return tuple(_Row(trimmed(numbers(row["from"])), trimmed(numbers(row["last"])), row) for row in listed)
