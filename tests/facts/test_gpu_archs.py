"""Which GPUs a build reaches."""

from __future__ import annotations

import pytest

from wxlint import facts
from wxlint.facts.gpu_archs import (
    NvccArch,
    arch_list,
    cmake_archs,
    flag_archs,
    listed_archs,
    nvcc_arch,
    nvcc_compiles,
    reaches,
    torch_archs,
)
from wxlint.facts.packages import archs_of_extension
from wxlint.facts.tables import numbers


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
    assert nvcc_compiles("99.0", "12.4") is None and nvcc_compiles("native", "12.4") is None


@pytest.mark.parametrize(
    ("cuda", "knows", "does_not"),
    [
        ("8.0", "2.0 3.0 6.2", "7.0"),
        ("10.2", "3.0 3.5 7.2 7.5", "2.1 8.0"),
        ("11.0", "3.5 8.0", "3.0 8.6"),
        ("11.7", "3.5 3.7 5.0 8.6 8.7", "3.0 8.9 9.0"),
        ("11.8", "3.5 3.7 8.9 9.0", "9.0a"),
        ("12.0", "5.0 9.0a", "3.5 3.7 10.0"),
        ("12.6", "5.0 7.0 9.0A", "10.0 10.1 12.0a"),
        ("12.8", "5.0 10.0a 10.1 12.0", "10.0f 10.3 12.1"),
        ("12.9", "5.0 7.2 10.0f 10.1f 10.3a 12.1", "11.0 8.8"),
        ("13.0", "7.5 8.8 11.0 12.1f", "7.2 7.0 6.1 5.0 10.1 10.1a 10.7"),
        ("13.4", "7.5 10.7", "7.0"),
    ],
)
def test_the_lists_of_compilers(cuda: str, knows: str, does_not: str) -> None:
    assert {arch: nvcc_compiles(arch, cuda) for arch in knows.split()} == dict.fromkeys(knows.split(), True)
    assert {arch: nvcc_compiles(arch, cuda) for arch in does_not.split()} == dict.fromkeys(does_not.split(), False)


def test_the_first_and_the_last_cuda() -> None:
    assert nvcc_arch("12.0+PTX") == NvccArch("12.8", "", "verified")
    assert nvcc_arch("3.0") == NvccArch("6.5", "10.2", "documented")
    found = [nvcc_arch(arch) for arch in ("2.0", "3.7", "7.0")]
    assert [one.last for one in found if one is not None] == ["8.0", "11.8", "12.9"]
    assert nvcc_arch("99.0") is None


def test_every_row_begins_before_it_ends() -> None:
    for row in facts.table("nvcc_archs"):
        assert arch_list(row["arch"]) == (row["arch"],), row
        assert numbers(row["from"]) and (not row["before"] or numbers(row["from"]) < numbers(row["before"])), row


def test_lists_of_cmake() -> None:
    assert cmake_archs("80;90a-real;120-virtual") == (("80", "8.0"), ("90a", "9.0a"), ("120", "12.0"))
    assert cmake_archs(r"86\;103") == (("86", "8.6"), ("103", "10.3"))
    assert cmake_archs("native") == cmake_archs("all-major") == cmake_archs("") == cmake_archs("80 86") == ()


def test_flags_of_nvcc() -> None:
    assert flag_archs("-O3 -arch=sm_90a -o sm_20.o") == (("sm_90a", "9.0a"),)
    assert flag_archs("-gencode arch=compute_80,code=sm_80 -gencode=arch=compute_120,code=[sm_120,compute_120]") == (
        ("compute_80", "8.0"),
        ("compute_120", "12.0"),
    )
    assert flag_archs("--gpu-architecture compute_75 --generate-code 'arch=compute_90,code=sm_90'") == (
        ("compute_75", "7.5"),
        ("compute_90", "9.0"),
    )
    assert flag_archs("-arch=native -march=sm_20 sm_30") == ()


@pytest.mark.parametrize(
    ("name", "url", "archs"),
    [
        ("flash_attn", None, "own"),
        ("", "git+https://github.com/IDEA-Research/GroundingDINO.git", "list"),
        ("gsplat", None, ""),
        ("flash-attn", "https://wheels.example/flash_attn.whl", ""),
        ("", None, ""),
    ],
)
def test_what_decides_for_which_gpus_a_package_is_compiled(name: str, url: str | None, archs: str) -> None:
    assert archs_of_extension(name, url) == archs


def test_every_row_is_of_a_build_that_exists() -> None:
    """Rows begin at a release that the channel has, and overlap in no release."""
    for row in facts.table("torch_archs"):
        if row["machine"] == "x86_64":
            assert facts.torch_channel_exists(row["from"], row["channel"]) is not False, row
        assert arch_list(row["archs"]) is not None, row
