"""Runs that are ended from outside while something hangs: how long they take to end, and what they leave."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from small_family import POLICY, STAGE, Family, docker, family, pytest_command

HANGS = "sleep 3600; : {prefix}"
"""A shell that runs this has the family's prefix in its command line."""
COMPOSE = """\
services:
  one:
    image: {prefix}-one:cpu
    environment: {{HANGS: "1"}}
    networks: [inner]
    volumes: [named:/named, /unnamed]
networks: {{inner: {{}}}}
volumes: {{named: {{}}}}
"""
STAGES = {
    "build": f"FROM {{prefix}}-base:cpu\nRUN {HANGS}\n",
    "probe": "FROM {prefix}-base:cpu\nUSER root\n"
    f"RUN printf '#!/bin/sh\\nexec sh -c \"{HANGS}\"\\n' > /usr/local/bin/python && chmod 755 /usr/local/bin/python\n"
    "USER stage\n",
    "entrypoint": f'FROM {{prefix}}-base:cpu\nENTRYPOINT ["sh", "-c", "{HANGS}"]\n',
    "service": f'{STAGE}ENTRYPOINT ["sh", "-c", "if [ -n \\"$HANGS\\" ]; then {HANGS}; fi; echo usage"]\n',
}
"""The Dockerfile of the stage that hangs, by the phase in which it does."""
INT, TERM, HUP, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL
CODES = {INT: 2, TERM: 2, HUP: -HUP, KILL: -KILL}
"""What pytest ends with, by the signal that ends it."""
LIMIT = 120.0
"""Seconds that anything is waited for."""


class Left(NamedTuple):
    """What is there of a run: things of the engine, processes of it or of its containers and builds, files."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(self)


class Ended(NamedTuple):
    """A run that was ended. seconds: until its process was gone; clear: until nothing was left of it."""

    code: int
    seconds: float
    clear: float
    left: Left


class HangingRun:
    """A run of a family that hangs in a phase. process: the one that was started."""

    def __init__(self, made: Family, process: subprocess.Popen[bytes]) -> None:
        self.made, self.process = made, process
        self._volumes: set[str] = set()

    def left(self) -> Left:
        """What is there of it now."""
        files = [str(path) for path in (self.made.folder / ".tmp").iterdir() if not path.name.startswith("pytest-of-")]
        return Left(
            self._things("ps", "-a", name="Names"),
            self._things("network", "ls"),
            self._things("volume", "ls") + tuple(self._volumes & set(docker("volume", "ls", "-q").split())),
            tuple(self._processes()),
            tuple(files),
        )

    def note_volumes(self) -> None:
        """Remember those of its containers: one without a name carries no label."""
        names = [line.split()[0] for line in self._things("ps", "-a", name="Names")]
        form = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}'
        self._volumes |= set(docker("inspect", "--format", form, *names).split()) if names else set()

    def _things(self, *listing: str, name: str = "Name") -> tuple[str, ...]:
        """Those of the engine that carry its label, or the name that compose is given for it."""
        form = f'{{{{.{name}}}}} {{{{.Label "wxlint.owner"}}}}'
        pid = self.process.pid
        mark = re.compile(rf"wxlint-[0-9a-f]+-{pid}-\S* |/{pid}/")  # the owner: host, boot, number, start
        return tuple(line for line in docker(*listing, "--format", form).splitlines() if mark.search(line))

    def hangs(self) -> bool:
        """Whether what hangs has started; of a service, also while its entrypoint is tried, without the network."""
        return any(" 3600;" in line.replace("sleep", "") for line in self._processes())

    def output(self) -> str:
        """The end of what it printed."""
        return (self.made.folder / "out.txt").read_text(errors="replace")[-2000:]

    def client_parent(self) -> int:
        """The number of the process that started the client of what hangs."""
        for path in Path("/proc").glob("[0-9]*"):
            words = _words(path)
            if words[:2] == ["docker", "run"]:
                with suppress(OSError):
                    if self._is_ours(path):
                        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
        raise AssertionError("no client runs")

    def end(self, number: int, pid: int = 0) -> Ended:
        """Send a signal to a process of it, and wait for the end of all."""
        start = time.monotonic()
        os.kill(pid or self.process.pid, number)
        return self.ending(start)

    def end_worker(self, number: int) -> float:
        """Send a signal to the worker that runs what hangs; seconds until nothing of that is left."""
        worker, containers = self.client_parent(), self.left().containers
        start = time.monotonic()
        os.kill(worker, number)
        over = wait_for(
            lambda: not _words(Path(f"/proc/{worker}")) and not set(containers) & set(self.left().containers), LIMIT
        )
        assert over, "a worker or its container is left"
        return time.monotonic() - start

    def ending(self, start: float) -> Ended:
        """Wait for the end of all. start: of the clock."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(LIMIT)
        seconds = time.monotonic() - start
        wait_for(lambda: not self.left(), LIMIT)
        clear = time.monotonic() - start
        return Ended(self.process.returncode, seconds, clear, self.left())

    def _is_ours(self, path: Path) -> bool:
        with suppress(OSError):
            return f"TMPDIR={self.made.folder}/.tmp\0".encode() in (path / "environ").read_bytes()
        return False

    def _processes(self) -> Iterator[str]:
        for path in Path("/proc").glob("[0-9]*"):
            words = _words(path)
            if words and (self.made.prefix in " ".join(words) or self._is_ours(path)):
                yield f"{path.name} {' '.join(words)[:200]}"


def _words(path: Path) -> list[str]:
    """The command line of a process; nothing of one that is over."""
    try:
        return (path / "cmdline").read_text(errors="replace").split("\0")[:-1]
    except OSError:
        return []


@contextmanager
def hanging_run(folder: Path, phase: str, *arguments: str, command: tuple[str, ...] = ()) -> Iterator[HangingRun]:
    """A run that is given once something hangs in it.

    Args:
        phase: of STAGES.
        arguments: further ones of pytest.
        command: another one of wxlint in place of pytest.
    """
    policy = POLICY + "compose: [docker-compose.yml]\n" if phase == "service" else POLICY
    with family(folder, {"one": STAGES[phase]}, policy) as made:
        if phase == "service":
            made.write("docker-compose.yml", COMPOSE.format(prefix=made.prefix))
        with started_run(made, *arguments, command=command) as run:
            assert wait_for(lambda: run.hangs() and (phase != "service" or run.left().networks), LIMIT), run.output()
            run.note_volumes()
            yield run


@contextmanager
def started_run(
    made: Family, *arguments: str, command: tuple[str, ...] = (), env: Mapping[str, str] | None = None
) -> Iterator[HangingRun]:
    """A run of a family that was just started.

    Args:
        arguments: further ones of pytest.
        command: another one of wxlint in place of pytest.
        env: further variables.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "wxlint", *command] if command else pytest_command("wxlint.yaml", *arguments),
        cwd=made.folder,
        env=made.env({"PYTHONUNBUFFERED": "1", **(env or {})}),
        stdout=(made.folder / "out.txt").open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=default_signals,
    )
    run = HangingRun(made, process)
    try:
        yield run
    finally:
        process.kill()
        process.wait()
        wait_for(lambda: not run.left(), LIMIT)


def default_signals() -> None:
    """A shell starts its background jobs with SIGINT ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> bool:
    """Look until something is so; a container of another process has no event to wait for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())
