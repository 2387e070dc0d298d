"""Paths held against the policy's templates: as a regular expression reads them, and never slower than linear."""

from __future__ import annotations

import random
import re

import pytest

from wxlint.policy.templates import stage_in


def by_pattern(path: str, template: str) -> str | None:
    """The same with backtracking: the first name is the longest."""
    pattern = re.sub(r"\\\{(variant|tag)\\\}", "[^/]+", re.escape(template))
    pattern = pattern.replace(r"\{stage\}", "(?P<stage>[^/]+)", 1).replace(r"\{stage\}", "[^/]+")
    match = re.fullmatch(pattern, path)
    return match["stage"] if match and "stage" in match.groupdict() else None


@pytest.mark.parametrize(
    ("path", "template", "stage"),
    [
        ("docker/asr/Dockerfile", "docker/{stage}/Dockerfile", "asr"),
        ("docker/asr/Dockerfile.cuda", "docker/{stage}/Dockerfile.{variant}", "asr"),
        ("docker/a-b-cpu.Dockerfile", "docker/{stage}-{tag}.Dockerfile", "a-b"),
        ("docker/asr/asr.Dockerfile", "docker/{stage}/{stage}.Dockerfile", "asr"),
        ("docker//Dockerfile", "docker/{stage}/Dockerfile", None),
        ("docker/a/b/Dockerfile", "docker/{stage}/Dockerfile", None),
        ("docker/a/Dockerfile", "docker/{variant}/Dockerfile", None),
        ("ab", "{stage}{tag}", "a"),
        ("a", "{stage}{tag}", None),
    ],
)
def test_a_stage_in_a_path(path: str, template: str, stage: str | None) -> None:
    assert stage_in(path, template) == stage == by_pattern(path, template)


@pytest.mark.parametrize("seed", range(30))
def test_as_a_regular_expression_reads_it(seed: int) -> None:
    choose = random.Random(seed)
    for _ in range(200):
        template = "".join(
            choose.choice(["a", "b", "/", "{stage}", "{tag}", "{variant}"]) for _ in range(choose.randint(1, 7))
        )
        path = "".join(choose.choice("aab/") for _ in range(choose.randint(1, 9)))
        assert stage_in(path, template) == by_pattern(path, template), (path, template)


def test_a_name_that_is_repeated() -> None:
    """A regular expression tries every way to divide the path: 10^13 of them."""
    assert stage_in("docker/a/" + "c" * 20_000, "docker/{stage}/" + "{tag}" * 50 + "x") is None
    assert stage_in("docker/a/" + "c" * 20_000 + "x", "docker/{stage}/" + "c{tag}" * 50 + "x") == "a"
