"""What the default index has of packages that it has no sources of: their releases for each Python, the extras of a
release, and what is left under names that are gone. Read only where such a package is installed."""

from __future__ import annotations

import functools
import re

from wxlint.core.tuples import NamedTuple
from wxlint.facts.accelerated import AFTER_ALL, CLAUSE, holds_newest, upper_bound
from wxlint.facts.tables import normalise, numbers, row_of, table, trimmed


class Lack(NamedTuple):
    """Why the default index has nothing that a requirement asks for.

    python: that it has nothing for ("3.12"); "" where it has it for none. nearest: the release for that Python that is
    next to what is asked for; "" where there is none. older: whether that is older. made_for: the Pythons of the
    release that is asked for, oldest first. instead: what has taken the package's place. sure: False where a release
    since `verified_on` may be for that Python.
    """

    python: str
    nearest: str
    older: bool
    made_for: tuple[str, ...]
    instead: str
    sure: bool
    verified_on: str


class _Row(NamedTuple):
    """A row of wheel_pythons.csv. pythons: the first and the last release for each."""

    oldest: str
    newest: str
    ended: bool
    pythons: dict[str, tuple[str, str]]
    instead: str
    verified_on: str


@functools.cache
def _row(name: str) -> _Row | None:
    row = row_of("wheel_pythons", normalise(name))
    if row is None or row["confidence"] != "verified":
        return None
    pythons = {}
    for part in row["pythons"].split():
        python, _, releases = part.partition(":")
        first, _, last = releases.partition("-")
        pythons[python] = first, last
    return _Row(row["oldest"], row["newest"], row["ended"] == "yes", pythons, row["instead"], row["verified_on"])


def newest_for(name: str, python: str) -> str:
    """Return the newest release that the default index has of a distribution for a Python; "" where it has the newest
    of all for it, or that is not known."""
    row = _row(name)
    return row.pythons.get(python, ("", ""))[1] if row is not None else ""


@functools.lru_cache(maxsize=1024)
def lack_of(name: str, specifier: str, python: str) -> Lack | None:
    """Return why the default index has no release that a specifier allows; None where it may have one.

    python: "3.12", "" when it is not known.
    """
    row = _row(name)
    if row is None or re.search(r"\d\.?(?:a|b|rc|dev)\d", specifier):
        return None
    limit, included = upper_bound(specifier)
    lowest, allowed = lower_bound(specifier)
    if _key(limit) < _key(row.oldest):
        return None
    beyond = _is_beyond(lowest, allowed, row.newest)
    if row.ended and beyond:
        return Lack("", row.newest, True, (), row.instead, True, row.verified_on)
    if not python or numbers(python) < min(map(numbers, row.pythons)):
        return None
    first, last = row.pythons.get(python, ("", ""))
    too_new = bool(last) and _is_beyond(lowest, allowed, last)
    if first and not _is_below(limit, included, first) and not too_new:
        return None
    made_for = tuple(
        one
        for one, (oldest, newest) in row.pythons.items()
        if "==" in specifier and _key(oldest) <= _key(limit) <= _key(newest or row.newest)
    )
    sure = bool(first) or row.ended or (limit != AFTER_ALL and not beyond)
    return Lack(python, last if too_new else first, too_new, made_for, row.instead, sure, row.verified_on)


def _key(version: str | tuple[int, ...]) -> tuple[int, ...]:
    return trimmed(numbers(version) if isinstance(version, str) else version)


def _is_below(limit: tuple[int, ...], included: bool, first: str) -> bool:
    """Whether all that an upper bound leaves is older than a release."""
    return _key(limit) < _key(first) or (_key(limit) == _key(first) and not included)


def _is_beyond(lowest: tuple[int, ...], included: bool, last: str) -> bool:
    """Whether all that a lower bound leaves is newer than a release."""
    return _key(lowest) > _key(last) or (_key(lowest) == _key(last) and not included)


def lower_bound(specifier: str) -> tuple[tuple[int, ...], bool]:
    """Return the highest lower bound of a specifier, and whether it is allowed itself."""
    found: tuple[tuple[int, ...], bool] = ((), True)
    for sign, version in CLAUSE.findall(specifier):
        if sign in ("==", "===", "~=", ">=", ">"):
            found = max(found, (numbers(version), sign != ">"))
    return found


class Extra(NamedTuple):
    """What an extra of a release is.

    name: as asked for. there: whether the release has it. before, since: where the releases that have it end, and
    begin, if this one lies behind or before them. cuda, cudnn: what it asks for; cudnn only where that has to be there.
    links: the page that alone has what it asks for; "" for the default index. instead: the extra of later releases for
    the same CUDA, or the next.
    """

    name: str
    there: bool = True
    since: str = ""
    before: str = ""
    cuda: str = ""
    cudnn: str = ""
    links: str = ""
    instead: str = ""

    @property
    def local(self) -> bool:
        """Whether it takes CUDA's libraries from the system."""
        return "local" in self.name


def extra_of(name: str, extra: str, specifier: str, python: str = "") -> Extra | None:
    """Return what an extra is in the newest release that a specifier allows; None where that is not known."""
    asked = normalise(name), normalise(extra)
    rows = [row for row in table("extras") if (row["name"], row["extra"]) == asked and row["confidence"] == "verified"]
    limit, included = upper_bound(specifier)
    last = newest_for(name, python)
    if last and _key(last) < limit:
        limit, included = _key(last), True
    found = next((row for row in rows if holds_newest(row, limit, included)), None)
    if found is not None:
        return Extra(extra, cuda=found["cuda"], cudnn=found["cudnn"], links=found["links"])
    if not rows or (limit <= _key(rows[0]["from"]) and not rows[0]["without"]):
        return None
    if limit <= _key(rows[0]["from"]):
        return Extra(extra, False, since=rows[0]["from"])
    return Extra(extra, False, before=rows[-1]["before"], instead=_later(rows[-1]))


def _later(gone: dict[str, str]) -> str:
    """The extra that releases still have in the place of one that is gone."""
    still = [
        (row["cuda"] != gone["cuda"], row["cuda"], -len(row["extra"]), row["extra"])
        for row in table("extras")
        if row["name"] == gone["name"] and not row["before"] and not row["cudnn"]
    ]
    return min(still)[-1] if still else ""


def name_on_index(name: str, specifier: str) -> dict[str, str] | None:
    """Return what the default index has under a name that is gone, in the release that a specifier leads to; None for
    a name that is not known to be gone (columns `gives`, `instead`)."""
    row = row_of("index_names", normalise(name))
    if row is None or row["confidence"] != "verified":
        return None
    limit, included = upper_bound(specifier)
    if "post" in row["from"] and "=" in specifier:  # bounds know no post releases: only later ones are sure
        included = False
    return row if not row["from"] or not _is_below(limit, included, row["from"]) else None
