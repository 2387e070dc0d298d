"""A small run of `dockerfile_words`: recorded answers of BuildKit's lexer, and an engine's where one is at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dockerfile_words import SCOPE, Answer, Case, Engine, compare, judge, take

from tests.support.small_family import need_engine
from wxlint.images.evaluation.variables.expansion import expand

RECORDED = Path(__file__).parent / "recorded" / "dockerfile_words.jsonl"
MOST_UNKNOWN = 0.30
"""Of all words: what was unknown when the answers were recorded, and a little."""


def recorded() -> list[tuple[Case, Answer]]:
    rows = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    return [(Case(text, escape), Answer(answer)) for text, escape, answer in rows]


def test_the_recorded_answers_of_buildkit() -> None:
    """Recorded by `python -m tests.differential.dockerfile_words --cases 2500 --seed N --oracle O --record F`."""
    rows = recorded()
    counts, wrong = compare([case for case, _ in rows], [answer for _, answer in rows])
    assert len(rows) >= 2000 and not wrong, wrong[:10]
    assert counts["unknown"] <= MOST_UNKNOWN * len(rows), counts


def test_a_wrong_value_would_be_seen() -> None:
    case = Case("x${A%e}")
    assert expand(case.text, SCOPE).text == "xappl"
    assert judge(case, Answer("xappl")).kind == "agree"
    assert judge(case, Answer("xapple")).kind == "wrong"
    assert judge(case, Answer(None)).kind == "wrong"
    assert judge(Case("'open"), Answer("open")).kind == "wrong"


def test_words_of_a_seed_are_always_the_same() -> None:
    assert take(50, seed=3) == take(50, seed=3) != take(50, seed=4)


@pytest.mark.engine
def test_an_engine_with_buildkit_says_the_same() -> None:
    need_engine()
    engine = Engine()
    engine.most_refused = 3
    cases = take(300, seed=8, old=True)
    counts, wrong = compare(cases, engine.answers(cases))
    assert not wrong, wrong[:10]
    assert counts["agree"] > len(cases) // 2
