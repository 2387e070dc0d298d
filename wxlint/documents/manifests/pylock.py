"""What a pylock.toml pins: PEP 751, as `uv export`, `pip lock` and pdm write it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.manifests.project import listing, load, normal, table
from wxlint.documents.source import Source

NAME = late(r"pylock(?:\.[^./]+)?\.toml")
"""The names that such a file may have, without folders."""
_PLACES = late(r"(?m)^name\s*=\s*[\"']([^\"'\n]+)[\"']")


class Pinned(NamedTuple):
    """One distribution.

    version: with its local part, "" for one whose source says it. index: its address, or that of a file of it; "" where
    it comes from elsewhere (a repository, a folder). marker: "" or PEP 508. start: where its name stands.
    """

    name: str
    version: str
    index: str  # type: ignore[assignment]  # tuple.index is not used
    marker: str
    start: int


class PyLock(NamedTuple):
    """packages: in order. problem: why the file is not read; nothing is known of it then."""

    packages: tuple[Pinned, ...] = ()
    problem: str | None = None


@lru_cache(maxsize=8)
def read_pylock(source: Source) -> PyLock:
    """Read a pylock.toml. Never raises."""
    data = load(source)
    if isinstance(data, str):
        return PyLock(problem=data)
    version = data.get("lock-version")
    if not isinstance(version, str) or not version.startswith("1."):
        return PyLock(problem=f"lock-version is {version!r}, not 1.x")
    places: dict[str, list[int]] = {}
    for match in _PLACES.finditer(source.text):
        places.setdefault(normal(match[1]), []).append(match.start(1))
    found = tuple(_packages(data, places))
    if len(found) != len(listing(data, "packages")):
        return PyLock(problem="a package without a name")
    return PyLock(found)


def _packages(data: dict[str, Any], places: dict[str, list[int]]) -> Iterator[Pinned]:
    for package in listing(data, "packages"):
        if not isinstance(package, dict) or not isinstance(package.get("name"), str):
            continue
        name = normal(package["name"])
        at = places.get(name) or [0]
        version, marker = package.get("version"), package.get("marker")
        yield Pinned(
            name,
            version if isinstance(version, str) else "",
            _origin(package),
            marker if isinstance(marker, str) else "",
            at.pop(0) if len(at) > 1 else at[0],
        )


def _origin(package: dict[str, Any]) -> str:
    """The index of a distribution, else the address of its first file."""
    index = package.get("index")
    if isinstance(index, str):
        return index
    files = [*listing(package, "wheels"), table(package, "sdist"), table(package, "archive")]
    urls = (file.get("url") for file in files if isinstance(file, dict))
    return next((url for url in urls if isinstance(url, str)), "")
