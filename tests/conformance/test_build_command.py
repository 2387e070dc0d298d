"""`wxlint build` as it is typed: what it says of images that are there, missing, broken or blocked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_family import Family, family, need_engine

pytestmark = pytest.mark.engine


def build(made: Family, *words: str) -> tuple[int, list[str], str]:
    """`wxlint build WORDS` in the family's folder: (exit code, lines on standard output, standard error)."""
    done = subprocess.run(
        [sys.executable, "-m", "wxlint", "build", *words],
        cwd=made.folder,
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(made.folder / ".cache")},
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_what_is_there_and_what_is_not(tmp_path: Path) -> None:
    need_engine()
    with family(tmp_path) as made:
        code, said, more = build(made, "--mode", "never")
        assert (code, said) == (1, ["base:cpu  missing", "one:cpu   missing", "two:cpu   missing", "3 missing"])
        assert "to build what is missing: wxlint build --select base:cpu,one:cpu,two:cpu" in more
        code, said, more = build(made, "--select", "one")
        assert code == 0, more
        assert said[0].startswith("base:cpu  built in ") and said[0].endswith(f" s  {made.prefix}-base:cpu")
        assert said[-1] == "2 built"
        assert build(made, "--select", "one")[1][-1] == "2 up to date"
        code, said, more = build(made, "--mode", "never")
        assert (code, said[1:]) == (
            1,
            [f"one:cpu   found  {made.prefix}-one:cpu", "two:cpu   missing", "2 found, 1 missing"],
        )
        assert "wxlint build --select two:cpu\n" in more


def test_a_base_that_fails_says_why_and_what_it_blocks(tmp_path: Path) -> None:
    need_engine()
    with family(tmp_path) as made:
        made.write("docker/base/Dockerfile", "FROM python:3.11-slim\nRUN echo this is why; false\n")
        code, said, more = build(made)
        assert code == 1
        assert said[1:] == [
            "one:cpu   blocked by base:cpu",
            "two:cpu   blocked by base:cpu",
            "1 failed (base:cpu), 2 blocked",
        ]
        assert said[0].startswith("base:cpu  failed in ")
        assert "this is why" in more
        assert "blocked by base:cpu: one:cpu, two:cpu" in more
