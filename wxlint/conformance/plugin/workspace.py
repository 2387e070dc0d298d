"""The folder that all processes of a session share: facts as JSON, locks, progress; whether a session still runs."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wxlint.conformance.container.locks import locked
from wxlint.conformance.container.paths import file_name
from wxlint.conformance.plugin import session_id
from wxlint.core.errors import WxlintError

PREFIX = "wxlint-"


def alive(owner: str) -> bool:
    """Whether the owner of a label still runs; one of another host counts as alive: that is not seen from here."""
    host, boot, pid, started = (owner.split("/") + ["", "", "", ""])[:4]
    if host != platform.node():
        return bool(host)
    if boot != session_id.boot() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass
    return session_id.started(int(pid)) == started


class Workspace:
    """The folder of a session. Facts are written whole or not at all; locks end with their process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = Path(tempfile.gettempdir()) / f"{PREFIX}{name}"

    def make(self) -> Workspace:
        """For this user alone. Raises WxlintError when somebody else made one of this name."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        status = self.path.lstat()
        if self.path.is_symlink() or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            raise WxlintError(f"{self.path} belongs to somebody else")
        return self

    def write(self, name: str, value: Any) -> None:
        """Keep facts under a name."""
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=".new-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(value, file)
            os.replace(temporary, self.path / f"{file_name(name)}.json")
        except OSError:
            os.unlink(temporary)
            raise

    def read(self, name: str) -> Any:
        """The facts of a name; None when they were not written."""
        try:
            return json.loads((self.path / f"{file_name(name)}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def log(self, line: str) -> None:
        """Add a line to the progress that the controller of several workers shows."""
        with open(self.path / "progress", "a", encoding="utf-8") as file:
            file.write(line.replace("\n", " ") + "\n")

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a lock of the session."""
        with locked(self.path / f"{file_name(name)}.lock"):
            yield

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
