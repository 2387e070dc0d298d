"""The line that says how far long work is: on a terminal only, after a while, and gone before anything else comes."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from wxlint.cli.progress import Progress
from wxlint.cli.streams import progress_line


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_short_work_shows_nothing(clock: Clock) -> None:
    stream = io.StringIO()
    line = Progress(stream, clock)
    clock.now += 0.9
    line.note("x")
    line.end()
    assert stream.getvalue() == ""


def test_the_line_changes_now_and_then_and_is_wiped(clock: Clock) -> None:
    stream = io.StringIO()
    line = Progress(stream, clock)
    for passed, text in ((1.0, "a"), (0.05, "b"), (0.06, "c")):
        clock.now += passed
        line.note(text)
    line.end()
    line.end()
    assert stream.getvalue() == "\r\x1b[Ka\r\x1b[Kc\r\x1b[K"


def test_a_line_holds_nothing_that_a_terminal_obeys_and_fits(clock: Clock) -> None:
    stream = io.StringIO()
    line = Progress(stream, clock)
    clock.now += 2
    line.note("\x1b[31m\n" + "x" * 1000)
    shown = stream.getvalue().removeprefix("\r\x1b[K")
    assert shown.startswith("\\x1b[31m\\n") and "\n" not in shown and len(shown) < 1000


def test_a_forked_process_writes_nothing(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    line = Progress(stream, clock)
    clock.now += 2
    monkeypatch.setattr(os, "getpid", lambda: -1)
    line.note("x")
    assert stream.getvalue() == ""


def test_bytes_of_a_stream_are_counted(clock: Clock) -> None:
    shown = io.StringIO()
    stream = Progress(shown, clock).of_stream(io.BytesIO(b"x" * 3_000_000))  # type: ignore[arg-type]
    clock.now += 2
    assert len(stream.read(2_500_000) or b"") == 2_500_000
    assert "read 2.5 MB of the image" in shown.getvalue()


def test_there_is_none_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert progress_line() is None
    monkeypatch.setattr(sys, "stderr", None)
    assert progress_line() is None


SOON = """
import wxlint.cli.progress, sys
wxlint.cli.progress._FIRST = wxlint.cli.progress._NEXT = 0
from wxlint.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("words", [("check",), ("check", "--fix")])
def test_a_check_counts_dockerfiles_on_a_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    """The program on a real terminal, where the line appears at once."""
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM python:latest\n")
    master, slave = pty.openpty()
    env = os.environ | {"TERM": "xterm"}
    command = [sys.executable, "-c", SOON, *words, "--no-cache", "."]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=slave, env=env, check=False)
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert done.returncode == 1 and b"latest-tag" in done.stdout and b"\x1b[K" not in done.stdout
    states = shown.split("\r\x1b[K")
    assert "evaluated 1 of 3 Dockerfiles" in states and "evaluated 3 of 3 Dockerfiles" in states
    assert not states[-1].startswith("evaluated")


def test_nothing_is_shown_in_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\n")
    command = [sys.executable, "-c", SOON, "check", "--no-cache", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=os.environ | {"TERM": "xterm"}, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
