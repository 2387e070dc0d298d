"""How time grows with size: `wxlint check` on files of each shape in shapes.py, twice as large each time, up to 1 MB.

    python bench/slopes.py [SHAPE...] [--most 1000000] [--limit 20]

Slope 1 is linear, 2 quadratic; printed is that of the last doubling in which the time over that of an empty run was
more than 50 ms. A shape whose size is bounded by what it is (a depth, a number of files) ends where it stops to grow.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.shapes import SHAPES, Files, Shape  # noqa: E402


class Run(NamedTuple):
    """size: bytes. seconds: of CPU. megabytes: the most memory. code: below 0 past the limit."""

    size: int
    seconds: float
    megabytes: float
    code: int


def write(files: Files, folder: Path) -> int:
    """Write the files; return their size in bytes."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return sum(map(len, files.values()))


def check(files: Files, limit: int) -> Run:
    """Run `wxlint check` on the files, for at most `limit` seconds of CPU."""
    with tempfile.TemporaryDirectory() as name:
        size = write(files, Path(name))
        command = [sys.executable, "-m", "wxlint", "check", "--no-cache", "--jobs", "1", "."]
        null = subprocess.DEVNULL
        bounded = partial(resource.setrlimit, resource.RLIMIT_CPU, (limit, limit))
        process = subprocess.Popen(command, cwd=name, stdout=null, stderr=null, env=_environment(), preexec_fn=bounded)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(size, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def runs(make: Shape, most: int, limit: int) -> list[Run]:
    found: list[Run] = []
    n = 250
    while True:
        files = make(n)
        size = sum(map(len, files.values()))
        if found and (size > most or size < 1.2 * found[-1].size):
            return found
        found.append(check(files, limit))
        if found[-1].code not in (0, 1, 2):
            return found
        n *= 2


def slope(found: list[Run], start: float) -> float | None:
    """Return the exponent of the last doubling; None where nothing took long enough to tell."""
    for small, large in zip(found[-2::-1], found[:0:-1]):
        if small.seconds - start > 0.05:
            return math.log((large.seconds - start) / (small.seconds - start)) / math.log(large.size / small.size)
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes", nargs="*", help="names in shapes.py, or how they begin (default: all)")
    parser.add_argument("--most", type=int, default=1_000_000, help="bytes of the largest")
    parser.add_argument("--limit", type=int, default=20, help="seconds of CPU for one run")
    arguments = parser.parse_args()
    start = check({"Dockerfile": "FROM a:1\n"}, arguments.limit).seconds
    for name, make in SHAPES.items():
        if arguments.shapes and not name.startswith(tuple(arguments.shapes)):
            continue
        found = runs(make, arguments.most, arguments.limit)
        last, steepness = found[-1], slope(found, start)
        shown = "flat" if steepness is None else f"{steepness:.2f}"
        notes = [f"exit {last.code}" if last.code > 2 else "too long"] if last.code not in (0, 1, 2) else []
        notes += ["steep"] if steepness is not None and steepness > 1.3 else []
        notes += ["memory"] if last.megabytes > 500 else []
        figures = f"{last.size:9,} B {last.seconds:7.2f} s {last.megabytes:6.0f} MB"
        print(f"{name:36} {figures}  slope {shown:5} {', '.join(notes)}", flush=True)


if __name__ == "__main__":
    main()
