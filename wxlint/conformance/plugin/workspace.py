"""One run of the kit: its name, its folder shared by all its processes, its locks, and what removes what it leaves behind.

Three nets: everything is removed where it was started; a keeper process clears up when the session dies in any way, SIGKILL
included; `wxlint sweep` clears what a power cut left, by the labels, and leaves sessions that still run alone.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from wxlint.conformance.container.engine import OWNER_LABEL, PROCESS_LABEL, SESSION_LABEL, Engine
from wxlint.conformance.plugin import session_id as names
from wxlint.core.errors import EngineError, WxlintError

_PREFIX = "wxlint-"
_PROJECT = "com.docker.compose.project"


def alive(named: str) -> bool:
    """Whether the owner of a label still runs; one of another host counts as alive, since that cannot be seen from here."""
    host, boot, pid, started = (named.split("/") + ["", "", "", ""])[:4]
    if host != platform.node():
        return bool(host)
    if boot != names.boot() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return names.started(int(pid)) == started


class Folder:
    """The folder of a session: facts as JSON, written whole or not at all, and locks that end with their process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = Path(tempfile.gettempdir()) / f"{_PREFIX}{name}"

    def make(self) -> Folder:
        """For this user alone. Raises WxlintError when somebody else made one of this name."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        status = self.path.lstat()
        if self.path.is_symlink() or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            raise WxlintError(f"{self.path} belongs to somebody else")
        return self

    def write(self, name: str, value: Any) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=".new-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(temporary, self.path / f"{file_name(name)}.json")

    def read(self, name: str) -> Any:
        """None when it was not written."""
        try:
            return json.loads((self.path / f"{file_name(name)}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def log(self, line: str) -> None:
        """Add a line for whoever shows the progress."""
        with open(self.path / "progress", "a", encoding="utf-8") as file:
            file.write(line.replace("\n", " ") + "\n")

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        with locked(self.path / f"{file_name(name)}.lock"):
            yield

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def file_name(name: str) -> str:
    """A name such as "asr:cuda" as a file's."""
    return "".join(c if c.isalnum() or c in "-_." else f"%{ord(c):x}" for c in name).lstrip(".")


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold a lock file; the system lets go of it when the process ends in whatever way. False when it was taken and `wait` is false."""
    with open(path, "a+b") as file:
        if sys.platform == "win32":
            import msvcrt
            import time

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                except OSError:
                    if not wait:
                        yield False
                        return
                    time.sleep(0.1)  # LK_LOCK gives up after ten tries
            try:
                yield True
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
            return
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


class Swept(NamedTuple):
    """What was removed: containers, networks, volumes and images of the engine by name, folders; and the living sessions that were left alone."""

    containers: tuple[str, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]
    images: tuple[str, ...]
    folders: tuple[str, ...]
    living: tuple[str, ...]

    @property
    def removed(self) -> int:
        return len(self.containers) + len(self.networks) + len(self.volumes) + len(self.images) + len(self.folders)


_LIST = {
    "container": ("ps", "-a"),
    "network": ("network", "ls"),
    "volume": ("volume", "ls"),
    "image": ("images",),
}
_REMOVE = {
    "container": ("rm", "-f", "-v"),
    "network": ("network", "rm"),
    "volume": ("volume", "rm", "-f"),
    "image": ("rmi", "-f"),
}


def sweep(engine: Engine, session: str | None = None, everything: bool = False, process: str = "") -> Swept:
    """Remove what sessions left in the engine, and their folders.

    session: of this one only, whether it runs or not. process: of that process of it only, and no folder.
    everything: living sessions and those of other hosts too. Raises EngineError.
    """
    removed: dict[str, list[str]] = {}
    living: set[str] = set()
    # A compose project is named after its session, since compose labels what it makes in its own way.
    for kind, label in [(kind, SESSION_LABEL) for kind in _LIST] + [
        (kind, _PROJECT) for kind in ("container", "network", "volume")
    ]:
        for identifier, name, of, by, made_by in _listed(engine, kind, label):
            if label == _PROJECT:
                if not of.startswith(_PREFIX):
                    continue
                of, _, made_by = of[len(_PREFIX) :].rpartition("-")[0].partition("-")
            by = by or _folder_owner(of)
            if session is not None:
                if of != session or (process and made_by != process):
                    continue
            elif not everything and by and alive(by):
                living.add(of)
                continue
            if not engine.call(*_REMOVE[kind], identifier).code and name not in removed.setdefault(kind, []):
                removed[kind].append(name)
    folders = []
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        name = path.name[len(_PREFIX) :]
        if process or not (path / "owner.json").is_file() or (session is not None and name != session):
            continue
        if session is None and not everything and alive(_folder_owner(name)):
            living.add(name)
            continue
        shutil.rmtree(path, ignore_errors=True)
        folders.append(str(path))
    kinds = (tuple(removed.get(kind, ())) for kind in _LIST)
    return Swept(*kinds, tuple(folders), tuple(sorted(living)))  # type: ignore[call-arg]


def _folder_owner(session: str) -> str:
    with suppress(OSError, ValueError):
        return str(Folder(session).read("owner") or "")
    return ""


def _listed(engine: Engine, kind: str, label: str) -> Iterator[tuple[str, str, str, str, str]]:
    """(id, name, value of the label, owner, process)"""
    name = {
        "container": "{{.Names}}",
        "volume": "{{.Name}}",
        "network": "{{.Name}}",
        "image": "{{.Repository}}:{{.Tag}}",
    }[kind]
    identifier = "{{.Name}}" if kind == "volume" else "{{.ID}}"
    done = engine.call(*_LIST[kind], "--filter", f"label={label}", "--format", f"{identifier}\t{name}")
    if done.code:
        raise EngineError(f"{engine.program} {' '.join(_LIST[kind])}: {done.message}")
    field = ".Config.Labels" if kind in ("container", "image") else ".Labels"
    for line in done.out.splitlines():
        found, _, shown = line.partition("\t")
        form = "\t".join(f'{{{{index {field} "{each}"}}}}' for each in (label, OWNER_LABEL, PROCESS_LABEL))
        told = engine.call(kind, "inspect", "--format", form, found)
        parts = told.out.strip("\n").split("\t")
        if not told.code and len(parts) == 3:
            yield found, shown, parts[0], parts[1], parts[2]


KEEPER = """
import sys, os
told = sys.stdin.buffer.read()
if told.endswith(b"done"):
    sys.exit(0)
