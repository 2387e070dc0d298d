"""A small run of `dockerfile_images` on recorded answers."""

from __future__ import annotations

import json
from pathlib import Path

from dockerfile_images import Answer, Case, compare, judge

RECORDED = Path(__file__).parent / "recorded" / "dockerfile_images.jsonl"


def test_the_recorded_answers_of_buildkit() -> None:
    """Recorded by `python -m tests.differential.dockerfile_images --cases 600 --seed N --oracle O --record F`."""
    rows = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    counts, wrong = compare((Case(text, args, platform), Answer(images)) for text, args, platform, images in rows)
    assert len(rows) >= 600 and not wrong, wrong[:5]
    assert counts["unknown"] + counts["missed"] <= 0.12 * len(rows), counts


def test_a_wrong_image_would_be_seen() -> None:
    case = Case("ARG A=1\nFROM a:$A\n", {}, "linux/amd64")
    assert judge(case, Answer(["docker.io/library/a:1 linux/amd64"]))[0] == "agree"
    assert judge(case, Answer(["docker.io/library/a:2 linux/amd64"]))[0] == "wrong"
    assert judge(case, Answer(None))[0] == "missed"
    assert judge(Case("FROM a\nCOPY a\n", {}, "linux/amd64"), Answer(["docker.io/library/a:latest"]))[0] == "wrong"
