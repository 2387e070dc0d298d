"""Runs that are ended in each phase, and engines that fail: nothing is left, and no image is blamed."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from ended_runs import CODES, STAGES, Left, hanging_run
from own_engine import Fault, engine_gone, full_disk, registry_gone
from small_family import need_engine

INT, TERM, HUP, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL
IN_THE_GATE = {
    ("build", INT),
    ("build", KILL),
    ("probe", TERM),
    ("entrypoint", INT),
    ("service", INT),
    ("service", HUP),
}
NOTHING = Left()


@pytest.mark.engine
@pytest.mark.parametrize(
    ("phase", "number"),
    [
        pytest.param(phase, number, marks=() if (phase, number) in IN_THE_GATE else pytest.mark.slow)
        for phase in STAGES
        for number in CODES
    ],
)
def test_a_run_that_is_ended_leaves_nothing(tmp_path: Path, phase: str, number: signal.Signals) -> None:
    need_engine()
    with hanging_run(tmp_path, phase) as run:
        there = run.left()
        assert phase != "service" or (there.containers and there.networks and len(there.volumes) == 3), there
        ended = run.end(number)
    assert (ended.code, ended.left) == (CODES[number], NOTHING)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("number", "code"),
    [(INT, 130), (KILL, -KILL), *(pytest.param(n, 128 + n, marks=pytest.mark.slow) for n in (TERM, HUP))],
)
def test_wxlint_build_leaves_no_build(tmp_path: Path, number: int, code: int) -> None:
    need_engine()
    with hanging_run(tmp_path, "build", command=("build",)) as run:
        ended = run.end(number)
    assert (ended.code, ended.left) == (code, NOTHING)


@pytest.mark.engine
@pytest.mark.parametrize("number", [INT, TERM, pytest.param(HUP, marks=pytest.mark.slow), KILL])
def test_workers_end_with_their_controller(tmp_path: Path, number: signal.Signals) -> None:
    need_engine()
    pytest.importorskip("xdist")
    with hanging_run(tmp_path, "entrypoint", "-n", "2") as run:
        ended = run.end(number)
    assert (ended.code, ended.left) == (CODES[number], NOTHING)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("number", [INT, TERM, HUP, KILL])
def test_a_worker_that_is_ended_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    need_engine()
    pytest.importorskip("xdist")
    with hanging_run(tmp_path, "entrypoint", "-n", "2") as run:
        run.end_worker(number)
        if number in (INT, TERM):
            assert run.process.wait(120) == CODES[number]
            assert "replacing crashed worker" not in (tmp_path / "out.txt").read_text()


@pytest.mark.engine
def test_a_registry_that_a_build_needs_is_an_error_and_blames_no_image(tmp_path: Path) -> None:
    need_engine()
    blames_no_image(registry_gone(tmp_path), "connection refused")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("fault", "words"),
    [(full_disk, "no space left on device"), (engine_gone, "no engine answers")],
    ids=["disk full", "engine gone"],
)
def test_an_engine_that_fails_is_an_error_and_blames_no_image(
    tmp_path: Path, fault: Callable[[Path], Fault], words: str
) -> None:
    need_engine()
    if shutil.which("dockerd") is None or shutil.which("unshare") is None or os.geteuid():
        pytest.skip("an engine of one's own needs dockerd, unshare and root")
    blames_no_image(fault(tmp_path), words)


def blames_no_image(found: Fault, words: str) -> None:
    """Assert that a run ended in ERROR, with a reason, and left nothing."""
    assert (found.code, found.left) == (1, ()), found.output
    assert "ERROR" in found.output
    assert words in found.output
    assert " 0 FAIL" in found.output
