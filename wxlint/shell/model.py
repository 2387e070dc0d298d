"""What a shell text would run: commands of words and redirections, and under which conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value

Place = Callable[[int], "tuple[str, int]"]
"""The path and line of an offset."""


class ShellError(NamedTuple):
    """Something in a text that is not read: low confidence, not a syntax check.

    start, end: offsets into the text. is_limit: the text is more than is read of one (`too_deep`, `too_long`); all
    others are of its syntax.
    """

    start: int
    end: int
    message: str
    is_limit: bool = False


def too_deep(start: int, end: int) -> ShellError:
    return ShellError(start, end, "nested too deep; not read", is_limit=True)


def too_long(text: str) -> ShellError:
    return ShellError(0, len(text), "too long to follow; the rest is not read", is_limit=True)


class ScriptFile(NamedTuple):
    """A file that a script reads with `source`. path: as shown to people, relative to where the run starts."""

    path: str
    text: str


Files = Callable[[str, "Value | None"], "ScriptFile | None"]
"""The file of a path as `source` is given it, and of the folder where the script is; None for one that is not read."""


class Surroundings(NamedTuple):
    """What is known of where a text runs.

    machine: as `uname -m` prints it; "" where it is not known. has_file: whether a path is a file for sure, as it is
    written and in the folder of a `cd`; None where nothing is known of files. succeeds: the text did not fail, or there
    is nothing to look at: a RUN of an image.
    """

    machine: str = ""
    has_file: Callable[[str, Value | None], bool] | None = None
    succeeds: bool = False


ANYWHERE = Surroundings()


class Word(NamedTuple):
    """One argument. start, end: the word as written, in the text given. quoted: any part of it was."""

    value: Value
    start: int
    end: int
    quoted: bool


class Redirect(NamedTuple):
    """operator: ">", "2>", "&>", "<<", "<<<", ...; target: the file, or for a heredoc its body."""

    operator: str
    target: Word
    start: int
    end: int


class Command(NamedTuple):
    """One simple command.

    words: never empty. env: variables that reach its environment: exported earlier in the text, then its own `A=b`
    prefix. start, end: offsets of the command as written. conditional: it may not run. because: the loops and calls it
    is in ("for stage=demux (line 12)"). via: offsets of the calls that led here, outermost first. cwd: the directory of
    an earlier `cd` (relative to where the text starts); None without one.
    """

    words: tuple[Word, ...]
    env: tuple[tuple[str, Value], ...]
    redirects: tuple[Redirect, ...]
    start: int
    end: int
    conditional: bool
    because: tuple[Reason, ...]
    via: tuple[int, ...]
    cwd: Value | None


class ShellResult(NamedTuple):
    """The commands of a text.

    held: the variables at the end. errors: what could not be read. may_end: numbers of commands behind which the text
    may have ended, though more commands are given. at_exit: how many commands are in front of those that `trap TEXT
    EXIT` runs. steps: that the walk took.
    """

    commands: tuple[Command, ...]
    held: Mapping[str, object]
    errors: tuple[ShellError, ...]
    may_end: tuple[int, ...] = ()
    at_exit: int = 0
    steps: int = 0

    @property
    def error(self) -> ShellError | None:
        """The error that says most: a limit, which others follow from, or else the first one."""
        limits = [error for error in self.errors if error.is_limit]
        return min(limits or self.errors, default=None)

    @property
    def variables(self) -> dict[str, Value]:
        """The scalar ones."""
        return {name: value for name, value in self.held.items() if isinstance(value, Value)}


def line_of(text: str, script: str = "") -> Place:
    """Return the default of `where`: lines of the text itself."""
    starts: list[int] = []

    def where(offset: int) -> tuple[str, int]:
        from bisect import bisect_right
        from re import finditer

        if not starts:
            starts.append(0)
            starts.extend(match.end() for match in finditer("\n", text))
        return script, bisect_right(starts, offset)

    return where
