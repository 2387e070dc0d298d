"""A small run of `image_references` on recorded answers."""

from __future__ import annotations

import json
from pathlib import Path

from image_references import normalized

RECORDED = Path(__file__).parent / "recorded" / "image_references.jsonl"


def test_the_recorded_answers_of_the_reference_package() -> None:
    """Recorded by `python -m tests.differential.image_references --cases 1500 --seed N --oracle O --record F`."""
    rows = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 1500 and sum(answer is not None for _, answer in rows) > 80
    assert [(text, normalized(text), answer) for text, answer in rows if normalized(text) != answer] == []
