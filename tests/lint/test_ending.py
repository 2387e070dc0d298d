"""A check that is ended at any moment leaves no process and no half of a report."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("signals_by_default")

COUNT = 160
"""Dockerfiles: enough for two processes."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    (root / ".git").mkdir()
    for number in range(COUNT):
        (root / f"s{number}").mkdir()
        text = "FROM python:latest\nRUN pip install torch==2.3.1 && apt-get update\n" * 5
        (root / f"s{number}" / "Dockerfile").write_text(text)
    return root


class Run:
    """A check whose processes, all of them, hold the end of a pipe open."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.alive, inlet = os.pipe()
        words = ["check", "--jobs", "2", "--format", "json", "--output", str(folder / "out.json"), str(root)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wxlint", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(inlet,),
            start_new_session=True,
        )
        os.close(inlet)

    def end(self, number: int, everybody: bool) -> None:
        """Send a signal to the program, or to all of its processes, as Ctrl-C does."""
        with suppress(ProcessLookupError):
            (os.killpg if everybody else os.kill)(self.process.pid, number)

    def is_gone(self) -> bool:
        """Wait until nobody holds the pipe; ten seconds are more than anything here takes."""
        try:
            ready, _, _ = select.select([self.alive], [], [], 10)
            return bool(ready) and os.read(self.alive, 1) == b""
        finally:
            os.close(self.alive)


@pytest.mark.parametrize("runs", [24, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda s: s.name)
def test_no_process_and_no_half_report_is_left(large: Path, tmp_path: Path, runs: int, number: int) -> None:
    seed = random.randrange(2**32)
    moments = random.Random(seed)
    began = time.monotonic()
    whole = Run(large, tmp_path / "whole")
    assert whole.process.wait() == 1 and whole.is_gone()
    lasts = time.monotonic() - began
    for batch in range(0, runs, 4):  # four at a time on the cores there are: a load
        started = [Run(large, tmp_path / f"{batch + each}") for each in range(4)]
        due = sorted((moments.uniform(0, 3 * lasts), each) for each in range(4))
        began = time.monotonic()
        for moment, each in due:
            run = started[each]
            try:
                run.process.wait(max(0.0, began + moment - time.monotonic()))
            except subprocess.TimeoutExpired:
                run.end(number, everybody=moments.random() < 0.5)
        for run in started:
            assert run.process.wait() != 3, f"seed {seed}"
            assert run.is_gone(), f"seed {seed}: a process is left of group {run.process.pid}"
            left = {path.name for path in run.folder.iterdir()}
            if number != signal.SIGKILL:  # it leaves nobody to put things in order
                assert left <= {"out.json"}, f"seed {seed}"
            if "out.json" in left:
                assert len(json.loads((run.folder / "out.json").read_text())["findings"]) >= COUNT, f"seed {seed}"
