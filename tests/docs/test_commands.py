"""Every command that a page shows is run, each page's in their order; what cannot be is listed with why."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from before_family import family

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^    ((?:\S+=\S+ )*(?:wxlint|pip|pipx|pytest|docker|python) [^\n]*)$", re.MULTILINE)
OUTPUT = re.compile(r"^wxlint: ")
"""What looks like a command, and is an answer."""

ELSEWHERE = {
    "pip ": "an index of packages; the tests of a release install it",
    "pipx ": "an index of packages; the tests of a release install it",
    "pytest ": "images that are built; the tests of the plugin run it",
    "docker ": "an engine, and builders",
    "python -m wxlint.conformance.probe": "a container that it runs in",
    "wxlint inspect ": "an image; tests/inspection looks at real ones",
    "wxlint sweep": "an engine; tests/conformance sweeps one",
    "wxlint report --merge": "reports of two machines; tests/conformance joins some",
}
"""Commands that need more than a repository, and where they are run."""

STRUCTURE_TEST = """\
schemaVersion: 2.0.0
commandTests:
  - {name: version, command: python, args: [--version], expectedOutput: [Python]}
"""


def pages() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "docs").glob("*.md")):
        lines = [line for line in LINE.findall(path.read_text(encoding="utf-8")) if not OUTPUT.match(line)]
        if lines:
            found[path.name] = lines
    return found


def is_run(command: str) -> bool:
    return not any(command.startswith(start) for start in ELSEWHERE)


RUN = {page: own for page, lines in pages().items() if (own := [line for line in lines if is_run(line)])}


def test_there_are_commands_and_every_exception_is_one() -> None:
    assert {"adoption.md", "fixing.md", "gates.md", "coming-from-container-structure-test.md"} <= set(RUN)
    shown = [line for lines in pages().values() for line in lines]
    assert [start for start in ELSEWHERE if not any(line.startswith(start) for line in shown)] == []


@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_run(tmp_path: Path, page: str) -> None:
    """In a family as it was before it was mended, without a policy where the page writes one."""
    (tmp_path / ".git").mkdir()
    for name, text in family().items():
        if not (name.startswith("policies/") and any(line.startswith("wxlint init") for line in RUN[page])):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text.encode())
    (tmp_path / "tests.yaml").write_text(STRUCTURE_TEST)
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    for command in RUN[page]:
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, 1), f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
