"""Locks between processes; the system lets go of one when its process ends, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wxlint.core.errors import UsageError


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold a lock file. Yields False when it is taken and `wait` is false."""
    try:
        from filelock import FileLock, Timeout
    except ImportError:
        raise UsageError("filelock is not installed; pip install 'wxlint[conformance]'") from None
    lock = FileLock(path)
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
