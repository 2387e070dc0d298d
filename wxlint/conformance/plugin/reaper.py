"""A process that outlives its session by a moment and removes what that left: containers, folders, running clients.

Three nets: everything is removed where it was started; the reaper clears up when the session dies in any way, SIGKILL
included; `wxlint sweep` clears what a power cut left.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from wxlint.conformance.container.client import Client
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.plugin.session_id import owner as own_name
from wxlint.conformance.plugin.session_id import started
from wxlint.conformance.plugin.sweep import owner_of, sweep_all
from wxlint.conformance.plugin.workspace import Workspace, alive
from wxlint.core.supervisor import SUPERVISOR

_ROUNDS = 20
_PAUSE = 0.5
"""Seconds between two rounds."""
_PROGRAM = "import sys; from wxlint.conformance.plugin.reaper import main; main(*sys.argv[1:])"


class Reaper:
    """The reaper of this process: it waits for the end of a pipe, through which it learns of the clients that run."""

    def __init__(self, engines: Sequence[Engine], workspace: Workspace) -> None:
        clients = json.dumps([engine.client for engine in engines])
        paths = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, clients, workspace.name, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C and a closed terminal must not end it
            cwd="/" if os.name == "posix" else None,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        SUPERVISOR.observers.append(self._note)

    def _note(self, pid: int, starts: bool) -> None:
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write(f"{'+' if starts else '-'}{pid} {started(pid)}\n".encode())
            self._process.stdin.flush()

    def dismiss(self) -> None:
        """Everything was removed already."""
        SUPERVISOR.observers.remove(self._note)
        with suppress(OSError, ValueError):
            self._process.communicate(b"done\n", timeout=10)


@contextmanager
def watched(program: str) -> Iterator[Engine]:
    """An engine for a run outside of pytest: what it starts ends with this process, however that ends.

    Raises UsageError for another program, WxlintError where no folder can be made.
    """
    owner = own_name()
    engine = Engine(program, os.urandom(6).hex(), owner)
    workspace = Workspace(engine.session).make()
    workspace.write("owner", owner)
    reaper = Reaper([engine], workspace)
    try:
        yield engine
    finally:
        reaper.dismiss()
        workspace.remove()


def main(listed: str, name: str, process: str) -> None:
    """Wait for the end of the session's process, then remove what it left. Runs in the reaper.

    listed: the engines' clients, as JSON.
    """
    clients: dict[str, str] = {}
    for line in sys.stdin.buffer:
        words = line.decode("ascii", "replace").strip()
        if words == "done":
            return
        pid, _, start = words[1:].partition(" ")
        if words.startswith("+"):
            clients[pid] = start
        else:
            clients.pop(pid, None)
    for pid, start in clients.items():
        if pid.isdigit() and start and started(int(pid)) == start:
            with suppress(OSError):
                os.killpg(int(pid), signal.SIGTERM)  # a client that is asked cancels what it ordered
    clear([Engine(Client(*client), name) for client in json.loads(listed)], name, process)
    for pid, start in clients.items():
        if pid.isdigit() and start and started(int(pid)) == start:
            with suppress(OSError):
                os.killpg(int(pid), signal.SIGKILL)


def clear(engines: Sequence[Engine], name: str, process: str) -> None:
    """Remove what a process of a session left, or all of the session when that is over too.

    Until twice nothing is found: a client that was starting may still add something.
    """
    quiet = 0
    for _ in range(_ROUNDS):
        over = not alive(owner_of(name))
        swept = sweep_all(engines, name, process="" if over else process)
        if not swept:  # the engines are gone, and their containers with them; the rest is for `wxlint sweep`
            time.sleep(_PAUSE)
            continue
        quiet = quiet + 1 if not any(each.containers or each.networks for each in swept) else 0
        if quiet == 2:
            break
        time.sleep(_PAUSE)
