"""What is shown while images are built: a line for each that is done, whole ones."""

from __future__ import annotations

import io
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from wxlint.conformance.container.model import Doing
from wxlint.conformance.plugin.progress import SessionProgress


class Terminal(io.StringIO):
    """A terminal, or a file; `shown` is what stands on it in the end."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def shown(self) -> list[str]:
        """Its lines, with what a carriage return writes over."""
        lines = []
        for line in self.getvalue().split("\n"):
            cells = ""
            for part in line.split("\r"):
                cells = part + cells[len(part) :]
            lines.append(cells.rstrip())
        return [line for line in lines if line]


def shown(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, is_terminal: bool, verbosity: int) -> list[str]:
    terminal = Terminal(is_terminal)
    reporter = TerminalReporter(pytestconfig, terminal)

    class Config:
        class pluginmanager:  # noqa: N801 - pytest's own name
            @staticmethod
            def get_plugin(name: str) -> Any:
                return reporter

        @staticmethod
        def get_verbosity() -> int:
            return verbosity

    monkeypatch.setenv("COLUMNS", "60")
    progress = SessionProgress(Config())  # type: ignore[arg-type]
    progress.note("base:cpu", Doing("building"))
    progress.note("base:cpu", Doing("step 1/2: FROM python"))
    progress.note("asr:cpu", Doing("building with a very long line of words that no terminal has room for at all"))
    progress.note("base:cpu", "built in 3 s")
    progress.note("asr:cpu", "failed after 2 s")
    progress.note("asr:cpu", Doing("looking inside"))
    progress.end()
    progress.line("wxlint: the end")
    return terminal.shown()


LASTING = ["wxlint: base:cpu: built in 3 s", "wxlint: asr:cpu: failed after 2 s", "wxlint: the end"]


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_line_for_each_image(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    assert shown(pytestconfig, monkeypatch, is_terminal, 0) == LASTING


def test_each_step_is_a_line_on_demand(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(pytestconfig, monkeypatch, False, 1)
    assert lines[:2] == ["wxlint: base:cpu: building", "wxlint: base:cpu: step 1/2: FROM python"]
    assert [line for line in lines if line in LASTING] == LASTING


def test_nothing_is_said_quietly(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(pytestconfig, monkeypatch, True, -1) == []
