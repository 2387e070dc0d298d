"""Locks of conda: `conda-lock.yml` as conda-lock writes it, and lists of addresses that begin with `@EXPLICIT`.

Sources: conda-lock's documentation of its unified lock file, version 1; `conda list --explicit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source

EXPLICIT = "@EXPLICIT"
_ADDRESS = late(r"(?:\S*/)?([A-Za-z0-9._+-]+)-([^-/\s]+)-([^-/\s]+?)\.(?:conda|tar\.bz2)(?:#\S*)?")
_ITEM = late(r"(\s*)- (.*)")
_FIELD = late(r"([A-Za-z_]+):(?:\s+(.*))?")
_PACKAGES = late(r"(?m)^package:[ \t]*$")
_VERSION = late(r"(?m)^version:[ \t]*1[ \t]*$")


class LockedCondaPackage(NamedTuple):
    """One package. manager: "conda" or "pip". build: conda's, "" where nothing says it. platform: "linux-64", "" where
    nothing says it. category: "main", "dev" or the name of an extra. start: where it stands.
    """

    name: str
    version: str
    build: str
    manager: str
    platform: str
    category: str
    url: str
    start: int


def is_conda_lock(source: Source) -> bool:
    """Whether a YAML file is a lock of conda-lock's."""
    return _PACKAGES.search(source.text) is not None and _VERSION.search(source.text) is not None


@lru_cache(maxsize=8)
def read_conda_lock(source: Source) -> tuple[LockedCondaPackage, ...] | None:
    """Read a conda-lock.yml; None for one that is not as conda-lock writes it. Never raises."""
    head = _PACKAGES.search(source.text)
    if head is None:
        return None
    found = []
    for start, fields in _items(source.text, head.end()):
        if not fields.get("name") or not fields.get("version") or not fields.get("manager"):
            return None
        url = fields.get("url", "")
        address = _ADDRESS.fullmatch(url)
        build = fields.get("build") or (address[3] if address is not None else "")
        found.append(
            LockedCondaPackage(
                fields["name"],
                fields["version"],
                build,
                fields["manager"],
                fields.get("platform", ""),
                fields.get("category") or "main",
                url,
                start,
            )
        )
    return tuple(found)


def _items(text: str, at: int) -> Iterator[tuple[int, dict[str, str]]]:
    """The items of the list that follows, each with its own fields and where it starts; fields of fields are left
    out."""
    fields: dict[str, str] = {}
    start, depth = at, -1
    for line in text[at:].split("\n"):
        item = _ITEM.fullmatch(line)
        indent, rest = len(line) - len(line.lstrip(" ")), line.strip()
        if item is not None and depth in (-1, len(item[1])):
            if fields:
                yield start, fields
            depth = len(item[1])
            fields, start, indent, rest = {}, at + depth + 2, depth + 2, item[2].strip()
        elif rest and not line.startswith((" ", "#", "-")):
            break  # the next key of the file
        field = _FIELD.fullmatch(rest) if indent == depth + 2 else None
        if field is not None and field[2] is not None:
            fields[field[1]] = field[2].strip().strip("'\"")
        at += len(line) + 1
    if fields:
        yield start, fields


def read_explicit(source: Source) -> tuple[LockedCondaPackage, ...] | None:
    """Read a list of addresses behind `@EXPLICIT`; None where a line is none. Never raises."""
    found = []
    start = 0
    for line in source.text.split("\n"):
        text = re.split(r"\s#", line.strip(), maxsplit=1)[0].strip()
        if text and text != EXPLICIT and not text.startswith("#"):
            address = _ADDRESS.fullmatch(text)
            if address is None:
                return None
            found.append(LockedCondaPackage(address[1], address[2], address[3], "conda", "", "main", text, start))
        start += len(line) + 1
    return tuple(found)
