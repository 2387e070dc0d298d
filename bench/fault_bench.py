"""Seconds that a run takes to end, and what it leaves, by the phase it is in and the signal that ends it.

    python bench/fault_bench.py [PHASE...]

Needs an engine on this machine, and root: processes in containers are looked for, and `engine gone` and `disk full`
start an engine of their own in memory.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from ended_runs import STAGES, hanging_run
from own_engine import engine_gone, full_disk
from small_family import POLICY, family

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
Row = tuple[str, str, object, float, float, str]


def rows(name: str) -> Iterator[Row]:
    """(phase, what ends it, exit code, seconds to end, seconds until nothing is left, what is left then)."""
    phase, arguments = ("entrypoint", ("-n", "2")) if name.startswith("xdist") else (name, ())
    phase, command = ("build", ("build",)) if name == "wxlint build" else (phase, ())
    for number in SIGNALS:
        with (
            tempfile.TemporaryDirectory() as folder,
            hanging_run(Path(folder), phase, *arguments, command=command) as run,
        ):
            if name == "xdist worker":
                if number in (signal.SIGINT, signal.SIGTERM):
                    ended = run.end(number, run.client_parent())
                else:
                    clear = run.end_worker(number)
                    yield name, number.name, "the run goes on", clear, clear, ""
                    continue
            else:
                ended = run.end(number)
        left = ", ".join(f"{len(found)} {kind}" for kind, found in ended.left._asdict().items() if found)
        yield name, number.name, ended.code, ended.seconds, ended.clear, left


def engine_rows(name: str) -> Iterator[Row]:
    """The same of faults of the engine."""
    with tempfile.TemporaryDirectory() as folder:
        fault = (full_disk if name == "disk full" else engine_gone)(Path(folder))
    yield name, "", fault.code, fault.seconds, fault.seconds, ", ".join(fault.left)


def registry_rows() -> Iterator[Row]:
    """The same of a registry that is gone: of a run that pulls from it, and of `wxlint inspect`."""
    nowhere = "127.0.0.1:9"
    policy = POLICY.replace('image: "', 'registry: "' + nowhere + '/t"\nimage: "{{registry}}/')
    with tempfile.TemporaryDirectory() as folder, family(Path(folder), None, policy) as made:
        start = time.monotonic()
        done = made.pytest("-q", "--wx-pull")
        yield "registry gone", "pull", done.returncode, *(2 * (time.monotonic() - start,)), ""
        start = time.monotonic()
        command = [sys.executable, "-m", "wxlint", "inspect", "--insecure", f"{nowhere}/t/asr:cpu"]
        ended = subprocess.run(command, capture_output=True)
        yield "registry gone", "inspect", ended.returncode, *(2 * (time.monotonic() - start,)), ""


PHASES = (*STAGES, "wxlint build", "xdist controller", "xdist worker", "engine gone", "disk full", "registry gone")


def main() -> None:
    """Print a row for each phase and signal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", nargs="*", choices=(*PHASES, []), help=f"all without one: {', '.join(PHASES)}")
    wanted = parser.parse_args().phase
    print(f"{time.strftime('%Y-%m-%d')}\n")
    print("| phase | ended by | exit code | seconds to end | seconds until nothing is left | left |")
    print("|---|---|---|---|---|---|")
    for name in wanted or PHASES:
        found = registry_rows() if name == "registry gone" else rows(name)
        if name in ("engine gone", "disk full"):
            found = engine_rows(name)
        for phase, what, code, seconds, clear, left in found:
            print(f"| {phase} | {what} | {code} | {seconds:.1f} | {clear:.1f} | {left or 'nothing'} |", flush=True)


if __name__ == "__main__":
    main()
