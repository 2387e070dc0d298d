"""A small run of the comparison of images of several environments.

The long one is `python -m tests.differential.environments`.
"""

from __future__ import annotations

import pytest

from tests.differential.environments import is_wrong, run
from tests.differential.real_installs import uv_program
from wxlint.images.stack.torch.model import NONE, Torch


def test_no_belief_of_what_an_image_computes_with_is_wrong() -> None:
    if uv_program() is None:
        pytest.skip("uv is not installed")
    counts = run(10, "gate", show=5)
    assert counts["wrong"] == 0, counts
    assert counts["agree"] + counts["unknown"] > 1


def test_what_a_belief_has_to_hold_in() -> None:
    cpu = Torch("cpu", "2.5.1")
    assert not is_wrong(cpu, ["none", "2.5.1+cpu"])
    assert not is_wrong(Torch("unknown"), ["2.5.1+cpu", "2.4.1"])
    assert is_wrong(cpu, ["2.4.1+cpu"]) and is_wrong(cpu, ["2.5.1+cpu", "2.5.1"]) and is_wrong(NONE, ["2.5.1"])
    assert is_wrong(cpu, ["none"]) and not is_wrong(NONE, ["none", "none"])
