"""Options of pip that are written short. What is refused was asked of pip itself."""

from __future__ import annotations

import pytest
from shell_installs import CPU, one

from wxlint.images.installs.model import UnreadKind


@pytest.mark.parametrize("option", ["--in", "--ind", "--index", "--index-ur", "--pypi"])
@pytest.mark.parametrize("between", [" ", "="])
def test_an_index_that_is_written_short_is_the_index(option: str, between: str) -> None:
    index = one(f"pip install {option}{between}{CPU} torch").sources.index
    assert index is not None
    assert index.value.text == CPU


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("--requirem requirements.txt", ["torch"]),
        ("--constr constraints.txt torch", ["torch"]),
        ("--extra https://e.example/simple torch", ["torch"]),
        ("--time 60 torch", ["torch"]),
        ("--foo torch", ["torch"]),
        ("-- --up", ["--up"]),
    ],
)
def test_values_of_short_options_are_no_requirements(options: str, names: list[str]) -> None:
    install = one(f"pip install {options}")
    assert [requirement.name or requirement.written for requirement in install.requirements] == names
    assert not [unread for unread in install.unread if unread.kind is UnreadKind.INVALID]


@pytest.mark.parametrize(
    "options", ["--req requirements.txt", "--up torch", "--no-dep torch", "--req=requirements.txt", "--no torch"]
)
def test_an_option_that_may_be_several_is_refused(options: str) -> None:
    (unread,) = [unread for unread in one(f"pip install {options}").unread if unread.kind is UnreadKind.INVALID]
    assert unread.name == options.partition(" ")[0].partition("=")[0]
    assert " or " in unread.detail


def test_other_programs_take_no_short_options() -> None:
    assert not one("uv pip install --up torch").upgrade
    assert one("pip install --upgrad torch").unread != one("pip install --upgrade torch").unread
