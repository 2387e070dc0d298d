"""A short run of the shell reader against bash and dash; the long one is `python -m tests.differential.shell`."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.differential.shell import Bench, Case, judge, outcomes, shown

_CASES = 250
_SEEDS = ("gate1", "gate2")


@pytest.mark.skipif(shutil.which("bash") is None or not Path("/bin/dash").exists(), reason="the shells are the judges")
@pytest.mark.parametrize("bash", [True, False], ids=["bash", "dash"])
def test_scripts_are_read_as_the_shell_runs_them(tmp_path: Path, bash: bool) -> None:
    counts: Counter[str] = Counter()
    for seed in _SEEDS:
        folder = tmp_path / seed
        folder.mkdir()
        for _, outcome in outcomes(Bench(folder), _CASES // len(_SEEDS), seed, bash):
            counts[outcome.kind] += 1
            assert outcome.kind in ("agree", "unknown", "skipped"), shown(outcome)
    assert counts["agree"] > _CASES // 5, counts  # silence would agree with everything


def case(text: str, *calls: tuple[str, ...]) -> Case:
    return Case(text, True, {}, calls)


def test_the_judge_can_tell() -> None:
    assert judge(case("docker a b", ("a", "b"))).kind == "agree"
    assert judge(case("docker a b", ("a", "c"))).kind == "wrong"
    assert judge(case("docker a b", ())).kind == "wrong"
    assert judge(case("true", ("a",))).kind == "wrong"
    assert judge(case("docker a; docker b", ("b",), ("a",))).kind == "wrong"
    assert judge(case("docker a $(unknown)", ("a", "x", "y"))).kind == "unknown"
    assert judge(case('docker a "$(unknown)"', ("a", "x", "y"))).kind == "wrong"
    assert judge(case("if unknown; then docker a; fi")).kind == "unknown"
