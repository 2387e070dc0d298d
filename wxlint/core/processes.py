"""Run programs with a time limit and bounded memory, and leave none behind."""

from __future__ import annotations

import subprocess
import time
from _thread import LockType, allocate_lock, start_new_thread
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, NamedTuple

from wxlint.core.supervisor import GRACE, SUPERVISOR, kill

OUTPUT_LIMIT = 8 << 20
"""Bytes kept of each stream: the last ones, since an answer comes at the end of whatever is printed before."""


class Completed(NamedTuple):
    """code: the exit code, negative for a signal. out, err: decoded, invalid bytes replaced.

    timed_out: it was killed. seconds: it took. raw: of the standard output, when it was asked for.
    """

    code: int
    out: str
    err: str
    timed_out: bool
    seconds: float
    raw: bytes = b""

    @property
    def message(self) -> str:
        """What it complained about, else what it printed, shortened to the last 4000 characters."""
        return (self.err.strip() or self.out.strip())[-4000:]


def run(
    command: Sequence[str],
    stdin: bytes = b"",
    timeout: float = 60.0,
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    on_line: Callable[[str], None] | None = None,
    until: Callable[[str], bool] | None = None,
    binary: bool = False,
) -> Completed:
    """Run to the end, or kill it with everything it started when `timeout` seconds are over.

    Args:
        on_line: called with every line of its output (both streams together; `err` is then empty).
        until: called in its place; the program is ended at a line for which it says so.
        binary: keep the standard output as bytes, too.

    Raises EngineError when it cannot be started, EndedError when it was cut off by the end of the run. It is killed too
    when this is left by an exception, such as Ctrl-C.
    """
    start = time.monotonic()
    process = SUPERVISOR.start(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if on_line or until else subprocess.PIPE,
        env=None if env is None else dict(env),
        cwd=cwd,
    )
    if until is not None:
        on_line = _ending(process, until)
    kept = [bytearray(), bytearray()]
    timed_out = False
    try:
        threads = [_beside(_feed, process.stdin, stdin)]
        for stream, into in zip((process.stdout, process.stderr), kept):
            if stream is not None:
                threads.append(_beside(_drain, stream, into, on_line))
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            kill(process)
    except BaseException:
        kill(process)
        raise
    finally:
        SUPERVISOR.ended(process)
    SUPERVISOR.check()
    for done in threads:
        done.acquire(timeout=GRACE)  # a grandchild may hold a pipe open
    out, err = (bytes(each[-OUTPUT_LIMIT:]).decode("utf-8", "replace") for each in kept)
    raw = bytes(kept[0]) if binary else b""
    return Completed(process.returncode, out, err, timed_out, time.monotonic() - start, raw)


def head(
    command: Sequence[str], limit: int, timeout: float = 60.0, *, env: Mapping[str, str] | None = None
) -> tuple[bytes, str]:
    """The first bytes that a program prints, and what it complains about; it is ended when there are more.

    Raises EngineError when it cannot be started, EndedError when it was cut off by the end of the run.
    """
    process = SUPERVISOR.start(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if env is None else dict(env),
    )
    complaints = bytearray()
    assert process.stdout is not None and process.stderr is not None
    in_time = allocate_lock()
    in_time.acquire()
    try:
        _beside(_end_late, process, in_time, timeout)
        drained = _beside(_drain, process.stderr, complaints, None)
        data = process.stdout.read(limit)
        if len(data) == limit:
            kill(process, grace=0)
        process.wait()
    except BaseException:
        kill(process)
        raise
    finally:
        in_time.release()
        SUPERVISOR.ended(process)
    SUPERVISOR.check()
    drained.acquire(timeout=GRACE)
    return data, bytes(complaints[-4000:]).decode("utf-8", "replace").strip()


def _beside(work: Callable[..., None], *arguments: object) -> LockType:
    """Do something in a thread that ends with this process. Return a lock that can be taken when it is done: starting
    and awaiting it are calls of C each, which a signal leaves whole."""
    done = allocate_lock()
    done.acquire()

    def run() -> None:
        try:
            work(*arguments)
        finally:
            done.release()

    start_new_thread(run, ())
    return done


def _end_late(process: subprocess.Popen[bytes], in_time: LockType, timeout: float) -> None:
    """End a process unless a lock is let go in time."""
    if not in_time.acquire(timeout=timeout):
        kill(process)


def _ending(process: subprocess.Popen[bytes], until: Callable[[str], bool]) -> Callable[[str], None]:
    """End a process at the first line for which `until` says so."""

    def on_line(text: str) -> None:
        if process.poll() is None and until(text):
            kill(process)

    return on_line


def _feed(stream: IO[bytes] | None, data: bytes) -> None:
    if stream is not None:
        with suppress(OSError, ValueError):  # it ended without reading
            stream.write(data)
        with suppress(OSError, ValueError):
            stream.close()


def _drain(stream: IO[bytes], into: bytearray, on_line: Callable[[str], None] | None) -> None:
    read = getattr(stream, "read1", stream.read)
    rest = b""
    while chunk := read(1 << 16):
        into += chunk
        if len(into) > 2 * OUTPUT_LIMIT:
            del into[:-OUTPUT_LIMIT]
        if on_line:
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[-65536:]
            for line in lines:
                on_line(line.decode("utf-8", "replace").rstrip("\r"))
    if on_line and rest:
        on_line(rest.decode("utf-8", "replace"))
