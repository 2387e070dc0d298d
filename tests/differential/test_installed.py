"""A small run of the comparison with what pip and uv install, and the cases of long ones that were wrong.

The long one is `python -m tests.differential.installed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.differential.installed import Output, believed, differences, recorded, run
from tests.differential.real_installs import Real, uv_program


@pytest.mark.parametrize(("tool", "cases"), [("pip", 12), ("uv", 16), ("project", 40)])
def test_no_belief_of_what_is_installed_is_wrong(tool: str, cases: int) -> None:
    if tool != "pip" and uv_program() is None:
        pytest.skip("uv is not installed")
    counts = run(tool, range(cases), "gate", Output(show=5))
    assert counts["wrong"] == 0, counts
    assert counts["agree"] + counts["unknown"] > 1


def test_what_the_tools_did_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = tmp_path / "answers.jsonl"
    first = run("pip", range(2), "gate", answers=answers)
    monkeypatch.setattr(Real, "run", None)
    assert run("pip", range(2), "gate", answers=answers) == first
    with pytest.raises(TypeError):
        run("pip", range(2), "another", answers=answers)
    monkeypatch.setattr("tests.differential.installed.described", lambda python: "another index")
    with pytest.raises(TypeError):
        run("pip", range(2), "gate", answers=answers)


CASES = list(recorded())


@pytest.mark.parametrize(("files", "there"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_was_wrong_once_is_not_wrong_again(
    files: Mapping[str, str], there: dict[str, str], tmp_path: Path
) -> None:
    assert differences(there, believed(files, tmp_path)) == []
