"""What a check showed, kept with everything it asked: the same check shows it again where all answers are the same.

A run is the same where its arguments, the working folder, the program and what decides about colours are the same, and
every question to the file system and the environment (core/disk) has the answer of then: the content of each file that
was read, what lies in each folder, where each link leads, what was looked for in vain. Only runs that show findings on
standard output and do nothing else are kept; one that failed is not.
"""

from __future__ import annotations

import argparse
import os
from binascii import crc32
from collections.abc import Callable, Iterable
from typing import Any

from wxlint.cli.exit_codes import FOUND, OK
from wxlint.cli.streams import has_colour, has_links, write
from wxlint.core import disk, reading
from wxlint.core.cache import Cache
from wxlint.core.paths import look_anew

ANSWERED_BY = (disk, reading)
"""The modules whose questions a run may have asked: they answer them again."""
Write = Callable[[Iterable["str | bytes"]], None]
_MORE = ("output", "since", "baseline", "max_unknown", "stdin_filename", "no_cache")
"""Options with which a run reads or writes something else."""


def remembered(arguments: argparse.Namespace, cache: Cache, run: Callable[[Write], int]) -> int:
    """Run a check, or show again what it showed.

    Args:
        cache: of the documents; the runs are kept beside it.
        run: runs the check, shows what it finds through its argument, and returns the exit code.

    Returns the exit code.
    """
    if "-" in arguments.paths or any(_is_given(getattr(arguments, name)) for name in _MORE):
        return run(write)
    try:
        key = (os.getcwd(), repr(sorted(vars(arguments).items())), f"{has_colour()} {has_links()}")
    except OSError:  # the folder is gone, which the run reports
        return run(write)
    runs = cache.beside(f"{crc32(repr(key).encode('utf-8', 'replace')):08x}-run")
    shown: list[bytes] = []

    def show(pieces: Iterable[str | bytes]) -> None:
        found = [piece if isinstance(piece, bytes) else piece.encode("utf-8", "backslashreplace") for piece in pieces]
        shown.extend(found)
        write(found)

    look_anew()
    with disk.kept_questions() as asked:
        code, text = runs.recall(key, _Run(asked), lambda: (run(show), b"".join(shown)))
    if not shown:
        write([text])
    runs.save()
    return code


def _is_given(value: object) -> bool:
    return value is not None and value is not False and value not in ("", [])


class _Run:
    """The codec of a run: it comes back only where every question still has its answer."""

    def __init__(self, asked: disk.Asked) -> None:
        self._asked = asked

    def encode(self, run: tuple[int, bytes]) -> Any:
        if not self._asked.is_whole or run[0] not in (OK, FOUND):
            raise ValueError("not a run to keep")
        return (*run, tuple(self._asked.answers.items()))

    def decode(self, data: Any) -> tuple[int, bytes]:
        code, text, answers = data
        if not all(disk.is_answered(question, answer) for question, answer in answers):
            raise LookupError("something has changed")
        return code, text
