"""A registry of one's own on this machine: Debian's `docker-registry`, and a way to it that can break."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from ended_runs import wait_for


class OwnRegistry:
    """host: with its port, on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.host = f"127.0.0.1:{self._port}"
        self._config, self._log = folder / "config.yml", folder / "log"
        self._config.write_text(
            f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}}}}}\nhttp: {{addr: '{self.host}'}}\n"
        )
        self.start()

    def start(self) -> None:
        """Serve, with what was there before."""
        with open(self._log, "ab") as log:
            command = ["docker-registry", "serve", str(self._config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        assert wait_for(self._answers, 60), self._log.read_text()[-2000:]

    def stop(self, number: int = signal.SIGKILL) -> None:
        """End it at once, as a crash does."""
        self._process.send_signal(number)
        self._process.wait(20)

    def _answers(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self._port)) == 0


@contextmanager
def own_registry(folder: Path) -> Iterator[OwnRegistry]:
    """Skips where the program is missing."""
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not installed (Debian's package of that name)")
    folder.mkdir(exist_ok=True)
    registry = OwnRegistry(folder)
    try:
        yield registry
    finally:
        registry.stop(signal.SIGTERM)


@contextmanager
def way_to(host: str, change: Callable[[bytes], bytes | None]) -> Iterator[str]:
    """Another port that leads to a server. change: of each piece that comes back; None breaks the connection."""
    server = socket.create_server(("127.0.0.1", 0))
    target = ("127.0.0.1", int(host.rpartition(":")[2]))

    def back(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(1 << 14):
                changed = change(piece)
                if changed is None:
                    break
                sink.sendall(changed)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def forth(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(1 << 14):
                sink.sendall(piece)

    def accept() -> None:
        with suppress(OSError):
            while True:
                here, _ = server.accept()
                try:
                    there = socket.create_connection(target)
                except OSError:  # it is gone: so is the way to it
                    here.close()
                    continue
                threading.Thread(target=back, args=(there, here), daemon=True).start()
                threading.Thread(target=forth, args=(here, there), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.close()
