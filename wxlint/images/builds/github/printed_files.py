"""What commands of a step print of files of the repository: `$(cat FILE)`, `$(jq -c . FILE)`."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING

from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.github.results import Data

if TYPE_CHECKING:
    from wxlint.documents.source import Source

_PRINTS = late(
    r"""\$\([ ]*(?:cat[ ]+|<[ ]*|(?P<jq>jq[ ]+(?:-[crMSe]+[ ]+|--(?:compact|raw)-output[ ]+|--sort-keys[ ]+)*"""
    r"""(?:\.|'\.'|"\.")[ ]+))"""
    r"""["']?(?P<path>[\w./-]+)["']?[ ]*\)"""
)
"""A command that prints a file of the repository."""


def with_files(value: Data, starts: list[str], read: Callable[[str], Source | None]) -> Data:
    """Return a value with what commands in it print of files. starts: where their paths may begin. read: any file."""
    if not isinstance(value, Value) or not value.holes:
        return value
    parts: list[Value] = []
    for number, text in enumerate(value.text.split(HOLE)):
        if number:
            written = value.holes[number - 1]
            parts.append(_printed(written, starts, read) or Value(HOLE, (written,)))
        parts.append(Value(text))
    return concat(parts)._replace(because=value.because)


def _printed(written: str, starts: list[str], read: Callable[[str], Source | None]) -> Value | None:
    """What a command prints that only prints a file of the repository; None for others."""
    command = _PRINTS.fullmatch(written)
    if command is None or not starts:
        return None
    source = read(normal(posixpath.join(starts[0], command["path"])))
    if source is None:
        return None
    if not command["jq"]:
        return Value(source.text.rstrip("\n"))
    import json

    try:
        return Value(json.dumps(json.loads(source.text), separators=(",", ":"), ensure_ascii=False))
    except (ValueError, RecursionError):
        return None
