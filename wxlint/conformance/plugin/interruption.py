"""How a session ends early: polite signals are taken as Ctrl-C, and a worker ends with its controller."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

import pytest

from wxlint.conformance.plugin import workers
from wxlint.conformance.plugin.workspace import alive

_WATCH = 0.5
"""Seconds between two looks of a worker at its controller."""


class Interruption:
    """What this process does about signals, and gives back at the end. Its hook is pytest's.

    session: its name. owner: the process of the controller. worker: whether this process is one of xdist's.
    """

    def __init__(self, session: str, owner: str, worker: bool) -> None:
        self._session, self._owner, self._worker = session, owner, worker
        self._before: dict[signal.Signals, Any] = {}
        self._clearing_up = False

    def catch_signals(self) -> None:
        """Take a polite end as Ctrl-C, so that pytest clears up and reports; a worker's end is that of all."""
        taken: dict[signal.Signals, Any] = {signal.SIGTERM: signal.SIG_DFL}
        if self._worker:
            taken[signal.SIGINT] = signal.default_int_handler
        with suppress(ValueError):  # not in the main thread: somebody else decides
            for number, default in taken.items():
                if signal.getsignal(number) is default:
                    self._before[number] = signal.signal(number, self._interrupt)

    def _interrupt(self, number: int, frame: object) -> None:
        """End as by Ctrl-C, once: a second signal must not break off what clears up."""
        if self._clearing_up or isinstance(sys.exc_info()[1], KeyboardInterrupt):
            return
        if self._worker:  # before this one clears up, so that none takes its place
            workers.end_all(self._session)
        raise KeyboardInterrupt(signal.Signals(number).name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """From here on this process clears up."""
        self._clearing_up = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object, error: object) -> None:
        """xdist, in the controller: one worker's end is that of all; xdist would first start another in its place."""
        if error == "keyboard-interrupt":
            raise KeyboardInterrupt("a worker was interrupted")

    def watch(self, ended: threading.Event) -> None:
        """In a worker: end with the controller, which may be killed; execnet would wait for what runs."""
        while not ended.wait(_WATCH):
            if not alive(self._owner):
                os.kill(os.getpid(), signal.SIGTERM)
                return

    def give_back(self) -> None:
        """Leave signals to whoever had them before."""
        for number, handler in self._before.items():
            with suppress(ValueError):
                signal.signal(number, handler)
