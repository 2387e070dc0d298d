"""Which tests pass over each line, and how long each takes: measured once, in a process of its own.

python -m tests.mutation.coverage_by_test ANSWER FILE... -- TEST...      what `measured` runs
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.mutation.suite import OPTIONS, ROOT, environment

WHILE_IMPORTING = ""
"""Stands in for a test on lines that run before the first one."""


class Measured(NamedTuple):
    """tests: by file below the root and by line. seconds: of each test."""

    tests: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]


def measured(files: Sequence[str], tests: Sequence[str]) -> Measured:
    """Run tests once, without a mistake, and look at some files alone; leave the program where they fail."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer"
        command = [sys.executable, "-m", "tests.mutation.coverage_by_test", str(answer), *files, "--", *tests]
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"the tests fail without any mistake:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return Measured(*pickle.loads(answer.read_bytes()))


def _record(answer: Path, files: Sequence[str], chosen: Sequence[str]) -> int:
    import coverage
    import pytest

    running = coverage.Coverage(data_file=None, include=list(files), config_file=False)
    seconds: dict[str, float] = {}

    class Contexts:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
            running.switch_context(item.nodeid)
            began = time.process_time()
            try:
                return (yield)
            finally:
                seconds[item.nodeid] = time.process_time() - began

    running.start()
    code = pytest.main([*OPTIONS, *chosen], plugins=[Contexts()])
    running.stop()
    data = running.get_data()
    tests = {os.path.relpath(path, ROOT): data.contexts_by_lineno(path) for path in data.measured_files()}
    answer.write_bytes(pickle.dumps((tests, seconds)))
    return int(code)


if __name__ == "__main__":
    split = sys.argv.index("--")
    sys.exit(_record(Path(sys.argv[1]), sys.argv[2:split], sys.argv[split + 1 :]))
