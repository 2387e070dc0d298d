"""Run a program with a time limit and bounded memory, whatever it prints."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, NamedTuple

from wxlint.core.errors import EngineError

_running: set[subprocess.Popen[bytes]] = set()
OUTPUT_LIMIT = 8 << 20
"""Bytes kept of each stream; the rest is read and dropped."""


class Completed(NamedTuple):
    """code: the exit code, negative for a signal. out, err: decoded, invalid bytes replaced. seconds: it took."""

    code: int
    out: str
    err: str
    timed_out: bool
    seconds: float

    @property
    def said(self) -> str:
        """What it complained about, else what it printed, shortened to the last 4000 characters."""
        return (self.err.strip() or self.out.strip())[-4000:]


def run(
    command: Sequence[str],
    stdin: bytes = b"",
    timeout: float = 60.0,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """Run to the end, or kill it with everything it started when `timeout` seconds are over.

    on_line: called with every line of its output (both streams together; `err` is then empty).
    Raises EngineError when it cannot be started. It is killed too when this is left by an exception, such as Ctrl-C.
    """
    start = time.monotonic()
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if on_line else subprocess.PIPE,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,  # so that all of it can be ended, and Ctrl-C reaches us first
        )
    except OSError as error:
        raise EngineError(f"{command[0]} cannot be started: {error.strerror}") from None
    _running.add(process)
    kept: list[bytearray] = [bytearray(), bytearray()]
    threads = [threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True)]
    for stream, into in zip((process.stdout, process.stderr), kept):
        if stream is not None:
            threads.append(threading.Thread(target=_drain, args=(stream, into, on_line), daemon=True))
    timed_out = False
    try:
        for thread in threads:
            thread.start()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            kill(process)
    except BaseException:
        kill(process)
        raise
    finally:
        _running.discard(process)
    for thread in threads:
        thread.join(5)  # a grandchild may hold a pipe open
    out, err = (bytes(each).decode("utf-8", "replace") for each in kept)
    return Completed(process.returncode, out, err, timed_out, time.monotonic() - start)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children: asked first, so that the docker client can cancel a build, then by force."""
    if not hasattr(os, "killpg"):
        process.kill()
        process.wait(10)
        return
    for number in (signal.SIGTERM, signal.SIGKILL):  # the second for what is left of the group, too
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)


def stop_all() -> None:
    """End what other threads run: only the main thread hears of Ctrl-C."""
    for process in list(_running):
        kill(process)


def _feed(stream: IO[bytes] | None, data: bytes) -> None:
    if stream is not None:
        try:
            stream.write(data)
            stream.close()
        except OSError:  # it ended without reading
            pass


def _drain(stream: IO[bytes], into: bytearray, on_line: Callable[[str], None] | None) -> None:
    read = getattr(stream, "read1", stream.read)
    rest = b""
    while chunk := read(1 << 16):
        if len(into) < OUTPUT_LIMIT:
            into += chunk[: OUTPUT_LIMIT - len(into)]
        if on_line:
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[-65536:]
            for line in lines:
                on_line(line.decode("utf-8", "replace").rstrip("\r"))
    if on_line and rest:
        on_line(rest.decode("utf-8", "replace"))
