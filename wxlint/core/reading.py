"""Bounded reads of regular files, and their text.

A pipe, a device or a huge file in a checked tree must neither block nor fill memory.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
from typing import TYPE_CHECKING

from wxlint.core.disk import question
from wxlint.core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_KINDS = (
    (stat.S_ISDIR, "a folder, not a file"),
    (stat.S_ISFIFO, "a named pipe, not a file"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
    (stat.S_ISLNK, "a link, not a file"),
)
UTF_8 = "utf-8"
BINARY, UNKNOWN = "binary", "unknown-8bit"
_MARKS = (  # UTF-32's little-endian mark starts with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class TooLarge(OSError):
    """A file with more bytes than the reader takes."""


class NotAFile(OSError):
    """A folder, pipe, socket, device or link where a regular file is expected."""


def read_bytes(path: str | os.PathLike[str], limit: int, *, follow: bool = True) -> bytes:
    """All bytes of a regular file.

    Args:
        path: the file.
        limit: the most bytes that are read.
        follow: whether `path` may be a link.

    Raises TooLarge, NotAFile, or another OSError; each with `strerror` as a reason for people.
    """
    return _data(_all_bytes(path, limit << 1 | follow), path)


def read_head(path: str | os.PathLike[str], count: int, *, follow: bool = True) -> bytes:
    """The first `count` bytes of a regular file. Raises OSError as `read_bytes` does."""
    return _data(_first_bytes(path, count << 1 | follow), path)


Failure = tuple[str, "int | None", str]
"""An error as plain data: the name of its class, its number, and the reason for people."""


def _data(found: bytes | Failure, path: str | os.PathLike[str]) -> bytes:
    if isinstance(found, bytes):
        return found
    name, number, reason = found
    raise {"TooLarge": TooLarge, "NotAFile": NotAFile}.get(name, OSError)(number, reason, path)


def _failure(error: OSError) -> Failure:
    return type(error).__name__, error.errno, error.strerror or str(error)


@question
def _all_bytes(path: str, number: int) -> bytes | Failure:
    """number: twice the limit, and one more where links are followed."""
    limit = number >> 1
    try:
        with _opened(path, bool(number & 1)) as file:
            if file.size <= limit:  # a huge one is refused without the memory that reading it takes
                data = file.read(limit + 1)  # it may grow meanwhile, and files of /proc tell no size
                if len(data) <= limit:
                    return data
    except OSError as error:
        return _failure(error)
    return "TooLarge", errno.EFBIG, f"larger than {_size(limit)}"


@question
def _first_bytes(path: str, number: int) -> bytes | Failure:
    """number: twice the count, and one more where links are followed."""
    try:
        with _opened(path, bool(number & 1)) as file:
            return file.read(number >> 1)
    except OSError as error:
        return _failure(error)


class _opened:  # noqa: N801 - used as `with _opened(…)`
    """A regular file, open for reading; a plain class, since contextlib is not needed on the way to a check."""

    def __init__(self, path: str | os.PathLike[str], follow: bool) -> None:
        _regular(os.stat(path) if follow else os.lstat(path), path)  # to open a device may already do something
        self.descriptor = os.open(path, _FLAGS if follow else _FLAGS | _NOFOLLOW)
        try:
            self.size = _regular(os.fstat(self.descriptor), path).st_size
        except BaseException:
            os.close(self.descriptor)
            raise

    def __enter__(self) -> _opened:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def read(self, count: int) -> bytes:
        """Up to `count` bytes, fewer only at the end of the file."""
        data = os.read(self.descriptor, min(self.size + 1, count))
        while len(data) < count and (more := os.read(self.descriptor, min(count - len(data), 1 << 20))):
            data += more
        return data


def _regular(status: os.stat_result, path: str | os.PathLike[str]) -> os.stat_result:
    if not stat.S_ISREG(status.st_mode):
        kind = next((text for is_kind, text in _KINDS if is_kind(status.st_mode)), "not a regular file")
        raise NotAFile(errno.EINVAL, kind, path)
    return status


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count} bytes"


def encoding_of(data: bytes) -> str:
    """The encoding that a byte order mark names; UTF-8 without one."""
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), UTF_8)


def flaw_of(data: bytes) -> str:
    """The encoding of bytes without a byte order mark: UTF_8, BINARY for some with NULs in them, else UNKNOWN."""
    if b"\0" in data:
        return BINARY
    try:
        data.decode()
    except UnicodeDecodeError:
        return UNKNOWN
    return UTF_8


def decode(data: bytes) -> str:
    """The text of a file, with `\\n` line ends and without NUL characters.

    A byte order mark decides, as it does for pip and for readers of YAML: PowerShell writes UTF-16. Else it is UTF-8;
    bytes that are not (a Latin-1 comment) become U+FFFD: BuildKit reads bytes, so that such a file builds.
    """
    encoding = encoding_of(data)
    text = data.decode("utf-8-sig" if encoding == UTF_8 else encoding, "replace")
    text = text.removeprefix("\ufeff") if encoding != UTF_8 else text
    text = text.replace("\r\n", "\n")
    return text.replace("\0", "\ufffd") if "\0" in text else text


def working_folder() -> Path:
    """The working folder. Raises InputError when it is gone."""
    from pathlib import Path

    try:
        return Path.cwd()
    except OSError as error:
        raise InputError(f"the working folder cannot be used: {error.strerror or error}") from error
