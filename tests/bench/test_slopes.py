"""No shape of file costs much more than its size: counted in calls, since time is the machine's."""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.shapes import SHAPES, Shape
from bench.slopes import write
from wxlint.cli.main import main

STEEP: dict[str, str] = {}
"""Shapes that are steeper than linear, with the reason why that is bounded."""


def calls(
    make: Shape,
    n: int,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    also: Callable[[], None] = lambda: None,
) -> int:
    """Count the calls, of Python's and of C's functions, in a check. also: what else begins to watch it.

    Answers and patterns that are kept are forgotten before, and what earlier checks have left is collected: what of it
    falls into the count is chance.
    """
    for name in [name for name in sys.modules if name.startswith("wxlint")]:
        for value in list(vars(sys.modules[name]).values()):
            if isinstance(value, functools._lru_cache_wrapper):
                value.cache_clear()
    re.purge()
    gc.collect()
    write(make(n), folder / str(n))
    monkeypatch.chdir(folder / str(n))
    count = 0

    def note(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())), contextlib.redirect_stderr(io.StringIO()):
        sys.setprofile(note)
        also()
        try:
            code = main(["check", "--no-cache", "--jobs", "1", "."])
        finally:
            sys.settrace(None)
            sys.setprofile(None)
    assert code in (0, 1, 2)
    return count


@pytest.mark.parametrize("name", [name for name in SHAPES if name not in STEEP])
def test_calls_grow_as_the_size_does(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From n to 2n and from 2n to 4n, what is added doubles too; were it quadratic, it would be four times as much."""
    make = SHAPES[name]
    calls(make, 5, tmp_path, monkeypatch)  # what is imported and compiled once
    small, middle, large = (calls(make, n, tmp_path, monkeypatch) for n in (20, 40, 80))
    assert large - middle <= 3 * max(middle - small, 0) + 500, (small, middle, large)


@pytest.mark.parametrize("name", ["missing_dockerfiles", "missing_dockerfiles_of_one_name", "uv_added"])
def test_lines_that_run_grow_as_the_size_does(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops without a call in them: each round is a line that runs."""
    count = 0

    def note(_: object, event: str, __: object) -> object:
        nonlocal count
        count += event == "line"
        return note

    counts = []
    for n in (5, 60, 120, 240):
        count = 0
        calls(SHAPES[name], n, tmp_path, monkeypatch, lambda: sys.settrace(note))  # type: ignore[arg-type]
        counts.append(count)
    _, small, middle, large = counts
    assert large - middle <= 2.4 * (middle - small), counts


def test_builds_of_one_dockerfile_are_not_compared_with_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So few calls for each pair that they show among hundreds of builds only."""
    make = SHAPES["compose_builds"]
    calls(make, 5, tmp_path, monkeypatch)
    small, middle, large = (calls(make, n, tmp_path, monkeypatch) for n in (100, 200, 400))
    assert large - middle <= 2.5 * (middle - small), (small, middle, large)
