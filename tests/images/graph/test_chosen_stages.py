"""Builds whose argument picks a stage by a value that only the caller knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint import api

WHL = "https://download.pytorch.org/whl"
STAGES = """\
ARG DEVICE
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04 AS base_gpu
FROM python:3.11-slim AS base_cpu
FROM python:3.11-slim AS other
"""
DEFAULT = "RUN pip install torch==2.6.0\n"


def found(root: Path, text: str, build: str) -> list[tuple[str, str]]:
    """The findings about torch from the default index, each with the reason that names a stage."""
    write_tree(root, {"Dockerfile": text, "build.sh": build})
    findings = [f for f in api.check([root]).findings if f.rule == "torch-without-index"]
    return [(f.severity.name, next((r.text for r in f.because if "chosen stage" in r.text), "")) for f in findings]


def test_each_stage_that_the_argument_may_name_is_built(tmp_path: Path) -> None:
    text = f"{STAGES}FROM base_${{DEVICE}}\n{DEFAULT}"
    assert found(tmp_path, text, 'docker build --build-arg DEVICE="$1" -t acme/asr:1.0 .\n') == [
        ("ERROR", "name of the chosen stage 'base_cpu'")
    ]


@pytest.mark.parametrize(
    ("text", "build"),
    [
        (f"{STAGES}FROM base_${{DEVICE}}\n{DEFAULT}", "docker build --build-arg DEVICE=gpu -t acme/asr:1.0 .\n"),
        # any stage may be meant, or an image
        (f"{STAGES}FROM $DEVICE\n{DEFAULT}", 'docker build --build-arg DEVICE="$1" -t acme/asr:1.0 .\n'),
        # one stage alone has such a name
        (f"{STAGES}FROM base_g${{DEVICE}}\n{DEFAULT}", 'docker build --build-arg DEVICE="$1" -t acme/asr:1.0 .\n'),
        (f"{STAGES}FROM base_${{DEVICE}}_${{B}}\n{DEFAULT}", 'docker build --build-arg DEVICE="$1" -t acme/a:1 .\n'),
    ],
)
def test_what_names_no_stage_for_certain_stays_open(tmp_path: Path, text: str, build: str) -> None:
    assert found(tmp_path, text, build) == []
