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

from ended_runs import STAGES, Ended, hanging_run
from own_engine import engine_gone, full_disk, registry_gone
from published import published_family

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
        yield name, number.name, *_shown(ended)


def pull_rows() -> Iterator[Row]:
    """The same of a pull, and of a registry that ends during one."""
    with tempfile.TemporaryDirectory() as folder, published_family(Path(folder)) as published:
        for number in SIGNALS:
            published.forget()
            yield "pull", number.name, *_shown(published.ended_while_pulling(number))
        published.forget()
        seconds, (code, _, _) = published.without_registry()
        yield "pull", "registry gone", code, seconds, seconds, ""


def _shown(ended: Ended) -> tuple[int, float, float, str]:
    left = ", ".join(f"{len(found)} {kind}" for kind, found in ended.left._asdict().items() if found)
    return ended.code, ended.seconds, ended.clear, left


def fault_row(name: str) -> Row:
    """The same of a fault of the engine or of the upstream's registry."""
    with tempfile.TemporaryDirectory() as folder:
        fault = FAULTS[name](Path(folder))
    return name, "", fault.code, fault.seconds, fault.seconds, ", ".join(fault.left)


def inspect_row() -> Row:
    """The same of `wxlint inspect` and a registry that is gone."""
    start = time.monotonic()
    command = [sys.executable, "-m", "wxlint", "inspect", "--insecure", "127.0.0.1:9/t/asr:cpu"]
    ended = subprocess.run(command, capture_output=True)
    seconds = time.monotonic() - start
    return "inspect", "registry gone", ended.returncode, seconds, seconds, ""


FAULTS = {"engine gone": engine_gone, "disk full": full_disk, "registry gone": registry_gone}
PHASES = (*STAGES, "wxlint build", "xdist controller", "xdist worker", "pull", *FAULTS, "inspect")


def main() -> None:
    """Print a row for each phase and signal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", nargs="*", choices=(*PHASES, []), help=f"all without one: {', '.join(PHASES)}")
    wanted = parser.parse_args().phase
    print(f"{time.strftime('%Y-%m-%d')}\n")
    print("| phase | ended by | exit code | seconds to end | seconds until nothing is left | left |")
    print("|---|---|---|---|---|---|")
    for name in wanted or PHASES:
        if name in FAULTS:
            found = iter([fault_row(name)])
        elif name == "inspect":
            found = iter([inspect_row()])
        else:
            found = pull_rows() if name == "pull" else rows(name)
        for phase, what, code, seconds, clear, left in found:
            print(f"| {phase} | {what} | {code} | {seconds:.1f} | {clear:.1f} | {left or 'nothing'} |", flush=True)


if __name__ == "__main__":
    main()
