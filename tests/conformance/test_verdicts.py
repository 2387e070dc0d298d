"""Verdicts from evidence: each property good, bad and unproven."""

from __future__ import annotations

import pytest
from judged import PASS, verdict
from verdicts_on_contracts import OF_CONTRACTS
from verdicts_on_gpus import OF_GPUS
from verdicts_on_images import OF_IMAGES
from verdicts_on_predictions import OF_PREDICTIONS
from verdicts_on_torch import OF_TORCH

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.registry import CHECKS
from wxlint.policy.model import Expectation

CASES = [*OF_IMAGES, *OF_TORCH, *OF_GPUS, *OF_CONTRACTS, *OF_PREDICTIONS]


@pytest.mark.parametrize(
    ("name", "expectation", "seen", "wanted", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_verdict(name: str, expectation: Expectation, seen: Evidence, wanted: str, said: str) -> None:
    found, reason = verdict(name, expectation, seen)
    assert (found, said in reason) == (wanted, True), reason


def test_every_check_has_a_case_that_passes_and_one_that_does_not() -> None:
    for check in CHECKS:
        got = {case[4] for case in CASES if case[1] == check.name}
        assert check.name == "exists" or (PASS in got and len(got) > 1), check.name
