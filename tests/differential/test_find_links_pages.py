"""Which pages `--find-links` takes files from, held to pip and uv: a page of files, and not the root of an index."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.differential.dummy_index import Wheel, fill
from tests.differential.real_installs import uv_program


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an index of one dummy wheel, /torch/ below its root."""
    folder = tmp_path_factory.mktemp("whl")
    fill(folder, [Wheel("torch", "2.3.1+cpu")])
    (folder / "index.html").write_text('<!DOCTYPE html><html><body><a href="torch/">torch</a></body></html>')
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_the_root_of_an_index_is_no_page_of_files(tool: str, served: str, tmp_path: Path) -> None:
    uv = uv_program()
    if tool == "uv" and uv is None:
        pytest.skip("uv is not installed")
    program = [uv, "pip"] if tool == "uv" and uv is not None else [sys.executable, "-m", "pip"]

    def finds(*source: str) -> bool:
        command = [
            *program,
            "install",
            "--no-deps",
            "--dry-run",
            "--target",
            str(tmp_path / "t"),
            *source,
            "torch==2.3.1",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or "torch" in done.stderr, done.stderr
        return done.returncode == 0

    assert finds("--index-url", served)
    assert finds("--no-index", "--find-links", f"{served}/torch/")
    assert not finds("--no-index", "--find-links", f"{served}/")
