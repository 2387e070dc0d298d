"""Standard output and standard error: the only code that prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError, WxlintError
from wxlint.core.escape import escape, escape_lines

if TYPE_CHECKING:
    from wxlint.cli.progress import Progress


def write(pieces: Iterable[str | bytes]) -> None:
    """Write a text to standard output as it is: a format that programs read, or one that has escaped what it shows.

    Raises InputError when it cannot be written, BrokenPipeError when its reader has gone.
    """
    if sys.stdout is None:
        raise InputError("standard output is closed")
    try:
        for piece in pieces:
            sys.stdout.buffer.write(piece if isinstance(piece, bytes) else piece.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"standard output: cannot be written: {error.strerror or error}") from error


def write_lines(lines: Iterable[str]) -> None:
    """Write lines for people to standard output, each escaped."""
    write(escape(line) + "\n" for line in lines)


def say(lines: Iterable[str]) -> None:
    """Write messages for people to standard error, each escaped. Where nobody can read them, they are dropped."""
    if sys.stderr is None:
        return
    with suppress(OSError):  # the exit code says it too
        for line in lines:
            print(escape(line), file=sys.stderr)


def say_error(error: WxlintError) -> None:
    """Write an error to standard error, its further lines indented."""
    first, *more = error.lines
    say([f"wxlint: error: {first}", *(f"  {line}" for line in more)])


def say_bug() -> None:
    """Write the traceback of the exception that is handled, and what to do about it."""
    import traceback

    say(escape_lines(traceback.format_exc()).splitlines())
    say(["wxlint: this is a bug in wxlint, not in what you checked; please report it with the lines above"])


def close_output() -> None:
    """Send nothing more to a standard output whose reader has gone, not even what is flushed at the end."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def progress_line() -> Progress | None:
    """The line that says how far long work is; None where standard error is no terminal, or one that cannot wipe."""
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return None
    from wxlint.cli.progress import Progress

    return Progress(sys.stderr)


def has_colour() -> bool:
    """Whether standard output is a terminal that shows colours."""
    return (
        sys.stdout is not None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def has_links() -> bool:
    """Whether the terminal is one of those that are known to show hyperlinks; to others they are noise."""
    known = ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM")
    program = os.environ.get("TERM_PROGRAM", "")
    version = os.environ.get("VTE_VERSION", "0")
    return has_colour() and (
        os.environ.get("FORCE_HYPERLINK", "") == "1"
        or any(name in os.environ for name in known)
        or program in ("iTerm.app", "WezTerm", "vscode", "ghostty")
        or version.isdigit()
        and int(version) >= 5000
    )
