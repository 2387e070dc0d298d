"""What the preparation says as it goes: a line for each image that is done, and on a terminal one that changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wxlint.conformance.container.model import Doing
from wxlint.core.escape import escape

if TYPE_CHECKING:
    import pytest


class SessionProgress:
    """Writes to pytest's terminal, from any thread, without tearing."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._doing: dict[str, str] = {}
        self._passing = False  # whether the present line is one that changes
        self._lock = threading.Lock()

    def note(self, image: str, what: str) -> None:
        """Say what happens to an image. What is being done is shown in passing; line by line with -v."""
        lasting = not isinstance(what, Doing) or self._config.get_verbosity() > 0
        reporter = self._reporter()
        with self._lock:
            if isinstance(what, Doing):
                self._doing[image] = what
            else:
                self._doing.pop(image, None)
            if lasting:
                self._line(reporter, line_of(image, what))
            if reporter is not None and reporter.isatty and self._doing and self._config.get_verbosity() == 0:
                now = "; ".join(f"{name}: {doing}" for name, doing in self._doing.items())
                reporter.rewrite(escape(now)[: reporter._tw.fullwidth - 1], erase=True)
                self._passing = True

    def line(self, line: str) -> None:
        """Write a line, such as another process's."""
        with self._lock:
            self._line(self._reporter(), line)

    def end(self) -> None:
        """Take away what is shown in passing."""
        reporter = self._reporter()
        with self._lock:
            if self._passing:
                reporter.rewrite("", erase=True)
                reporter.rewrite("")  # back to the beginning of the line
            self._passing = False
            self._doing.clear()

    def _reporter(self) -> Any:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        return reporter if self._config.get_verbosity() >= 0 else None

    def _line(self, reporter: Any, line: str) -> None:
        if reporter is not None:
            if self._passing:
                reporter.rewrite(line, erase=True)
                reporter._tw.line()
                self._passing = False
            else:
                reporter.ensure_newline()
                reporter.write_line(line)


def line_of(image: str, what: str) -> str:
    """The line that says what happens to an image."""
    return escape(f"wxlint: {image}: {what}")
