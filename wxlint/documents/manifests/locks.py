"""What a lock file holds: uv.lock, poetry.lock, pdm.lock and Pipfile.lock, as distributions with the parts of the
project that take them.

Formats: as the tools write them; uv.lock and a poetry.lock of poetry 1 name what needs what, the others the groups of
each distribution.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.manifests.project import MAIN, Dependency, Part, listing, load, normal, table, texts
from wxlint.documents.source import Source

_FILES = late(r"(?m)^\s*\{\s*(?:url|file|name = \"[^\"]*\", hash)\s*=.*$")
"""The files of a distribution, one a line: most of a lock, and of no interest."""
_NAME = late(r"(?m)^name = \"([^\"]+)\"$")
_MOST_WAYS = 8
"""Markers of the ways to one distribution that are kept apart; those behind them are one that is not known."""
_UNKNOWN = "?"
"""A marker that is none: whether it holds is not known."""
_MAIN_GROUPS = ("main", "default")


class Locked(NamedTuple):
    """One distribution of a lock.

    version: with its local part. url: of its index, "" for the default index. part: of the project that takes it.
    marker: "" or PEP 508, of the part and the distribution together. line: from 1, or 0 where it is not found.
    """

    name: str
    version: str
    url: str
    part: Part
    marker: str
    line: int


class Lock(NamedTuple):
    """packages: one for each part that takes it. problem: why the file is not read; nothing is known of it then."""

    packages: tuple[Locked, ...] = ()
    problem: str | None = None


@lru_cache(maxsize=8)
def read_lock(source: Source, roots: tuple[Dependency, ...] = ()) -> Lock:
    """Read a lock file by its name. Never raises. roots: what the project asks for, which a lock of poetry 1 does not
    say."""
    name = source.path.rpartition("/")[2]
    if name == "Pipfile.lock":
        return _pipfile(source)
    data = load(Source(source.path, _FILES.sub("", source.text)))
    if isinstance(data, str):
        return Lock(problem=data)
    places = _lines(source)
    try:
        if name == "uv.lock":
            found = _uv(data, places)
        elif roots and name == "poetry.lock" and not any("groups" in one for one in listing(data, "package")):
            found = _by_needs(data, roots, places)
        else:
            found = _by_groups(data, places)
        return Lock(tuple(found))
    except (TypeError, AttributeError, KeyError) as error:  # a table where a string belongs, and the like
        return Lock(problem=str(error))


def _lines(source: Source) -> dict[str, int]:
    """The line of the name of each distribution, the first of several."""
    found: dict[str, int] = {}
    for match in _NAME.finditer(source.text):
        found.setdefault(normal(match[1]), source.position(match.start())[0])
    return found


# -- poetry and pdm: the groups of each distribution


def _by_groups(data: dict[str, Any], places: dict[str, int]) -> Iterator[Locked]:
    for package in listing(data, "package"):
        groups = texts(package, "groups") or _old_groups(package)
        name, version = normal(str(package["name"])), str(package["version"])
        own = package.get("markers") or package.get("marker") or ""
        for group in groups:
            marker = str(own.get(group, "")) if isinstance(own, dict) else str(own)
            part = MAIN if group in _MAIN_GROUPS else Part("group", normal(group))
            yield Locked(name, version, _source_url(package), part, marker, places.get(name, 0))


def _by_needs(data: dict[str, Any], roots: tuple[Dependency, ...], places: dict[str, int]) -> Iterator[Locked]:
    """What each part of a project takes by a lock of poetry 1: what is reached from what the part asks for."""
    from wxlint.documents.manifests.poetry_graph import PoetryGraph  # only for an old lock

    graph = PoetryGraph(data)
    for part, needs in graph.parts(roots).items():
        yield from _closure(part, needs, graph.packages, places)


def _old_groups(package: dict[str, Any]) -> tuple[str, ...]:
    """The category of an older poetry.lock, which named only main and dev."""
    category = package.get("category")
    return (category,) if isinstance(category, str) else ()


def _source_url(package: dict[str, Any]) -> str:
    """The index of a distribution; of one from elsewhere, its address."""
    source = table(package, "source")
    return str(source.get("url") or "") if source else str(package.get("url") or package.get("git") or "")


# -- uv: a graph from the project's own entry


def _uv(data: dict[str, Any], places: dict[str, int]) -> Iterator[Locked]:
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in listing(data, "package"):
        packages.setdefault(normal(str(package["name"])), []).append(package)
    for listed in packages.values():
        for package in listed:
            source = table(package, "source")
            if source.get("virtual", source.get("editable")) == ".":
                yield from _of_root(package, packages, places)


def _of_root(
    root: dict[str, Any], packages: dict[str, list[dict[str, Any]]], places: dict[str, int]
) -> Iterator[Locked]:
    parts: list[tuple[Part, list[Any]]] = [(MAIN, listing(root, "dependencies"))]
    for key, kind in (("optional-dependencies", "extra"), ("dev-dependencies", "group")):
        named = table(root, key)
        parts += [(Part(kind, normal(name)), listing(named, name)) for name in named]  # type: ignore[arg-type]
    for part, needs in parts:
        yield from _closure(part, needs, packages, places)


def _closure(
    part: Part, needs: list[Any], packages: dict[str, list[dict[str, Any]]], places: dict[str, int]
) -> Iterator[Locked]:
    """What a part takes, once for each marker of the ways on which it is reached."""
    waiting = [(need, "") for need in reversed(needs)]
    ways: dict[tuple[str, str, str], set[str]] = {}
    while waiting:
        need, outer = waiting.pop()
        name, marker = normal(str(need["name"])), _both(outer, str(need.get("marker") or ""))
        for package in packages.get(name, ()):
            version = str(package.get("version") or "")
            key = (name, version, ",".join(texts(need, "extra")))
            seen = ways.setdefault(key, set())
            if need.get("version", version) != version or marker in seen or "" in seen:
                continue
            if len(seen) >= _MOST_WAYS:
                marker = _UNKNOWN
                if marker in seen:
                    continue
            seen.add(marker)
            source = table(package, "source")
            index = str(source.get("registry") or source.get("url") or source.get("git") or "")
            if version:
                yield Locked(name, version, index, part, marker, places.get(name, 0))
            optional = table(package, "optional-dependencies")
            extras = [item for extra in texts(need, "extra") for item in listing(optional, extra)]
            waiting += [(inner, marker) for inner in reversed([*listing(package, "dependencies"), *extras])]


def _both(outer: str, inner: str) -> str:
    if _UNKNOWN in (outer, inner):
        return _UNKNOWN
    if not outer or not inner or outer == inner:
        return outer or inner
    return f"({outer}) and ({inner})" if len(outer) + len(inner) < 1000 else outer


# -- pipenv


def _pipfile(source: Source) -> Lock:
    try:
        data = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        return Lock(problem=str(error))
    if not isinstance(data, dict):
        return Lock(problem="no object")
    urls = {
        str(item.get("name")): str(item.get("url"))
        for item in listing(table(data, "_meta"), "sources")
        if isinstance(item, dict)
    }
    found = []
    for key in data:
        part = Part("group", {"default": "packages", "develop": "dev-packages"}.get(key, normal(key)))
        for name, entry in table(data, key).items() if key != "_meta" else ():
            version = entry.get("version") if isinstance(entry, dict) else None
            if isinstance(version, str) and version.startswith("=="):
                index = urls.get(str(entry.get("index")), "")
                at = source.text.find(f'"{name}"')
                line = source.position(at)[0] if at >= 0 else 0
                found.append(Locked(normal(name), version[2:], index, part, str(entry.get("markers") or ""), line))
    return Lock(tuple(found))
