"""What the releases of a package need of others whatever the Python: read only where one is pinned beside others."""

from __future__ import annotations

import functools

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.facts.tables import grouped, normalise, release_key, rows_of, trimmed

_NEEDS = late(r"([a-z0-9-]+)(.+)")
_FINAL = late(r"\d+(?:\.\d+)*(?:\.?post\d+)?")
"""Releases that rows speak of: those before a final release may need something else."""


class PackageNeed(NamedTuple):
    """One package that a release needs, and in which releases: `huggingface-hub`, `>=0.34.0,<1.0`."""

    name: str
    specifier: str


def are_needs_known(name: str) -> bool:
    """Return whether the needs of some release of a distribution are known."""
    return normalise(name) in grouped("package_needs")[1]


@functools.lru_cache(maxsize=1024)
def needs_of(name: str, version: str) -> tuple[PackageNeed, ...]:
    """Return what one release of a distribution needs, as far as that is known: of releases that nobody has looked at,
    nothing is."""
    if not are_needs_known(name) or _FINAL.fullmatch(version) is None:
        return ()
    key = _key(version)
    found = []
    for row in rows_of("package_needs", normalise(name)):
        match = _NEEDS.fullmatch(row["needs"])
        if match is not None and row["confidence"] == "verified" and _key(row["from"]) <= key <= _key(row["last"]):
            found.append(PackageNeed(match[1], match[2].replace(" ", ",")))
    return tuple(found)


def _key(version: str) -> tuple[tuple[int, ...], int]:
    release, post = release_key(version)
    return trimmed(release), post
