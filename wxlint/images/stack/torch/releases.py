"""Which release of torch an installer takes from a channel, by the tables and the Python that is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from wxlint import facts
from wxlint.core.patterns import late

_CLAUSE = late(r"(>=|<=|==|~=|!=|<|>)\s*([\w.*+]+)$")
_PYTHONS = tuple(f"3.{minor}" for minor in range(8, 15))


@lru_cache(maxsize=4096)
def numbers(version: str) -> tuple[int, ...]:
    """The first three numbers of a version."""
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def same_release(one: str, other: str) -> bool:
    """Whether two versions are one release: 2.1 is 2.1.0."""
    return _trimmed(one) == _trimmed(other)


def _trimmed(version: str) -> tuple[str, ...]:
    parts = version.split(".")
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return tuple(parts)


def is_complete(channel: str) -> bool:
    """Whether the tables list every release that a channel has."""
    return channel in ("default", "cpu") or facts.cuda_of_channel(channel) is not None


@lru_cache(maxsize=256)
def releases(channel: str, python: str | None) -> tuple[str, ...]:
    """The releases of torch that a channel has for a Python, oldest first; for every Python where it is None."""
    found = facts.torch_releases(channel)
    if python is None:
        return found
    wanted = numbers(python)[:2]
    kept = []
    for version in found:
        row = facts.torch_release(version)
        if row is not None and numbers(row.python_min)[:2] <= wanted <= numbers(row.python_max or python)[:2]:
            kept.append(version)
    return tuple(kept)


@lru_cache(maxsize=64)
def release_sets(
    channels: tuple[str, ...], python: str | None, having: str = ""
) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """The releases of several channels, one set of lists for each Python that may be there.

    having: a release that is installed, which leaves out the Pythons that it is not made for.
    """
    pythons = _PYTHONS if python is None else (python,)
    if python is None and having in facts.torch_releases("default"):
        pythons = tuple(one for one in pythons if having in releases("default", one))
    found = [tuple(releases(channel, one) for channel in channels) for one in pythons]
    return tuple(dict.fromkeys(lists for lists in found if any(lists)))


@lru_cache(maxsize=4096)
def within(specifier: str, version: str) -> bool:
    """Whether a release is in a range, whichever build of it the range names.

    Numbers only where that is enough: the library for ranges takes 15 ms to load.
    """
    specifier = re.sub(r"\+[\w.]+", "", specifier)
    clauses = [_CLAUSE.fullmatch(clause.strip()) for clause in specifier.split(",") if clause.strip()]
    if None in clauses or re.search(r"[a-z]", specifier):
        return contains(specifier, (version,)) is True
    return all(_holds(match[1], match[2], version) for match in clauses if match is not None)


def _holds(sign: str, bound: str, version: str) -> bool:
    prefix = bound.endswith(".*")
    exact = numbers(bound)
    have, full = (*numbers(version), 0, 0, 0)[:3], (*exact, 0, 0, 0)[:3]
    same = have[: len(exact)] == exact if prefix else have == full
    if sign == "~=":
        return have >= full and have[: len(exact) - 1] == exact[: len(exact) - 1]
    return {
        "==": same,
        "!=": not same,
        ">=": have >= full,
        ">": have > full,
        "<=": have <= full,
        "<": have < full,
    }[sign]


def contains(specifier: str, versions: Sequence[str]) -> bool | None:
    """Whether a range holds these versions: all of them, none, or (None) some."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # only for ranges: 15 ms

    try:
        found = {SpecifierSet(specifier).contains(version, prereleases=True) for version in versions}
    except (InvalidSpecifier, ValueError):
        return False
    return found.pop() if len(found) == 1 else None


def companion_version(name: str, specifier: str, listed: tuple[str, ...]) -> str | None:
    """The newest release of a companion in a range that goes with one of these releases of torch."""
    best = ""
    for version in listed:
        fitting = facts.companions(version)
        for companion in getattr(fitting, name, ()) if fitting is not None else ():
            if (not specifier or within(specifier, companion)) and numbers(companion) > numbers(best or "0"):
                best = companion
    return best or None


def local_rank(channel: str) -> tuple[int, str]:
    """How the builds of one release sort by their channels, as pip compares local versions: the plain one lowest."""
    return (0, "") if channel == "default" else (1, channel)
