"""The workers of xdist that run engines: the controller ends them, since execnet waits for what they run."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from wxlint.conformance.plugin.session_id import started
from wxlint.conformance.plugin.workspace import Workspace

_PREFIX = "worker-"


def enlist(workspace: Workspace) -> None:
    """In a worker: let the controller know of this process."""
    workspace.write(f"{_PREFIX}{os.getpid()}", started(os.getpid()))


def end_all(session: str) -> None:
    """In the controller: ask the workers of a session to end, those that let it know of themselves."""
    workspace = Workspace(session)
    for path in workspace.path.glob(f"{_PREFIX}*.json"):
        pid = path.stem[len(_PREFIX) :]
        if pid.isdigit() and workspace.read(path.stem) == started(int(pid)):
            with suppress(OSError):
                os.kill(int(pid), signal.SIGTERM)
