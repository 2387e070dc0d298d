"""Documents that broke the program: each is set aside and reported, and the rest of the run goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

from wxlint.core.tuples import NamedTuple

T = TypeVar("T")

_LONGEST = 200
"""Characters of an exception's own words that a report shows: they may hold the whole document."""


class Failure(NamedTuple):
    """A bug that a document brought out. path: the document. what: the exception, and where in the program it arose."""

    path: str
    what: str


class Failures:
    """The failures of one run, one for each document: what follows from the first is not another bug."""

    def __init__(self) -> None:
        self._found: dict[str, Failure] = {}

    def __iter__(self) -> Iterator[Failure]:
        return iter(self._found.values())

    def record(self, path: str, error: Exception) -> None:
        """Take down that a document made the program raise `error`."""
        self.add(Failure(path, describe(error)))

    def add(self, failure: Failure) -> None:
        self._found.setdefault(failure.path, failure)

    def attempt(self, path: str, work: Callable[[], T], otherwise: T) -> T:
        """Do something with a document; `otherwise` when that breaks the program."""
        try:
            return work()
        except Exception as error:
            self.record(path, error)
            return otherwise


def describe(error: Exception) -> str:
    """An exception with the place it came from: "IndexError: string index out of range (shell/bash/reader.py:12)"."""
    traceback = error.__traceback__
    place = ""
    package = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if file.startswith(package):
            place = f" ({os.path.relpath(file, package)}:{traceback.tb_lineno})"
        traceback = traceback.tb_next
    words = " ".join(str(error).split())
    shown = words if len(words) <= _LONGEST else words[:_LONGEST] + "…"
    return f"{type(error).__name__}{f': {shown}' if shown else ''}{place}"
