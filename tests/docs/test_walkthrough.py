"""What the docs say to type is typed, and answers what they say; the site is built from them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typed_steps import fits, steps

ROOT = Path(__file__).resolve().parents[2]


def test_the_five_minutes_are_as_they_are_told(tmp_path: Path) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    found = steps((ROOT / "docs" / "start.md").read_text(encoding="utf-8"))
    assert len(found) > 8
    for step in found:
        result = subprocess.run(
            ["bash", "-c", step.command],
            cwd=tmp_path,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert fits(step.answer, result.stdout), f"$ {step.command}\n{result.stdout}"


def test_an_answer_that_differs_is_noticed() -> None:
    assert fits(("a", "...", "c"), "a\nb\nb\nc\n") and fits((), "")
    assert not fits(("a",), "b\n") and not fits((), "a\n") and not fits(("a", "..."), "b\na\n")


def test_every_command_in_the_docs_is_known() -> None:
    """Lines of shell blocks that start with wxlint: the command and its options exist."""
    known: dict[str, str] = {}
    for page in sorted((ROOT / "docs").glob("*.md")):
        for line in re.findall(r"^(?:    |\$ )(wxlint [^\n]*)", page.read_text(encoding="utf-8"), re.MULTILINE):
            words = re.split(r"\s+#|\s+\|", line)[0].split()
            if len(words) < 2 or not re.fullmatch("[a-z]+", words[1]):
                continue
            if words[1] not in known:
                shown = subprocess.run(
                    [sys.executable, "-m", "wxlint", words[1], "--help"], capture_output=True, text=True
                )
                assert shown.returncode == 0, f"{page.name}: {line}"
                known[words[1]] = shown.stdout
            for option in re.findall(r"(?<=\s)--[a-z-]+", line.partition(" #")[0]):
                assert option in known[words[1]], f"{page.name}: {line}"
    assert "check" in known and "init" in known


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("material")
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / "site" / "start.html").exists()
