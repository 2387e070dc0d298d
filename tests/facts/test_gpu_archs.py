"""Which GPUs a build reaches."""

from __future__ import annotations

import pytest

from wxlint import facts
from wxlint.facts.gpu_archs import arch_list, listed_archs, nvcc_compiles, reaches, torch_archs


@pytest.mark.parametrize(
    ("listed", "capability", "answer"),
    [
        (("8.0",), "8.0", True),
        (("8.0",), "8.6", True),
        (("8.6",), "8.0", False),
        (("8.0", "9.0"), "12.0", False),
        (("8.0", "9.0+PTX"), "12.0", True),
        (("12.0+PTX",), "9.0", False),
        (("12.0",), "12.1", True),
        (("9.0a",), "9.0", True),
        (("10.0a",), "10.3", False),
        ((), "8.0", False),
    ],
)
def test_code_runs_on_later_minor_versions_and_ptx_on_all_later_ones(
    listed: tuple[str, ...], capability: str, answer: bool
) -> None:
    assert reaches(listed, capability) is answer


def test_lists_as_people_write_them() -> None:
    assert arch_list("7.5;8.0 8.6+PTX") == ("7.5", "8.0", "8.6+PTX")
    assert arch_list("Ampere;9.0a") == ("8.0", "8.6+PTX", "9.0a")
    assert arch_list("All") is None and arch_list("native") is None


def test_what_torch_says_of_itself() -> None:
    assert listed_archs("sm_80 sm_90 compute_90") == ("8.0", "9.0+PTX")
    assert listed_archs("sm_90a sm_120") == ("9.0a", "12.0")
    assert listed_archs("") == ()


def test_builds_of_releases() -> None:
    known = torch_archs("2.9.1", "cu126")
    assert known is not None and known.listed[-1] == "9.0"
    default = torch_archs("2.11.0", "default")
    assert default is not None and default.listed[0] == "7.5", "that of CUDA 13.0"
    old = torch_archs("2.7.1", "cu126")
    assert old is not None and old.confidence == "unverified"
    assert torch_archs("2.3.1", "cu126") is None, "there is no such build"
    assert torch_archs("2.9.0", "cu126", "riscv") is None


def test_what_nvcc_compiles_for() -> None:
    assert nvcc_compiles("12.0", "12.4") is False and nvcc_compiles("12.0+PTX", "12.8") is True
    assert nvcc_compiles("7.0", "13.0") is False and nvcc_compiles("7.0", "12.9") is True
    assert nvcc_compiles("99.0", "12.4") is None


def test_every_row_is_of_a_build_that_exists() -> None:
    """Rows begin at a release that the channel has, and overlap in no release."""
    for row in facts.table("torch_archs"):
        if row["machine"] == "x86_64":
            assert facts.torch_channel_exists(row["from"], row["channel"]) is not False, row
        assert arch_list(row["archs"]) is not None, row
