"""Commands whose failure is not in the status of their text."""

from __future__ import annotations

import pytest

from wxlint.shell.bash.lost_failures import unheeded


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("a; b", ["a"]),
        ("a\nb\nc", ["a", "b"]),
        ("a && b; c", ["a", "b"]),
        ("if t; then a; b; fi", ["a"]),
        ("if t; then a; fi; b", ["a"]),
        ("{ a; b; } > log", ["a"]),
        ("source venv/bin/activate; a; b", ["source venv/bin/activate", "a"]),
        ("a && b", []),
        ("a || true; b", []),
        ("a; [ $? -eq 0 ] || exit 1", []),
        ("set -e; a; b", []),
        ("#!/bin/bash -e\na\nb", []),
        (". settings; a; b", []),
        ("f() { a; b; }; f", []),
        ("for x in 1 2; do a; b; done", []),
        ("", []),
    ],
)
def test_what_others_follow_whatever_its_status(text: str, commands: list[str]) -> None:
    assert [text[one.command.start : one.command.end] for one in unheeded(text)] == commands


@pytest.mark.parametrize(("text", "last"), [("a; exit 0", "exit 0"), ("a; if t; then b; fi", None), ("a; b | c", None)])
def test_the_command_whose_status_counts(text: str, last: str | None) -> None:
    (found,) = unheeded(text)
    assert (text[found.last.start : found.last.end] if found.last is not None else None) == last


def test_a_text_that_is_nested_too_deep_says_nothing() -> None:
    assert unheeded("if a; then\n" * 5_000 + "b; c\n" + "fi\n" * 5_000) == ()
