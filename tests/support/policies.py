"""Policies of tests: one that is small, and how they are read."""

from __future__ import annotations

import pytest

from wxlint.core.errors import PolicyError
from wxlint.documents.source import Source
from wxlint.policy.expectations import expected_images
from wxlint.policy.load import load_policy
from wxlint.policy.model import (
    Expectation,
    Policy,
)

SMALL = """\
wxlint: 1
image: "{registry}/app-{stage}"
registry: acme
variants:
  cpu:
    base: base
    upstream: ["python:3.11-slim*"]
    stages: [demux, mux]
  cuda:
    base: {stage: base, dockerfile: docker/base-cuda/Dockerfile}
    torch-channel: cu121
    stages: [asr]
    optional: [demux]
"""


def load(text: str, path: str = "x/wxlint.yaml") -> Policy:
    return load_policy(Source(path, text))


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load(text, "p.yaml")
    return caught.value.problems


def images(policy: Policy, stage: str, variant: str) -> list[Expectation]:
    return [e for e in expected_images(policy) if (e.stage, e.variant) == (stage, variant)]


def image(policy: Policy, stage: str, variant: str) -> Expectation:
    (found,) = images(policy, stage, variant)
    return found
