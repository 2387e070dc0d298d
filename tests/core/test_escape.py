"""Text from outside, as a terminal and the runner of a CI job get it (more of it in tests/output)."""

from __future__ import annotations

import pytest

from wxlint.core.escape import escape, escape_lines, escape_part


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("  ::stop-commands::x", r"  \x3a:stop-commands::x"),
        ("a::b", "a::b"),
        (":a:", ":a:"),
        ("\n::error::x", r"\n::error::x"),
    ],
)
def test_a_line_that_starts_as_a_workflow_command(raw: str, shown: str) -> None:
    assert escape(raw) == shown


def test_a_part_of_a_line_may_start_so() -> None:
    assert escape_part("::error::\x1b") == r"::error::\x1b"


def test_lines_of_our_own_stay_lines() -> None:
    assert escape_lines("a\n::b\r\n\x85c") == "a\n\\x3a:b\\r\n\\x85c"
