"""The tables as they are on disk, and what all lookups share."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from typing import Generic, TypeVar

_HERE = os.path.dirname(os.path.abspath(__file__))


@functools.cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """All rows of the table `name` (without `.csv`), in file order. Raises FileNotFoundError for an unknown table."""
    head, body = rows(name)
    return tuple(row_at(head, line) for line in body)


@functools.cache
def rows(name: str) -> tuple[list[str], list[str]]:
    """The column names of a table, and the lines of its rows: of a large table few are taken apart."""
    with open(os.path.join(_HERE, f"{name}.csv"), encoding="utf-8") as file:
        head, *body = file.read().splitlines()
    return head.split(","), body


def row_at(head: list[str], line: str) -> dict[str, str]:
    """The row that stands in a line."""
    if '"' in line:
        import csv  # about a millisecond: hardly a row has quoted fields

        cells = next(csv.reader([line]))
    else:
        cells = line.split(",")
    return dict(zip(head, cells, strict=True))


@functools.lru_cache(maxsize=4096)
def normalise(name: str) -> str:
    """A distribution's name as PEP 503 compares it: `Whisper_X.Y` is `whisper-x-y`."""
    return re.sub(r"[-_.]+", "-", name).lower()


@functools.cache
def index(name: str, key: str) -> dict[str, dict[str, str]]:
    """The rows of a table by the text in the column `key`, which holds no text twice."""
    return {row[key]: row for row in table(name)}


def has_row(name: str, key: str) -> bool:
    """Whether the first column of a table has this text."""
    return key in _by_first_column(name)[1]


@functools.lru_cache(maxsize=4096)
def row_of(name: str, key: str) -> dict[str, str] | None:
    """The row of a table whose first column has this text, which holds none twice; or None."""
    head, by_key = _by_first_column(name)
    line = by_key.get(key)
    return row_at(head, line) if line is not None else None


def rows_of(name: str, key: str) -> tuple[dict[str, str], ...]:
    """The rows of a table whose first column has this text, in file order."""
    head, by_key = grouped(name)
    return tuple(row_at(head, line) for line in by_key.get(key, ()))


@functools.cache
def _by_first_column(name: str) -> tuple[list[str], dict[str, str]]:
    head, body = rows(name)
    return head, {line.partition(",")[0]: line for line in body}


@functools.cache
def grouped(name: str) -> tuple[list[str], dict[str, list[str]]]:
    """The column names of a table, and its lines by their first column, in file order."""
    head, body = rows(name)
    by_key: dict[str, list[str]] = {}
    for line in body:
        by_key.setdefault(line.partition(",")[0], []).append(line)
    return head, by_key


@functools.lru_cache(maxsize=4096)
def numbers(version: str) -> tuple[int, ...]:
    """The release numbers of a version, for comparing; what follows them does not count."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part[:18]) for part in match[0].split(".")) if match else ()


def trimmed(release: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of a release without zeros at its end, as versions are compared: 2.4 is 2.4.0."""
    while release and not release[-1]:
        release = release[:-1]
    return release


def release_key(version: str) -> tuple[tuple[int, ...], int]:
    """Return a key that sorts releases with their post releases: 0.0.23, 0.0.23.post1, 0.0.24."""
    post = re.search(r"post(\d{1,9})", version)
    return numbers(version), int(post[1]) if post else 0


Row = TypeVar("Row")


class Globs(Generic[Row]):
    """Rows by the patterns of their keys, where `*` is any text (and nothing else is special)."""

    def __init__(self, rows: Iterable[tuple[str, Row]]) -> None:
        self.rows = [(*_ends(pattern), pattern.split("*")[1:-1], row) for pattern, row in rows]

    def of(self, text: str) -> list[Row]:
        """The rows whose pattern matches, in their order."""
        return [
            row
            for first, last, middle, row in self.rows
            if text.startswith(first)
            and text.endswith(last)
            and _between(text, len(first), middle, len(text) - len(last))
        ]


def _ends(pattern: str) -> tuple[str, str]:
    """The texts before the first `*` and behind the last."""
    parts = pattern.split("*")
    return parts[0], parts[-1]


def _between(text: str, at: int, parts: list[str], end: int) -> bool:
    if at > end:
        return False
    for part in parts:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True