from wxlint.conformance.plugin.workspace import clear_after
clear_after(sys.argv[1], sys.argv[2], sys.argv[3])
"""


class Keeper:
    """A process that outlives this one just long enough to remove what it left: it waits for the end of a pipe."""

    def __init__(self, engine: Engine, folder: Folder) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", KEEPER, engine.program, folder.name, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C and a closed terminal must not end it
            cwd="/" if os.name == "posix" else None,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(
                    p for p in [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")] if p
                ),
            },
        )

    def dismiss(self) -> None:
        """Everything was removed already."""
        with suppress(OSError):
            self._process.communicate(b"done", timeout=10)


def clear_after(program: str, name: str, process: str) -> None:
    """What the keeper does: remove what a process of a session left, or all of the session when that is over too.

    Until twice nothing is found: a client that was starting may still add something.
    """
    import time

    quiet = 0
    for _ in range(20):
        over = not alive(_folder_owner(name))
        try:
            swept = sweep(Engine(program, name), name, process="" if over else process)
        except WxlintError:  # the engine is gone, and its containers with it; the rest is for `wxlint sweep`
            time.sleep(0.5)
            continue
        quiet = quiet + 1 if not swept.containers and not swept.networks else 0
        if quiet == 2:
            break
        time.sleep(0.5)
