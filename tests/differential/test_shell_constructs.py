"""Constructs of shells, one or a few a script, that the random scripts do not make: each is run by bash and dash."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.differential.shell import Bench, judge, shown

TEXTS = (Path(__file__).parent / "recorded" / "shell_constructs.txt").read_text("utf-8").split("\n%%\n")


@pytest.mark.parametrize(("shell", "least"), [("bash", 110), ("dash", 120)])
def test_constructs_are_read_as_the_shell_runs_them(tmp_path: Path, shell: str, least: int) -> None:
    """None is read wrongly, and most are known whatever surrounds the script."""
    bench = Bench(tmp_path)
    counts: Counter[str] = Counter()
    for number, text in enumerate(TEXTS):
        outcomes = [judge(bench.run(text + "\n", shell == "bash", f"{seed}{number}")) for seed in "abc"]
        wrong = [outcome for outcome in outcomes if outcome.kind in ("wrong", "crash")]
        assert not wrong, shown(wrong[0])
        counts["agree"] += all(outcome.kind == "agree" for outcome in outcomes)
    assert counts["agree"] >= least, counts
