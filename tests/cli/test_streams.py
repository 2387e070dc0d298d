"""Streams that are closed or full, and a working folder that is gone: exit code 2 and a line that says so, never 3."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("signals_by_default")

ALL = ("check", "check -", "images", "plan", "build", "sweep", "inspect x.tar", "rules", "explain latest-tag", "schema")
PRINTING = ("check", "images", "plan", "rules", "rules --format json", "explain latest-tag", "schema", "schema report")
POLICY = """\
wxlint: 1
name: f
image: 'a/{stage}'
variants: {cpu: {stages: [one]}}
stages: {one: {dockerfile: Dockerfile}}
"""


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM python:3.12-slim\n")
    (tmp_path / "wxlint.yaml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    return tmp_path


def shell(line: str, command: str) -> tuple[int, str]:
    """The exit code and the messages of a command in a line of shell, where WX stands for it."""
    line = line.replace("WX", f"'{sys.executable}' -m wxlint {command}")
    done = subprocess.run(["sh", "-c", line], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", PRINTING)
@pytest.mark.parametrize(
    ("line", "said"), [("WX >&-", "standard output is closed"), ("WX >/dev/full", "No space left on device")]
)
def test_standard_output_that_takes_nothing(family: Path, command: str, line: str, said: str) -> None:
    code, messages = shell(line, command)
    assert (code, said in messages, messages.count("\n")) == (2, True, 1)


@pytest.mark.parametrize("command", ALL)
def test_every_stream_is_closed(family: Path, command: str) -> None:
    assert shell("WX <&- >&- 2>&-", command)[0] == 2


@pytest.mark.parametrize("command", ALL)
def test_the_working_folder_is_gone(family: Path, command: str) -> None:
    code, messages = shell("mkdir gone; cd gone; rmdir ../gone; exec WX", command)
    if command.partition(" ")[0] in ("rules", "explain", "schema"):
        assert (code, messages) == (0, "")
    else:
        assert (code, "the working folder cannot be used" in messages) == (2, True)


PROGRAM = """
import os, signal, sys
from wxlint.cli.main import program
from wxlint.lint import run
def end():
    os.kill(os.getpid(), {number})
{where}
def check(*_):
    come()
    while True:
        signal.pause()
run.check = check
sys.argv = ["wxlint", "check"]
program()
"""
WHERE = {
    "a destructor": """
class Dropped:
    def __del__(self): end()
def come(): Dropped()
""",
    "a class that is being made": """
class Named:
    def __set_name__(self, owner, name): end()
def come(): type("Owner", (), {"name": Named()})
""",
}
"""Places where Python drops the exception that a signal raises, or makes another one of it."""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("where", WHERE)
def test_a_signal_is_not_lost(family: Path, where: str, number: int, code: int) -> None:
    program = PROGRAM.format(number=int(number), where=WHERE[where])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (code, "")
