"""An engine of one's own, in memory, that may be killed or filled up: nobody else's images are near it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ended_runs import STAGES, wait_for
from small_family import POLICY, Family, docker, family, pytest_command

RUNNING = ("ps", "--no-trunc", "--format", "{{.Command}}")
"""Lists the commands of running containers."""
_START = 60.0
"""Seconds for an engine to answer."""


class Fault(NamedTuple):
    """A run in which something failed. seconds: from then to its end; output: of pytest. left: its files."""

    code: int
    seconds: float
    output: str
    left: tuple[str, ...]


class OwnEngine:
    """host: for DOCKER_HOST. It has no network, and touches none of this machine."""

    def __init__(self, folder: Path, *options: str) -> None:
        """options: further ones of dockerd."""
        self.folder = folder
        self.host = f"unix://{folder}/docker.sock"
        paths = ("--data-root", folder / "data", "--exec-root", folder / "exec", "--pidfile", folder / "pid")
        network = ("--bridge=none", "--iptables=false", "--ip-forward=false")
        # In a network namespace of its own: an engine without a bridge removes docker0, which may be another's.
        self._process = subprocess.Popen(
            ["unshare", "--net", "dockerd", *map(str, paths), "-H", self.host, *network, *options],
            stdout=(folder / "log").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        answers = ["docker", "-H", self.host, "version"]
        started = wait_for(lambda: not subprocess.run(answers, capture_output=True).returncode, _START)
        assert started, (folder / "log").read_text()[-2000:]

    def docker(self, *arguments: str) -> str:
        """What its client prints."""
        return docker("-H", self.host, *arguments)

    def load(self, *names: str) -> None:
        """Give it images of this machine's engine."""
        with subprocess.Popen(["docker", "save", *names], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "-H", self.host, "load", "-q"], stdin=saved.stdout, check=True)

    def kill(self) -> None:
        """End the engine at once, as a crash does."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it with all that it started, which has the name of its folder in its command line."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._started():
                with suppress(OSError):
                    os.kill(pid, number)
            wait_for(lambda: not self._started(), 5)
        with open("/proc/self/mounts") as file:
            points = [line.split()[1] for line in file]
        for point in sorted((p for p in points if p.startswith(f"{self.folder}/")), reverse=True):
            subprocess.run(["umount", "-l", point], capture_output=True)

    def _started(self) -> list[int]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = path.read_bytes().split(b"\0")
                program = os.path.basename(words[0].decode(errors="replace"))
                if program.startswith(("containerd", "dockerd", "runc")) and f"{self.folder}/".encode() in b" ".join(
                    words
                ):
                    found.append(int(path.parent.name))
        return found


@contextmanager
def own_engine(megabytes: int, *options: str) -> Iterator[OwnEngine]:
    """An engine whose disk is so large, and is memory. Needs root and dockerd. options: further ones of dockerd."""
    home = Path(tempfile.mkdtemp(prefix="engine-", dir="/tmp"))  # the path of a socket has 107 bytes at most
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(home)], check=True)
    try:
        engine = OwnEngine(home, *options)
        try:
            yield engine
        finally:
            engine.close()
    finally:
        subprocess.run(["umount", "-l", str(home)], check=True)
        home.rmdir()


def full_disk(folder: Path) -> Fault:
    """A family whose image does not fit on the engine's disk, of which 1 GB must be free to begin with."""
    with own_engine(1200) as engine, family(folder / "family", {}) as made:
        made.write("docker/base/Dockerfile", "FROM scratch\nCOPY big /big\nUSER 1000\n")
        made.write("wxlint.yaml", made.policy.read_text().replace("python:3.11-slim*", "scratch"))
        with (made.folder / "big").open("wb") as file:
            file.truncate(1300 << 20)
        process = _started(made, engine)
        assert wait_for(lambda: process.poll() is not None or shutil.disk_usage(engine.folder).free < 64 << 20, 120)
        return _ended(made, process)


def engine_gone(folder: Path) -> Fault:
    """A run whose engine is killed while an image's entrypoint hangs."""
    with own_engine(1500) as engine, family(folder / "family", {"one": STAGES["entrypoint"]}) as made:
        assert made.pytest("-k", "exists").returncode == 0
        engine.load(*made.images(), "python:3.11-slim")
        process = _started(made, engine, "--wx-build", "never")
        assert wait_for(lambda: "sleep 3600" in engine.docker(*RUNNING), 120)
        engine.kill()
        return _ended(made, process)


def _started(made: Family, engine: OwnEngine, *options: str) -> subprocess.Popen[str]:
    """A run of pytest on an engine of one's own."""
    return subprocess.Popen(
        pytest_command(*options, "wxlint.yaml"),
        cwd=made.folder,
        env=made.env({"DOCKER_HOST": engine.host}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _ended(made: Family, process: subprocess.Popen[str]) -> Fault:
    """The end of a run whose engine failed just now."""
    start = time.monotonic()
    output, _ = process.communicate(timeout=300)
    return Fault(process.returncode, time.monotonic() - start, output, _files(made))


def registry_gone(folder: Path) -> Fault:
    """A family whose upstream is in a registry that does not answer."""
    nowhere = "127.0.0.1:9/t/x:1"
    with family(folder / "family", {}, POLICY.replace("python:3.11-slim*", nowhere)) as made:
        made.write("docker/base/Dockerfile", f"FROM {nowhere}\nUSER 1000\n")
        start = time.monotonic()
        done = made.pytest()
        return Fault(done.returncode, time.monotonic() - start, done.stdout, _files(made))


def _files(made: Family) -> tuple[str, ...]:
    """Files of the session, once what clears up behind it had its time."""
    folder = made.folder / ".tmp"

    def found() -> list[str]:
        return [str(path) for path in folder.iterdir() if not path.name.startswith("pytest-of-")]

    wait_for(lambda: not found(), 15)
    return tuple(found())


@contextmanager
def by_tcp(engine: OwnEngine) -> Iterator[str]:
    """Its address on this machine's loopback: what is sent there goes on to its socket."""
    server = socket.create_server(("127.0.0.1", 0))
    path = engine.host.removeprefix("unix://")

    def accept() -> None:
        with suppress(OSError):
            while True:
                here, _ = server.accept()
                there = socket.socket(socket.AF_UNIX)
                try:
                    there.connect(path)
                except OSError:
                    here.close()
                    continue
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=_pass_on, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.close()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
