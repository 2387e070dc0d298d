"""Scripts with stretches cut out, and whether what was read of one lies in its text."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from wxlint.core.values import HOLE
from wxlint.shell.model import ShellResult


def check_bounds(text: str, result: ShellResult) -> None:
    size = len(text)
    for command in result.commands:
        assert command.words
        assert 0 <= command.start <= command.end <= size
        for word in (*command.words, *(r.target for r in command.redirects)):
            assert 0 <= word.start <= word.end <= size
            assert word.value.text.count(HOLE) == len(word.value.holes)
        for _, value in command.env:
            assert value.text.count(HOLE) == len(value.holes)
        for redirect in command.redirects:
            assert 0 <= redirect.start <= redirect.end <= size
    for start, end, message, _ in result.errors:
        assert 0 <= start <= end <= size
        assert message
    for value in result.variables.values():
        assert value.text.count(HOLE) == len(value.holes)


def mutilated(data: st.DataObject, text: str, pieces: Sequence[str]) -> str:
    """A script with some stretches cut out, and some of the pieces put in."""
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 20))
        text = text[:at] + data.draw(st.sampled_from(["", *pieces])) + text[at + gone :]
    return text
