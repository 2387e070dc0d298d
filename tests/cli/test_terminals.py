"""What a terminal is given: colours, and links only where they are known to be shown."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from wxlint.cli.streams import has_colour, has_links

NAMES = ("NO_COLOR", "TERM", "TERM_PROGRAM", "VTE_VERSION", "WT_SESSION", "KITTY_WINDOW_ID", "FORCE_HYPERLINK")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, "KONSOLE_VERSION", "DOMTERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(
    ("settings", "colour", "links"),
    [
        ({}, True, False),
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb", "FORCE_HYPERLINK": "1"}, False, False),
        ({"NO_COLOR": "1", "FORCE_HYPERLINK": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_HYPERLINK": "1"}, True, True),
        ({"FORCE_HYPERLINK": "0"}, True, False),
        ({"VTE_VERSION": "7600"}, True, True),
        ({"VTE_VERSION": "4999"}, True, False),
        ({"VTE_VERSION": "new"}, True, False),
        ({"TERM_PROGRAM": "vscode"}, True, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, True, False),
        ({"KITTY_WINDOW_ID": "1"}, True, True),
        ({"WT_SESSION": "x"}, True, True),
    ],
)
def test_terminals(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], colour: bool, links: bool) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert (has_colour(), has_links()) == (colour, links)


@pytest.mark.usefixtures("terminal")
def test_a_pipe_is_given_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not has_colour() and not has_links()
    monkeypatch.setattr(sys, "stdout", None)
    assert not has_colour() and not has_links()


def test_a_finding_on_a_terminal_links_to_its_page(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:latest\n")
    master, slave = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    env |= {"TERM": "xterm-256color", "FORCE_HYPERLINK": "1"}
    command = [sys.executable, "-m", "wxlint", "check", "--no-cache", "--concise", "--statistics", "Dockerfile"]
    done = subprocess.run(command, cwd=tmp_path, stdout=slave, stderr=subprocess.PIPE, env=env, check=False)
    os.close(slave)
    shown = os.read(master, 100_000).decode().replace("\r\n", "\n")
    os.close(master)
    assert (done.returncode, done.stderr) == (1, b"")
    first, counted, summary = shown.splitlines()
    assert "\x1b]8;;https://" in first and "rules/latest-tag.md\x1b\\" in first and first.endswith("\x1b]8;;\x1b\\")
    assert "\x1b[1;33mwarning:" in first
    assert counted == "    1  latest-tag" and summary.startswith("1 warning in 1 file")
