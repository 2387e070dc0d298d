"""How many small mistakes in a room its tests notice.

    python -m tests.mutation.run                       what the gate runs: a sample, the same each time
    python -m tests.mutation.run --sample 0            every mistake; an hour
    python -m tests.mutation.run wxlint/images/stack/torch/selection.py --sample 0 --survivors left.txt
    python -m tests.mutation.run wxlint/images/stack/torch/selection.py --among left.txt
    python -m tests.mutation.run wxlint/images/builds --tests tests/images/builds      with those of one room

Each mistake is made in a process of its own, which runs the tests that pass over its line until one fails, those that
are near and quick first. A mistake in a function is put into the program as it stands, after all tests are collected;
one outside of functions, or in a function that runs while modules are imported, takes a start of its own, and the tests
that pass over any line of the file. A mistake that no test passes over survives. Exit 1 below the floor.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import io
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import pytest

from tests.mutation.coverage_by_test import WHILE_IMPORTING, Measured, measured
from tests.mutation.exclusions import is_excluded
from tests.mutation.operators import Mutant, mutants, mutated
from tests.mutation.patching import Finder, loaded_functions, module_name, patch
from tests.mutation.suite import OPTIONS, ROOT, TESTS, environment

NOTICED, SURVIVED, BROKEN = 1, 0, 70
"""How the process of a mistake exits; it is noticed too where a signal ends it."""
_MEMORY = 4 << 30
_LONGEST = 300


class Mistake(NamedTuple):
    """path: below the root. number: among the mistakes of that file."""

    path: str
    number: int
    mutant: Mutant

    def __str__(self) -> str:
        return f"{self.path}:{self.mutant.line}: {self.mutant.old}  ->  {self.mutant.new}"


class Tests(NamedTuple):
    """The tests of a mistake, in the order in which they run. fresh: the program has to be loaded with the mistake."""

    names: list[str]
    seconds: float
    fresh: bool


def tests_of(mistake: Mistake, found: Measured) -> Tests:
    """Return the tests that may notice a mistake."""
    lines = found.tests.get(mistake.path, {})
    here = set(lines.get(mistake.mutant.line) or lines.get(mistake.mutant.statement, ()))
    # A function that runs while modules are imported may have made others, which patching it would not reach.
    fresh = not mistake.mutant.function or any(WHILE_IMPORTING in lines.get(n, ()) for n in mistake.mutant.body)
    if fresh:
        here = {name for names in lines.values() for name in names}
    here -= {WHILE_IMPORTING}
    near = f"tests/{'/'.join(Path(mistake.path).parts[1:-1])}/"

    def cost(name: str) -> tuple[float, str]:
        return found.seconds[name] * (1 if name.startswith(near) else 3), name

    return Tests(sorted(here, key=cost), sum(found.seconds[name] for name in here), fresh)


class Runner:
    """Runs mistakes side by side, each in a process of its own; keeps those that survive."""

    def __init__(self, jobs: int, output: TextIO) -> None:
        self.jobs, self.output = jobs, output
        self.survived: list[Mistake] = []
        self._running: dict[int, Mistake] = {}

    def run(self, mistakes: Iterable[tuple[Mistake, Tests]], noticed: Callable[[Mistake, Tests], bool]) -> None:
        """Make each mistake. noticed: called in the new process, whether a test fails."""
        for mistake, tests in mistakes:
            if not tests.names:
                self._end(mistake, SURVIVED)
                continue
            if len(self._running) >= self.jobs:
                self._wait()
            self._running[_started(mistake, tests, noticed)] = mistake
        while self._running:
            self._wait()

    def _wait(self) -> None:
        pid, status = os.wait()
        self._end(self._running.pop(pid), os.waitstatus_to_exitcode(status))

    def _end(self, mistake: Mistake, code: int) -> None:
        if code == SURVIVED:
            self.survived.append(mistake)
            print(f"survived: {mistake}", file=self.output, flush=True)
        elif code > 0 and code != NOTICED:
            raise RuntimeError(f"exit {code} for {mistake}")


def _started(mistake: Mistake, tests: Tests, noticed: Callable[[Mistake, Tests], bool]) -> int:
    """Start the process of a mistake; it ends by a signal where it takes far more time than the tests do."""
    pid = os.fork()
    if pid:
        return pid
    code = BROKEN
    try:
        signal.setitimer(signal.ITIMER_PROF, 10 + 5 * tests.seconds)
        signal.alarm(_LONGEST)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        errors, null = os.dup(2), os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        code = NOTICED if noticed(mistake, tests) else SURVIVED
    except MemoryError:
        code = NOTICED
    except Exception:
        os.write(errors, traceback.format_exc().encode())
    finally:
        os._exit(code)


def loaded_anew(mistake: Mistake, tests: Tests) -> bool:
    """Load the program with a mistake and run its tests; return whether one fails."""
    path = ROOT / mistake.path
    Finder(ROOT, path, mutated(path.read_text(), mistake.number)).install()
    rank = {name: number for number, name in enumerate(tests.names)}

    class Chosen:
        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
            items[:] = sorted((item for item in items if item.nodeid in rank), key=lambda item: rank[item.nodeid])

    code = pytest.main([*OPTIONS, "-s", *sorted({name.partition("::")[0] for name in tests.names})], plugins=[Chosen()])
    return code != pytest.ExitCode.OK


class InLoadedProgram:
    """A plugin that makes mistakes where pytest would run the tests it has collected."""

    def __init__(self, runner: Runner, mistakes: list[tuple[Mistake, Tests]]) -> None:
        self.runner, self.mistakes = runner, mistakes
        self.ran = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        for path in {mistake.path for mistake, _ in self.mistakes}:
            importlib.import_module(module_name(Path(path)))  # some modules are imported on demand
        functions = loaded_functions(ROOT / "wxlint")
        gc.collect()
        gc.freeze()  # so that collecting in the new processes does not copy all memory

        def noticed(mistake: Mistake, tests: Tests) -> bool:
            path = ROOT / mistake.path
            tree = mutated(path.read_text(), mistake.number)
            patch(functions, path, tree, mistake.mutant.function, mistake.mutant.line)
            return _fails(session, [items[name] for name in tests.names])

        self.runner.run(self.mistakes, noticed)
        self.ran = True
        return True


def _fails(session: pytest.Session, items: Sequence[pytest.Item]) -> bool:
    for item, following in zip(items, [*items[1:], None]):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return True
    return False


def mistakes_in(rooms: Sequence[str], excluded: bool = False) -> list[Mistake]:
    """Return every mistake that can be made in rooms (folders or files below the root). excluded: those too."""
    paths = sorted(path for room in rooms for path in _files(ROOT / room))
    return [
        Mistake(path, number, mutant)
        for path in (str(path.relative_to(ROOT)) for path in paths)
        for number, mutant in enumerate(mutants((ROOT / path).read_text()))
        if excluded or not is_excluded(path, mutant.old, mutant.new)
    ]


def _files(room: Path) -> list[Path]:
    return [room] if room.is_file() else sorted(room.rglob("*.py"))


def run(mistakes: Sequence[Mistake], tests: Sequence[str], found: Measured, jobs: int) -> list[Mistake]:
    """Make every mistake; return those that survive."""
    runner = Runner(jobs, sys.stdout)
    chosen = [(mistake, tests_of(mistake, found)) for mistake in mistakes]
    runner.run([pair for pair in chosen if pair[1].fresh], loaded_anew)
    plugin = InLoadedProgram(runner, [pair for pair in chosen if not pair[1].fresh])
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        pytest.main([*OPTIONS, "-s", *tests], plugins=[plugin])
    if not plugin.ran:
        sys.exit(said.getvalue())
    return runner.survived


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", default=["wxlint/images"], help="folders or files below the root")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="run these instead of all that know the rooms")
    parser.add_argument("--sample", type=int, default=300, help="how many mistakes to make; 0 for all (default 300)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--floor", type=int, default=85, help="percent that must be noticed (default 85)")
    parser.add_argument("--survivors", type=Path, help="write what survived to a file")
    parser.add_argument("--among", type=Path, help="make those mistakes only that such a file lists")
    arguments = parser.parse_args()

    began = time.monotonic()
    os.environ.update(environment())
    mistakes = mistakes_in(arguments.rooms)
    if arguments.among:
        listed = set(arguments.among.read_text().splitlines())
        mistakes = [mistake for mistake in mistakes if str(mistake) in listed]
    total = len(mistakes)
    random.Random(arguments.seed).shuffle(mistakes)
    if not arguments.among:
        mistakes = mistakes[: arguments.sample or total]
    found = measured(sorted({mistake.path for mistake in mistakes}), arguments.tests)
    print(f"{len(mistakes)} of {total} mistakes, {time.monotonic() - began:.0f} s so far", flush=True)
    survived = run(mistakes, arguments.tests, found, arguments.jobs)
    if arguments.survivors:
        arguments.survivors.write_text("".join(f"{mistake}\n" for mistake in sorted(survived)))
    percent = 100 * (len(mistakes) - len(survived)) / len(mistakes)
    print(f"{percent:.1f} % of {len(mistakes)} mistakes were noticed, in {time.monotonic() - began:.0f} s")
    return 0 if percent >= arguments.floor else 1


if __name__ == "__main__":
    sys.exit(main())
