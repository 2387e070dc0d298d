"""Who starts the programs that a run needs, and ends them with it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from _thread import allocate_lock, start_new_thread
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from wxlint.core.errors import EndedError, EngineError

GRACE = 1.0
"""Seconds between the polite end of a process and the one by force."""


class _Request:
    """A program that is to be started. outcome: the process, or what stood against it, once `done` is let go."""

    def __init__(self, command: list[str], settings: dict[str, Any]) -> None:
        self.command, self.settings, self.caller = command, settings, threading.get_ident()
        self.outcome: subprocess.Popen[bytes] | BaseException | None = None
        self.done, self.discarding = allocate_lock(), allocate_lock()
        self.done.acquire()
        self.abandoned = False  # whoever asked was interrupted


class Supervisor:
    """Owns every process that is started through it, so that ending this one ends them too.

    Python delivers a signal to the main thread only, and anywhere in it. So processes are started by a thread of its
    own: nothing can come between a fork and the note that there is a process. Waiting for that thread is one call of C:
    the conditions of `threading` and `concurrent.futures`, written in Python, may be left held, or let go twice, by a
    handler that raises while they are taken.
    """

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._clearing: frozenset[int] = frozenset()  # threads that may still start some, once all were stopped
        self.observers: list[Callable[[int, bool], None]] = []
        """Called with the number of a process, and whether it starts or ended."""
        self._requests: SimpleQueue[_Request] | None = None
        self._beginning = allocate_lock()
        if hasattr(os, "register_at_fork"):  # a thread does not survive a fork
            os.register_at_fork(after_in_child=self._forget_thread)

    def start(self, command: Sequence[str], **settings: Any) -> subprocess.Popen[bytes]:
        """Start a program as the leader of a process group of its own. settings: of `subprocess.Popen`.

        Raises EngineError when it cannot be started, EndedError for other threads once `stop_all` was called.
        """
        request = _Request(list(command), settings)
        try:
            self._await(request)
            outcome = request.outcome
            if isinstance(outcome, subprocess.Popen):
                return outcome
        except BaseException:  # Ctrl-C while it starts: nobody else will know of it
            request.abandoned = True
            self._discard(request)
            raise
        if isinstance(outcome, OSError):
            raise EngineError(f"{command[0]} cannot be started: {outcome.strerror}") from None
        assert outcome is not None
        raise outcome

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        """Forget a process that is over."""
        if process in self._running:
            self._running.discard(process)
            for observer in self.observers:
                observer(process.pid, False)

    def stop_all(self) -> None:
        """End all of them, those that are just being started included; other threads start none until `resume`."""
        self._clearing |= {threading.get_ident()}
        self._await(_Request([], {}))
        processes = list(self._running)
        for process in processes:
            _signal(process, signal.SIGTERM)
        end = time.monotonic() + GRACE
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(end - time.monotonic(), 0))
            kill(process, grace=0)
            self.ended(process)

    def check(self) -> None:
        """Raise EndedError for other threads once `stop_all` was called: what they ran was cut off."""
        if self._clearing and threading.get_ident() not in self._clearing:
            raise EndedError("the run is being ended")

    def resume(self) -> None:
        """Let all threads start processes again."""
        self._clearing = frozenset()

    def help_clear(self) -> None:
        """Let this thread start processes after `stop_all`, too: it clears up for the one that called it."""
        if self._clearing:
            self._clearing |= {threading.get_ident()}

    def _await(self, request: _Request) -> None:
        self._thread().put(request)
        request.done.acquire()

    def _thread(self) -> SimpleQueue[_Request]:
        """The queue of the thread that starts processes, which is there from its first use on."""
        with self._beginning:
            if self._requests is None:
                requests: SimpleQueue[_Request] = SimpleQueue()
                start_new_thread(lambda: self._serve(requests), ())
                self._requests = requests
            return self._requests

    def _serve(self, requests: SimpleQueue[_Request]) -> None:
        while True:
            self._serve_one(requests.get())

    def _serve_one(self, request: _Request) -> None:
        try:
            request.outcome = self._start(request) if request.command else None
        except BaseException as error:
            request.outcome = error
        request.done.release()
        if request.abandoned:
            self._discard(request)

    def _start(self, request: _Request) -> subprocess.Popen[bytes]:
        # Checked in the thread that `stop_all` waits for: checked before, a start could slip in behind it.
        if self._clearing and request.caller not in self._clearing:
            raise EndedError(f"{request.command[0]} is not started: the run is being ended")
        process = subprocess.Popen(request.command, start_new_session=True, **request.settings)
        self._running.add(process)
        for observer in self.observers:
            observer(process.pid, True)
        return process

    def _discard(self, request: _Request) -> None:
        """End what was started for somebody who is not there any more: once, by whichever thread finds it started."""
        process = request.outcome
        if isinstance(process, subprocess.Popen) and request.discarding.acquire(blocking=False):
            kill(process, grace=0)
            with suppress(Exception):  # an observer's: nobody is there to hear of it
                self.ended(process)

    def _forget_thread(self) -> None:
        """In a fork, which has neither the thread nor the right to end what was started before it."""
        self._requests, self._beginning, self._running = None, allocate_lock(), set()


SUPERVISOR = Supervisor()
"""That of this process."""


def kill(process: subprocess.Popen[bytes], grace: float = GRACE) -> None:
    """End a process and its group: politely first, so that a client can cancel what it ordered, then by force."""
    if grace:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))  # for what is left of the group, too
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.terminate()
