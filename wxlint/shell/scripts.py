"""The commands of a script file, from the cache where an earlier run read the same text."""

from __future__ import annotations

from wxlint.core.cache import NO_CACHE, Cache, Records
from wxlint.core.paths import from_root
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.shell.model import Command, Files, Redirect, ScriptFile, ShellError, ShellResult, Word, line_of
from wxlint.shell.ways import Ways, with_other_ways


class SourcedFile(NamedTuple):
    """A file that a script names with `source`, as it is named in the folder `cwd`, and what was found."""

    path: str
    cwd: Value | None
    found: ScriptFile | None


class ScriptCommands(NamedTuple):
    """What a script runs. unread: why not all of it is known, if it was not read to its end. asked: the files that it
    names with `source`."""

    commands: tuple[Command, ...]
    unread: str
    asked: tuple[SourcedFile, ...] = ()


RECORDS = Records(ScriptCommands, Command, Word, Redirect, Value, Reason, SourcedFile, ScriptFile)
"""Every class in the commands of a script: with one missing here, nothing is kept."""


def script_commands(
    kind: str, path: str, text: str, cache: Cache = NO_CACHE, files: Files | None = None
) -> ScriptCommands:
    """Return what a script runs, in order.

    Args:
        kind: shell or batch. path, text: of the script, as reasons show it.
        cache: what earlier runs read. files: the files that `source` names.
    """

    is_batch = kind == "batch"

    def read() -> ScriptCommands:
        if is_batch:
            return _batch(path, text)
        return _shell(path, text, files or _no_file)

    here = from_root(".")
    kind = kind if here == "." else f"{kind} seen from {here}"
    known = cache.recall((kind, path, text), RECORDS, read)
    if files is None or _holds(known, files):
        return known
    now = [files(name, cwd) for name, cwd, _ in known.asked]
    texts = [part for file in now for part in (("", "") if file is None else (file.path, file.text))]
    known = cache.recall((kind, path, text, *texts), RECORDS, read)
    return known if _holds(known, files) else read()


def _holds(known: ScriptCommands, files: Files) -> bool:
    """Tell whether the files that a script names are as they were when it was read."""
    return all(files(name, cwd) == found for name, cwd, found in known.asked)


def _no_file(path: str, cwd: Value | None) -> None:
    return None


def _batch(path: str, text: str) -> ScriptCommands:
    from wxlint.shell.batch.reader import read_batch

    found = read_batch(text, where=line_of(text, path), script=from_root(path))
    limits = [error for error in found.errors if error.is_limit]
    return ScriptCommands(found.commands, _said(limits[0], text) if limits else "")


def _shell(path: str, text: str, files: Files) -> ScriptCommands:
    from wxlint.shell.bash.reader import read_shell

    asked: dict[tuple[str, str], SourcedFile] = {}

    def find(name: str, cwd: Value | None) -> ScriptFile | None:
        found = files(name, cwd)
        asked.setdefault((name, "" if cwd is None else cwd.text), SourcedFile(name, cwd, found))
        return found

    def walk(ways: Ways) -> ShellResult:
        return read_shell(text, where=line_of(text, path), script=from_root(path), files=find, ways=ways)

    ways = Ways()
    found = walk(ways)
    commands = with_other_ways(found.commands, ways, found.steps, lambda other: walk(other).commands)
    return ScriptCommands(commands, _said(found.error, text) if found.error else "", tuple(asked.values()))


def _said(error: ShellError, text: str) -> str:
    if error.is_limit:
        return f"is not read to its end: {error.message}"
    return f"has a syntax error in line {text.count(chr(10), 0, error.start) + 1}: {error.message}"
