"""Builds whose argument picks a stage by a value that only the caller knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.lint.inputs import gather

STAGES = """\
ARG DEVICE
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04 AS base_gpu
FROM python:3.11-slim AS base_cpu
"""
LAST = "FROM base_${DEVICE}\nRUN pip install flask\n"
BUILD = 'docker build --build-arg DEVICE="$1" -t acme/asr:1.0-$1 .\n'


def values(root: Path, monkeypatch: pytest.MonkeyPatch, text: str, build: str) -> list[str]:
    """The values of DEVICE under which the Dockerfile is evaluated; "?" for one that is not known."""
    write_tree(root, {"Dockerfile": text, "build.sh": build})
    monkeypatch.chdir(root)
    builds = gather(["."], no_policy=True).repository.graph.evaluations.builds["Dockerfile"]
    given = [dict(build.args).get("DEVICE") for build in builds]
    return [value.text if value.known else "?" for value in given if value is not None]


def test_each_stage_that_the_argument_may_name_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert values(tmp_path, monkeypatch, STAGES + LAST, BUILD) == ["gpu", "cpu"]


@pytest.mark.parametrize(
    ("text", "build"),
    [
        (f"{STAGES}FROM $DEVICE\n", BUILD),  # any image may be meant
        (f"{STAGES}FROM base_g${{DEVICE}}\n", BUILD),  # one stage alone has such a name
        (f"{STAGES}FROM base_${{DEVICE}}${{B}}\n", BUILD),
        (f"{STAGES.replace('base_gpu', 'gpu')}{LAST}FROM python:3.11 AS base_late\n", BUILD),  # below the FROM
        (f"{STAGES}{LAST}FROM python:3.11 AS run_cpu\nFROM base_${{DEVICE}}\n", BUILD),  # two places pick
        # the tag says what is meant, or is one for all
        (STAGES + LAST, BUILD.replace("asr:1.0-$1", "asr:gpu-$1")),
        (STAGES + LAST, BUILD.replace("1.0-$1", "1.0")),
        (STAGES + LAST, BUILD.replace("-t acme/asr:1.0-$1 ", "")),
    ],
)
def test_what_names_no_stage_for_certain_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, build: str
) -> None:
    assert values(tmp_path, monkeypatch, text, build) == ["?"]


def test_the_case_of_a_stage_s_name_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert values(tmp_path, monkeypatch, STAGES.replace("base_gpu", "Base_GPU") + LAST, BUILD) == ["gpu", "cpu"]


def test_a_value_that_is_known_is_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert values(tmp_path, monkeypatch, STAGES + LAST, BUILD.replace('"$1"', "gpu", 1)) == ["gpu"]
