"""The commands of a script file, from the cache where an earlier run read the same text."""

from __future__ import annotations

from wxlint.core.cache import NO_CACHE, Cache, Records
from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.shell.model import Command, Redirect, Word

RECORDS = Records(Command, Word, Redirect, Value, Reason)
"""Every class in the commands of a script: with one missing here, nothing is kept."""


def script_commands(kind: str, path: str, text: str, cache: Cache = NO_CACHE) -> tuple[Command, ...]:
    """Return what a script runs, in order. kind: shell or batch. path: as reasons show it."""

    def read() -> tuple[Command, ...]:
        if kind == "batch":
            from wxlint.shell.bash.reader import line_of
            from wxlint.shell.batch.reader import read_batch

            return read_batch(text, where=line_of(text, path)).commands
        from wxlint.shell.bash.reader import read_shell

        return read_shell(text, script=path).commands

    return cache.recall((kind, path, text), RECORDS, read)
