"""The workers of xdist that run engines: they end together, since xdist and execnet wait for what they run."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from wxlint.conformance.plugin.session_id import started
from wxlint.conformance.plugin.workspace import Workspace

_PREFIX = "worker-"


def enlist(workspace: Workspace) -> None:
    """In a worker: let the others and the controller know of this process."""
    workspace.write(f"{_PREFIX}{os.getpid()}", started(os.getpid()))


def end_all(session: str) -> None:
    """Ask the other processes of a session to end, those that let us know of themselves."""
    workspace = Workspace(session)
    for path in workspace.path.glob(f"{_PREFIX}*.json"):
        pid = path.stem[len(_PREFIX) :]
        if pid.isdigit() and int(pid) != os.getpid() and workspace.read(path.stem) == started(int(pid)):
            with suppress(OSError):
                os.kill(int(pid), signal.SIGTERM)
