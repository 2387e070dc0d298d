"""Which releases the default index has of a package at all, for Linux on x86-64. Read only where one is pinned."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.facts.tables import has_row, normalise, row_of

if TYPE_CHECKING:
    from packaging.version import Version

_EXACT = late(r"==([0-9][0-9a-z.!_-]*?)(\.\*)?", re.I)
"""One clause that asks for one release, or for all of one line."""


class NoRelease(NamedTuple):
    """That the default index has no release that a specifier allows.

    asked: the release, or the line of releases ("2.5.*"). nearest: the final release next to it, later ones first; ""
    where there is none. verified_on: the day on which the releases were looked at.
    """

    asked: str
    nearest: str
    verified_on: str


def lists_releases(name: str) -> bool:
    """Return whether the releases of a distribution are known."""
    return has_row("index_releases", normalise(name))


@functools.lru_cache(maxsize=1024)
def no_release(name: str, specifier: str) -> NoRelease | None:
    """Return what the default index lacks of the one release, or line of releases, that a specifier asks for; None
    where it has it, or may have it by now: releases are added behind the newest of all, and of each line."""
    exact, row = _EXACT.fullmatch(specifier), row_of("index_releases", normalise(name))
    if exact is None or row is None or row["confidence"] != "verified":
        return None
    releases = row["releases"].split()
    if exact[1] in releases:
        return None
    from packaging.specifiers import SpecifierSet  # 15 ms, for what is seldom a release's own text
    from packaging.version import Version

    known = [Version(text) for text in releases]
    try:
        if any(SpecifierSet(specifier).filter(known, prereleases=True)):
            return None
        asked = Version(exact[1])
    except ValueError:  # what is no version, or one of too many digits
        return None
    if not _is_past(asked, known):
        return None
    final = [version for version in known if not version.is_prerelease]
    later = next((version for version in final if version > asked), None)
    nearest = later if later is not None else final[-1] if final else None
    return NoRelease(exact[1] + (exact[2] or ""), str(nearest or ""), row["verified_on"])


def _is_past(asked: Version, known: list[Version]) -> bool:
    """Whether a release that is not there will not come any more: its line (2.5) has a later one, or there is none of
    that line, and a later line of its major version."""
    later = [one for one in known if one > asked and (one.epoch, one.major) == (asked.epoch, asked.major)]
    own = [one for one in known if one.release[:2] == asked.release[:2]]
    return bool(later) and (not own or any(one in later for one in own))
