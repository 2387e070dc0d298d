"""Which rounds of the loops and calls around a docker command an image that it names depends on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.values import Value

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.commands.docker_cli import DockerCommand
    from wxlint.shell.model import Command

_Heads = tuple[tuple[str, str, int], ...]


class Rounds:
    """The rounds of loops and the calls that lead to the commands of a script."""

    def __init__(self, source: Source, commands: tuple[Command, ...]) -> None:
        self.source, self.commands = source, commands
        self.always: dict[tuple[_Heads, int, int], bool] = {}

    @cached_property
    def _walked(self) -> dict[_Heads, dict[tuple[int, int], set[tuple[Reason, ...]]]]:
        """The rounds that reach each command, by the loops and functions it stands in."""
        found: dict[_Heads, dict[tuple[int, int], set[tuple[Reason, ...]]]] = {}
        for command in self.commands:
            if command.because:
                places = found.setdefault(_heads(command.because), {})
                places.setdefault((command.start, command.end), set()).add(command.because)
        return found

    @cached_property
    def _all_rounds(self) -> dict[_Heads, set[tuple[Reason, ...]]]:
        return {heads: set().union(*places.values()) for heads, places in self._walked.items()}

    def reasons(self, docker: DockerCommand, value: Value, start: int, end: int) -> tuple[Reason, ...]:
        """Those that an image depends on: none when it is written there as it is, in a command that every round comes
        to."""
        command = docker.command
        if not command.because or not self._literal(value, start, end):
            return command.because
        for word in command.words:  # the program and what it does
            if word.value.text.startswith("-") or word.start >= start:
                break
            if not self._literal(word.value, word.start, word.end):
                return command.because
        key = (_heads(command.because), command.start, command.end)
        if key not in self.always:
            self.always[key] = self._all_rounds[key[0]] <= self._walked[key[0]][key[1:]]
        return () if self.always[key] else command.because

    def _literal(self, value: Value, start: int, end: int) -> bool:
        return self.source.text[start:end].replace('"', "").replace("'", "") == value.text


def _heads(because: tuple[Reason, ...]) -> _Heads:
    """Loops and calls without what differs from round to round: a loop by its variable and line, a call by its
    function."""
    return tuple((reason.kind, reason.name, reason.line if reason.kind == "loop" else 0) for reason in because)
