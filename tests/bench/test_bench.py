"""The measuring scripts still run; their figures are for people."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WXLINT = str(Path(sys.executable).with_name("wxlint"))


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, f"bench/{script}", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", sorted({p.name for p in (ROOT / "bench").glob("*.py")} - {"shapes.py"}))
def test_every_script_says_what_it_measures(script: str) -> None:
    assert "usage:" in run(script, "--help")


def test_speed_of_check() -> None:
    assert "20 files: " in run("check_bench.py", "--files", "20", "--kilobytes", "4", "--runs", "1")


def test_comparing_outputs() -> None:
    assert run("compare_outputs.py", WXLINT, WXLINT, "docker/demux") == "1 folders, 0 answers differ\n"


def test_speed_of_inspect() -> None:
    printed = run("inspect_bench.py", "--members", "200", "--gigabytes", "0.001", "--layers", "2", "--rounds", "1")
    assert "ratio" in printed
