"""The commands of RUN instructions with their places, for rules that look at more than what is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.images.evaluation.default_shell import shell_texts

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.documents.source import Source
    from wxlint.shell.model import Command, Word


class RunCommand(NamedTuple):
    """A command of a RUN. text: the whole shell text that it is part of."""

    command: Command
    text: str
    source: Source
    at: Callable[[int], int]

    @property
    def name(self) -> str:
        """The program's name without its folder."""
        return self.command.words[0].value.text.rpartition("/")[2]

    @property
    def must_succeed(self) -> bool:
        """Whether the command runs in every build, and none goes on where it fails."""
        from wxlint.images.evaluation.handled import is_handled  # few rules ask

        return not self.command.conditional and not is_handled(self.text, self.command.end)

    def span(self, word: Word | None = None) -> Span:
        """The place of a word, or of the whole command."""
        start, end = (word.start, word.end) if word is not None else (self.command.start, self.command.end)
        return self.source.span(self.at(start), self.at(end))


def commands_of(source: Source, instruction: Instruction) -> Iterator[RunCommand]:
    """Yield the commands of a RUN; of variables only those are known that the RUN itself sets."""
    for text, at in shell_texts(instruction):
        for command in _commands(text):
            yield RunCommand(command, text, source, at)


@lru_cache(maxsize=256)
def _commands(text: str) -> tuple[Command, ...]:
    """The commands of a shell text: several rules, and images of one Dockerfile, ask for the same."""
    from wxlint.shell.bash.reader import read_shell

    return read_shell(text, {}).commands
