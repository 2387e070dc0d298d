"""How many small mistakes in a room its tests notice.

    python -m tests.mutation.run                       what the gate runs: a sample, the same each time
    python -m tests.mutation.run --sample 0            every mistake; hours
    python -m tests.mutation.run wxlint/images/torch --sample 500 --seed 2

Each mistake is made in a process of its own, which runs the tests that pass over its line (those that pass over any
line of the file where the line is not in a function). A mistake that no test passes over survives. Exit 1 below the
floor.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import os
import pickle
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from tests.mutation.operators import mutants, mutated

ROOT = Path(__file__).resolve().parents[2]
TESTS = ("tests/images", "tests/rules", "tests/lint/test_reference_family.py")
OPTIONS = (
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "--assert=plain",
    "-m",
    "not engine and not network and not slow and not heavy",
)
LONGEST = 60
"""Seconds for the tests of one mistake; one that takes longer is noticed."""

Lines = dict[int, list[str]]
_NOTICED, _SURVIVED = (1, 2), (0, 5)
"""Exit codes of pytest: failures, and modules that cannot be imported; all passed, or no test to run."""


class Mistake(NamedTuple):
    """path: below the root. number: among the mistakes of that file. old, new: as code."""

    path: str
    number: int
    line: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.old}  ->  {self.new}"


def tests_by_line(rooms: Sequence[str]) -> dict[str, Lines]:
    """Run the tests once, correct; return which of them pass over each line of each file."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "lines"
        command = [sys.executable, "-m", "tests.mutation.run", "--record", str(answer), *rooms]
        done = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"the tests fail without any mistake:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        found: dict[str, Lines] = pickle.loads(answer.read_bytes())
        return found


def _environment() -> dict[str, str]:
    return {**os.environ, "HYPOTHESIS_PROFILE": "quick", "PYTHONDONTWRITEBYTECODE": "1"}


def record(answer: Path, rooms: Sequence[str]) -> int:
    """Write the tests of each line to a file. Runs in a process of its own, since measuring cannot be undone."""
    import coverage
    import pytest

    measured = coverage.Coverage(data_file=None, include=[f"{room}/*" for room in rooms], config_file=False)

    class Contexts:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
            measured.switch_context(item.nodeid)
            return (yield)

    measured.start()
    code = pytest.main([*OPTIONS, *TESTS], plugins=[Contexts()])
    measured.stop()
    data = measured.get_data()
    files = {os.path.relpath(path, ROOT): data.contexts_by_lineno(path) for path in data.measured_files()}
    answer.write_bytes(pickle.dumps(files))
    return int(code)


class _Mistaken(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Finds one module, with other code than its file has."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self.code = code

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, _: str) -> CodeType:
        return self.code


def start(mistake: Mistake, tests: Sequence[str]) -> int:
    """Run tests against a mistake in a new process; return its id. It exits as pytest does, or by its alarm."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.alarm(LONGEST)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        path = ROOT / mistake.path
        tree = mutated(path.read_text(), mistake.number)
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        sys.meta_path.insert(0, _Mistaken(name, str(path), compile(tree, str(path), "exec")))
        os.environ.update(_environment())
        import pytest

        code = int(pytest.main([*OPTIONS, *tests]))
    finally:
        os._exit(code)


def survivors(mistakes: Sequence[Mistake], lines: dict[str, Lines], jobs: int) -> Iterator[Mistake]:
    """Yield the mistakes that no test notices."""
    waiting = list(reversed(mistakes))
    running: dict[int, Mistake] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mistake = waiting.pop()
            tests = _tests(mistake, lines)
            if tests:
                running[start(mistake, tests)] = mistake
            else:
                yield mistake
        if running:
            pid, status = os.wait()
            mistake, code = running.pop(pid), os.waitstatus_to_exitcode(status)
            if code not in (*_NOTICED, *_SURVIVED) and code >= 0:
                raise RuntimeError(f"pytest exited with {code} for {mistake}")
            if code in _SURVIVED:
                yield mistake


def _tests(mistake: Mistake, lines: dict[str, Lines]) -> list[str]:
    """Return the tests to run, by file: a few names of tests, or files where they are many."""
    by_line = lines.get(mistake.path, {})
    tests = {test for test in by_line.get(mistake.line, ()) if test}
    if "" in by_line.get(mistake.line, ("",)):
        tests |= {test for names in by_line.values() for test in names if test}
    if len(tests) > 200:
        return sorted({test.partition("::")[0] for test in tests})
    return sorted(tests)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", default=["wxlint/images"], help="folders below the root")
    parser.add_argument("--sample", type=int, default=150, help="how many mistakes to make; 0 for all (default 150)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--floor", type=int, default=85, help="percent that must be noticed (default 85)")
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.record:
        return record(arguments.record, arguments.rooms)

    began = time.monotonic()
    paths = sorted(path for room in arguments.rooms for path in (ROOT / room).rglob("*.py"))
    mistakes = [
        Mistake(str(path.relative_to(ROOT)), number, mutant.line, mutant.old, mutant.new)
        for path in paths
        for number, mutant in enumerate(mutants(path.read_text()))
    ]
    total = len(mistakes)
    random.Random(arguments.seed).shuffle(mistakes)
    mistakes = mistakes[: arguments.sample or total]
    lines = tests_by_line(arguments.rooms)
    print(f"{len(mistakes)} of {total} mistakes, {time.monotonic() - began:.0f} s so far", flush=True)
    survived = 0
    for mistake in survivors(mistakes, lines, arguments.jobs):
        survived += 1
        print(f"survived: {mistake}", flush=True)
    percent = 100 * (len(mistakes) - survived) / len(mistakes)
    print(f"{percent:.1f} % of {len(mistakes)} mistakes were noticed, in {time.monotonic() - began:.0f} s")
    return 0 if percent >= arguments.floor else 1


if __name__ == "__main__":
    sys.exit(main())
