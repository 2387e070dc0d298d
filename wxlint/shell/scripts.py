"""The commands of a script file, from the cache where an earlier run read the same text."""

from __future__ import annotations

from wxlint.core.cache import NO_CACHE, Cache, Records
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.shell.model import LIMITS, Command, Redirect, Word


class ScriptCommands(NamedTuple):
    """What a script runs. unread: why not all of it is known, if it was not read to its end."""

    commands: tuple[Command, ...]
    unread: str


RECORDS = Records(ScriptCommands, Command, Word, Redirect, Value, Reason)
"""Every class in the commands of a script: with one missing here, nothing is kept."""


def script_commands(kind: str, path: str, text: str, cache: Cache = NO_CACHE) -> ScriptCommands:
    """Return what a script runs, in order. kind: shell or batch. path: as reasons show it."""

    def read() -> ScriptCommands:
        if kind == "batch":
            from wxlint.shell.bash.reader import line_of
            from wxlint.shell.batch.reader import read_batch

            read_as = read_batch(text, where=line_of(text, path))
            limits = [error for error in read_as.errors if error[2] in LIMITS]
            return ScriptCommands(read_as.commands, _said(limits[0], text) if limits else "")
        from wxlint.shell.bash.reader import read_shell

        found = read_shell(text, script=path)
        return ScriptCommands(found.commands, _said(found.error, text) if found.error else "")

    return cache.recall((kind, path, text), RECORDS, read)


def _said(error: tuple[int, int, str], text: str) -> str:
    start, _, message = error
    if message in LIMITS:
        return f"is not read to its end: {message}"
    return f"has a syntax error in line {text.count(chr(10), 0, start) + 1}: {message}"
