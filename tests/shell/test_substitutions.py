"""What sed and PowerShell replace in a text, against sed itself where it is there."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxlint.shell.substitutions import edited, net_substitution, sed_substitution

TEXT = """\
ARG REGISTRY=example
FROM ${REGISTRY}/base:cuda  # base:cuda
RUN pip install torch --index-url https://download.example/whl/cu121
"""


def after(*expressions: str, text: str = TEXT, extended: bool = False) -> str | None:
    found = [sed_substitution(each, extended=extended) for each in expressions]
    known = tuple(each for each in found if each is not None)
    return edited(text, known) if len(known) == len(found) else None


@pytest.mark.parametrize(
    ("expression", "line"),
    [
        ("s/base:cuda/base:cpu/", "FROM ${REGISTRY}/base:cpu  # base:cuda"),
        ("s/base:cuda/base:cpu/g", "FROM ${REGISTRY}/base:cpu  # base:cpu"),
        ("s|^FROM ${REGISTRY}/base|FROM debian|", "FROM debian:cuda  # base:cuda"),
        ("s/BASE:CUDA/x/I", "FROM ${REGISTRY}/x  # base:cuda"),
        ("s/FROM example\\/base:cuda/FROM x/", "FROM ${REGISTRY}/base:cuda  # base:cuda"),
        ("s,cuda$,cpu,", "FROM ${REGISTRY}/base:cuda  # base:cpu"),
    ],
)
def test_what_sed_makes_of_a_line(expression: str, line: str) -> None:
    found = after(expression)
    assert found is not None and found.split("\n")[1] == line


@pytest.mark.parametrize(
    "expression",
    ["d", "/FROM/s/a/b/", "s/a\\+/b/", "s/a/b/e", "s/a/b/3", "s/\\(a\\)/b/", "y/a/b/", "s/a", "s/[/b/", "", "sa"],
)
def test_expressions_that_are_not_understood(expression: str) -> None:
    assert sed_substitution(expression) is None


def test_a_replacement_that_is_more_than_text_is_unknown_where_it_matches() -> None:
    assert after("s/base/&-ml/") is None
    assert after("s/nothing/&-ml/") == TEXT
    assert after("s/base/a\\nb/") is None


def test_braces_are_themselves_without_extended_patterns_only() -> None:
    assert sed_substitution("s/${REGISTRY}/x/", extended=True) is None
    assert sed_substitution("s/base:cuda/x/", extended=True) is not None


def test_powershell_replaces_every_place_and_ignores_case() -> None:
    found = net_substitution("-replace", "BASE:cuda", "base:cpu", ignore_case=True)
    assert found is not None
    assert (edited(TEXT, (found,)) or "").split("\n")[1] == "FROM ${REGISTRY}/base:cpu  # base:cpu"
    assert net_substitution("-creplace", "a(b", "", ignore_case=False) is None
    unknown = net_substitution("-replace", "base", "$1", ignore_case=True)
    assert unknown is not None and edited(TEXT, (unknown,)) is None


@pytest.mark.skipif(shutil.which("sed") is None, reason="no sed")
@given(
    st.text("ab/.*$^{}:- ", max_size=6),
    st.text("ab/.&:- ", max_size=4),
    st.sampled_from(["", "g"]),
    st.text("ab/.$^{}:- \n", max_size=20),
)
@settings(max_examples=150, deadline=None)
def test_what_is_known_is_what_sed_does(old: str, new: str, flags: str, text: str) -> None:
    expression = f"s|{old}|{new}|{flags}"
    found = after(expression, text=text + "\n")
    if found is None:
        return
    command = ["sed", "--posix", "-e", expression]
    done = subprocess.run(command, input=text + "\n", capture_output=True, text=True, check=False, env={"LC_ALL": "C"})
    assert done.returncode == 0 and done.stdout == found
