"""Runs that are ended from outside while something hangs: how long they take to end, and what they leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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
networks: {{inner: {{}}}}
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
LIMIT = 120.0
"""Seconds that anything is waited for."""


class Left(NamedTuple):
    """What is there of a run: things of the engine, processes of it or of its containers and builds, files."""

    containers: tuple[str, ...]
    networks: tuple[str, ...]
    processes: tuple[str, ...]
    files: tuple[str, ...]

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

    def left(self) -> Left:
        """What is there of it now."""
        labelled = ("--filter", "label=wxlint.session", "--format")
        form = '{{.Names}} {{.Label "wxlint.owner"}}'
        mark = f"/{self.process.pid}/"  # the owner is host, boot, number and start of the process
        containers = [line for line in docker("ps", "-a", *labelled, form).splitlines() if mark in line]
        networks = [
            line
            for line in docker("network", "ls", *labelled, form.replace("Names", "Name")).splitlines()
            if mark in line
        ]
        files = [str(path) for path in (self.made.folder / ".tmp").iterdir() if not path.name.startswith("pytest-of-")]
        return Left(tuple(containers), tuple(networks), tuple(self._processes()), tuple(files))

    def hangs(self) -> bool:
        """Whether what hangs has started."""
        return any(" 3600;" in line.replace("sleep", "") for line in self._processes())

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
    """A run of pytest that is given once something hangs in it; without hypothesis, which it would import to end.

    Args:
        phase: of STAGES.
        arguments: further ones of pytest.
        command: another one of wxlint in place of pytest.
    """
    policy = POLICY + "compose: [docker-compose.yml]\n" if phase == "service" else POLICY
    with family(folder, {"one": STAGES[phase]}, policy) as made:
        if phase == "service":
            made.write("docker-compose.yml", COMPOSE.format(prefix=made.prefix))
        process = subprocess.Popen(
            [sys.executable, "-m", "wxlint", *command]
            if command
            else pytest_command("-p", "no:hypothesispytest", "wxlint.yaml", *arguments),
            cwd=made.folder,
            env=made.env({"PYTHONUNBUFFERED": "1"}),
            stdout=(made.folder / "out.txt").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=default_signals,
        )
        run = HangingRun(made, process)
        try:
            assert wait_for(run.hangs, LIMIT), (made.folder / "out.txt").read_text(errors="replace")[-2000:]
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
