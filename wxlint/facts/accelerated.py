"""Packages that compute on an accelerator: their builds, the CUDA and cuDNN they need, and what brings them along."""

from __future__ import annotations

import functools

from wxlint.core.patterns import late
from wxlint.facts.tables import Globs, normalise, numbers, row_of, rows_of, table, trimmed
from wxlint.facts.torch_releases import FAMILY

CLAUSE = late(r"(===?|~=|<=|<|>=|>|!=)\s*([\w.*+!-]+)")
AFTER_ALL = (10**9,)
"""Later than every release, those that are numbered by dates (20250625) among them."""


@functools.lru_cache(maxsize=1024)
def accelerated_package(name: str) -> dict[str, str] | None:
    """Return the row of a distribution in accelerated.csv, or None. An exact name comes before a pattern."""
    exact, patterns = _accelerated()
    name = normalise(name)
    return exact.get(name) or next(iter(patterns.of(name)), None)


@functools.lru_cache(maxsize=4096)
def is_listed(name: str) -> bool:
    """Return whether the tables may know what the default index has of a distribution (wheels.py)."""
    name = normalise(name)
    return bool(name) and (
        name in FAMILY[1:] or accelerated_package(name) is not None or row_of("index_names", name) is not None
    )


@functools.cache
def _accelerated() -> tuple[dict[str, dict[str, str]], Globs[dict[str, str]]]:
    rows = table("accelerated")
    exact = {row["name"]: row for row in rows if "*" not in row["name"]}
    return exact, Globs((row["name"], row) for row in rows if "*" in row["name"])


def accelerated_build(name: str, specifier: str, python: str = "") -> dict[str, str] | None:
    """Return what the newest release that a specifier allows was built for (columns `cuda`, `cudnn`), or None.

    specifier: "==1.17.1", ">=4.0,<5", "" for any. python: "3.10"; releases that have no wheel for it are passed over.
    """
    rows = _builds().get(normalise(name))
    if rows is None:
        return None
    limit, included = upper_bound(specifier)
    found = next((row for row in rows if holds_newest(row, limit, included)), None)
    if limit == AFTER_ALL and rows[-1]["before"] and not _begins_behind(specifier, rows[-1]["before"]):
        found = rows[-1]  # the index has no later ones
    if found is None or included or not python:
        return found
    older = rows[: rows.index(found) + 1]
    return next((row for row in reversed(older) if numbers(row["python"]) <= numbers(python)), None)


def last_cudnn(name: str) -> str:
    """Return the generation of cuDNN that the last releases of a package which load one ask for ("9"), or ""."""
    return next((row["cudnn"] for row in reversed(_builds().get(normalise(name), ())) if row["cudnn"]), "")


def _begins_behind(specifier: str, version: str) -> bool:
    first = trimmed(numbers(version))
    return any(sign in (">=", ">") and trimmed(numbers(bound)) >= first for sign, bound in CLAUSE.findall(specifier))


def is_sure(row: dict[str, str], specifier: str, python: str) -> bool:
    """Return whether a row holds whatever the Python is: of a package without an upper bound, an old one takes an old
    release."""
    return bool(python) or upper_bound(specifier)[1] or numbers(row["python"]) <= (3, 8)


@functools.lru_cache(maxsize=1024)
def upper_bound(specifier: str) -> tuple[tuple[int, ...], bool]:
    """Return the lowest upper bound of a specifier, and whether it is allowed itself."""
    found: tuple[tuple[int, ...], bool] = (AFTER_ALL, False)
    for sign, version in CLAUSE.findall(specifier):
        bound = numbers(version)
        if sign == "~=":
            bounds = ((*bound[:-2], bound[-2] + 1), False) if len(bound) > 1 else (AFTER_ALL, False)
        elif sign in ("==", "===") and version.endswith(".*"):
            bounds = ((*bound[:-1], bound[-1] + 1), False) if bound else (AFTER_ALL, False)
        elif sign in ("==", "===", "<=", "<"):
            bounds = (bound, sign != "<")
        else:
            continue
        found = min(found, (trimmed(bounds[0]), bounds[1]))
    return found


@functools.lru_cache(maxsize=4096)
def carries(name: str) -> bool:
    """Return whether the tables know of accelerated packages that some release of a distribution brings along."""
    return bool(rows_of("carriers", normalise(name)))


@functools.lru_cache(maxsize=4096)
def carried(name: str, specifier: str, extras: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    """Return the accelerated packages that a distribution brings along, each with the specifier it sets.

    specifier: as of `accelerated_build`; the newest release that it allows is looked at. extras: lower case.
    """
    rows = rows_of("carriers", normalise(name))
    if not rows:
        return ()
    limit, included = upper_bound(specifier)
    found: dict[str, str] = {}
    for row in rows:
        if holds_newest(row, limit, included) and (not row["extra"] or row["extra"] in extras):
            found[row["brings"]] = row["requires"].replace(" ", ",")
    return tuple(found.items())


def extra_that_brings(name: str, specifier: str, brought: str) -> str:
    """Return the extra by which a distribution brings another, "" for none. Arguments as of `carried`."""
    extras = {row["extra"] for row in rows_of("carriers", normalise(name)) if row["brings"] == brought and row["extra"]}
    return next((extra for extra in sorted(extras) if brought in dict(carried(name, specifier, (extra,)))), "")


def holds_newest(row: dict[str, str], limit: tuple[int, ...], included: bool) -> bool:
    """Return whether the newest release below a limit is one of those that a row speaks of."""
    first, before = trimmed(numbers(row["from"])), trimmed(numbers(row["before"])) or AFTER_ALL
    return first <= limit < before if included else first < limit <= before


@functools.cache
def _builds() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in table("accelerated_builds"):
        found.setdefault(row["name"], []).append(row)
    return found
