"""The one writer of files that a user names: a report, a script, a plan."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Iterable
from contextlib import suppress

from wxlint.core.errors import InputError, UsageError

_OWN_STREAM = re.compile(r"/dev/std(?P<name>out|err)$|/(?:dev|proc/self)/fd/(?P<number>[0-9]{1,4})$")

_PAUSE = 0.1
_WAITS = 50
"""Pauses, of 0.1 s each, that a pipe is waited for until something reads it."""


def write_file(
    path: str | os.PathLike[str],
    pieces: Iterable[str | bytes],
    *,
    keep: Iterable[str | os.PathLike[str]] = (),
    make_folders: bool = False,
) -> None:
    """Write a text, as UTF-8, or bytes to the file that a user named.

    A regular file is replaced in one step, with the modes and the owner that it had; a link to one stays a link.
    A terminal, a pipe, /dev/stdout and the like are written to as they are.

    Args:
        pieces: the text in parts; it may fail half-way, and the old file stays.
        keep: files that must not be written, such as those that are checked.
        make_folders: make the folders above a file that are missing.

    Raises UsageError for one of `keep`, InputError for what cannot be written: a folder, a disk, a read-only file.
    """
    name = os.fspath(path)
    try:
        _write(name, pieces, keep, make_folders)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        raise InputError(f"{name}: cannot be written: {getattr(error, 'strerror', None) or error}") from error


def _write(
    name: str, pieces: Iterable[str | bytes], keep: Iterable[str | os.PathLike[str]], make_folders: bool
) -> None:
    own = _OWN_STREAM.match(os.path.normpath(name))
    if own:
        number = int(own["number"]) if own["number"] else 1 if own["name"] == "out" else 2
        _fill(os.dup(number), pieces)
        return
    target = os.path.realpath(name)  # a link stays one
    there = _status(target) or _status(name)  # /proc/self/fd/1 of a pipe leads to a name that is no file
    if there is None or stat.S_ISREG(there.st_mode):
        if there is not None:
            _refuse(name, there, keep)
        elif make_folders:
            os.makedirs(os.path.dirname(target), exist_ok=True)
        _replace(target, there, pieces)
    elif stat.S_ISBLK(there.st_mode) or stat.S_ISDIR(there.st_mode):
        raise InputError(f"{name}: cannot be written: it is a {'folder' if stat.S_ISDIR(there.st_mode) else 'disk'}")
    else:
        _fill(_opened(name), pieces)


def _opened(name: str) -> int:
    """A pipe, a terminal or a device, open for writing. A pipe that nothing reads is waited for, but not for ever."""
    flags = os.O_WRONLY | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)
    for left in range(_WAITS, -1, -1):
        try:
            handle = os.open(name, flags)
        except OSError as error:
            if error.errno != errno.ENXIO or stat.S_ISSOCK(os.stat(name).st_mode):
                raise
            if not left:
                raise InputError(f"{name}: cannot be written: it is a pipe that nothing reads") from error
            time.sleep(_PAUSE)
        else:
            os.set_blocking(handle, True)
            return handle
    raise AssertionError("the last round raises")


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _refuse(name: str, there: os.stat_result, keep: Iterable[str | os.PathLike[str]]) -> None:
    """Raise for a file that must not be overwritten."""
    for other in keep:
        with suppress(OSError, ValueError):
            if os.path.samestat(there, os.stat(other)):
                raise UsageError(f"{name}: is one of the files that are checked; it is not overwritten")
    if not there.st_mode & 0o222 or not os.access(name, os.W_OK):
        raise InputError(f"{name}: cannot be written: the file is read-only")


def _replace(target: str, there: os.stat_result | None, pieces: Iterable[str | bytes]) -> None:
    """Write beside a regular file, then rename, so that nobody sees half of it."""
    temporary = os.path.join(os.path.dirname(target), f".wxlint-{os.urandom(8).hex()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        _fill(handle, pieces)
        if there is not None:
            if hasattr(os, "chown"):
                with suppress(OSError):  # only root can give a file to its owner
                    os.chown(temporary, there.st_uid, there.st_gid)
            os.chmod(temporary, stat.S_IMODE(there.st_mode) & 0o777)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _fill(handle: int, pieces: Iterable[str | bytes]) -> None:
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece if isinstance(piece, bytes) else piece.encode("utf-8", "backslashreplace"))
