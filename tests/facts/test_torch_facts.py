"""What is known of the releases of torch: companions, channels, the plain wheel, and what needs which of them."""

from __future__ import annotations

import re

import pytest
from packaging.specifiers import SpecifierSet

from wxlint import facts
from wxlint.images.stack.torch.releases import within

# Per torch release: torchvision, torchaudio, the channels of the field notes, the plain wheel's CUDA.
RELEASES = [
    ("2.0.0", "0.15.1", "2.0.1", "cu118", "11.7"),
    ("2.0.1", "0.15.2", "2.0.2", "cu118", "11.7"),
    ("2.1.0", "0.16.0", "2.1.0", "cu118 cu121", "12.1"),
    ("2.2.1", "0.17.1", "2.2.1", "cu118 cu121", "12.1"),
    ("2.3.1", "0.18.1", "2.3.1", "cu118 cu121", "12.1"),
    ("2.4.0", "0.19.0", "2.4.0", "cu118 cu121 cu124", "12.1"),
    ("2.5.1", "0.20.1", "2.5.1", "cu118 cu121 cu124", "12.4"),
    ("2.6.0", "0.21.0", "2.6.0", "cu118 cu124 cu126", "12.4"),
    ("2.7.1", "0.22.1", "2.7.1", "cu118 cu126 cu128", "12.6"),
    ("2.8.0", "0.23.0", "2.8.0", "cu126 cu128 cu129", "12.8"),
    ("2.9.1", "0.24.1", "2.9.1", "cu126 cu128 cu130", "12.8"),
    ("2.10.0", "0.25.0", "2.10.0", "cu126 cu128 cu130", "12.8"),
    ("2.11.0", "0.26.0", "2.11.0", "cu126 cu128 cu130", "13.0"),
    ("2.12.1", "0.27.1", "2.11.0", "cu126 cu130 cu132", "13.0"),
    ("2.13.0", "0.28.0", "2.11.0", "cu126 cu130 cu132", "13.0"),
    ("2.14.0", "0.29.0", "2.11.0", "cu126 cu130 cu132", "13.0"),
    ("2.15.0", "0.29.2", "2.11.0", "cu130 cu132", "13.2"),
    ("1.13.1", "0.14.1", "0.13.1", "cu116 cu117", "11.7"),
    ("1.12.1", "0.13.1", "0.12.1", "cu102 cu113 cu116", "10.2"),
    ("1.10.0", "0.11.1", "0.10.0", "cu102 cu111 cu113", "10.2"),
    ("1.8.1", "0.9.1", "0.8.1", "cu101 cu102 cu111", "10.2"),
    ("1.7.1", "0.8.2", "0.7.2", "cu92 cu101 cu110", "10.2"),
]


@pytest.mark.parametrize(("version", "vision", "audio", "channels", "plain"), RELEASES)
def test_torch_releases(version: str, vision: str, audio: str, channels: str, plain: str) -> None:
    fitting = facts.companions(version)
    assert fitting is not None and vision in fitting.torchvision and audio in fitting.torchaudio
    assert all(facts.torch_channel_exists(version, channel) for channel in ["cpu", *channels.split()])
    assert facts.default_cuda(version) == plain


def test_the_local_part_and_a_short_version_name_the_same_release() -> None:
    assert facts.torch_release("2.1") == facts.torch_release("2.1.0+cu121") == facts.torch_release("2.1.0")


@pytest.mark.parametrize(
    ("version", "channel", "exists"),
    [
        ("2.1.0", "cu124", False),
        ("2.6.0", "cu121", False),
        ("2.3.1+cu130", "cu130", False),
        ("1.13.1", "cu118", False),
        ("2.13.0", "cu134", False),
        ("2.9.0", "cu129", True),
        ("2.13.0", "cu128", None),
        ("2.99.0", "cu121", None),
        ("2.1.0", "rocm5.6", True),
        ("2.1.0", "rocm9.9", None),
        ("1.0.0", "cu80", None),
    ],
)
def test_channels(version: str, channel: str, exists: bool | None) -> None:
    assert facts.torch_channel_exists(version, channel) is exists


@pytest.mark.parametrize(
    ("version", "exists"),
    [
        ("2.1.2", True),
        ("2.1.3", False),
        ("2.3.7", False),
        ("1.14.0", False),
        ("2.14.9", None),
        ("2.15.1", None),
        ("3.0", None),
        ("1.0", None),
    ],
)
def test_torch_versions(version: str, exists: bool | None) -> None:
    assert facts.torch_exists(version) is exists


@pytest.mark.parametrize(
    ("name", "version", "torch", "fits"),
    [
        ("torchvision", "0.16.0", "2.1.0", True),
        ("torchvision", "0.16", "2.1", True),
        ("torchvision", "0.16.0+cu121", "2.1.0+cu121", True),
        ("torchvision", "0.15.2", "2.1.0", False),
        ("torchaudio", "2.0.2", "2.1.0", False),
        ("torchvision", "0.99.0", "2.1.0", None),
        ("torchvision", "0.16.0", "2.99", None),
        ("torchaudio", "2.11.0", "2.13.0", True),
        ("numpy", "1.26.4", "2.1.0", None),
    ],
)
def test_companions(name: str, version: str, torch: str, fits: bool | None) -> None:
    assert facts.companion_fits(name, version, torch) is fits


def test_the_plain_wheel_on_arm64_is_a_cpu_build_before_2_11() -> None:
    assert facts.default_cuda("2.10.0", "aarch64") == "cpu"
    assert facts.default_cuda("2.11.0", "aarch64") == "13.0"
    assert facts.default_cuda("1.7.1", "aarch64") is None


def test_the_newest_torch_is_what_an_unpinned_install_gives() -> None:
    newest = facts.table("torch")[-1]
    assert facts.default_cuda() == newest["plain_cuda"]


@pytest.mark.parametrize("row", facts.table("torch"), ids=lambda row: row["version"])
def test_torch_rows_are_complete(row: dict[str, str]) -> None:
    for column in ("torchvision", "torchaudio", "python_min", "python_max"):
        assert re.fullmatch(r"\d+(\.\d+)+( \d+(\.\d+)+)*", row[column]), column
    assert row["plain_arm64"] == "" or re.fullmatch(r"cpu|\d+\.\d+", row["plain_arm64"])


def test_channel_rows_name_releases_of_the_table() -> None:
    releases = {row["version"] for row in facts.table("torch")}
    for row in facts.table("torch_channels"):
        assert row["version"] in releases
        assert re.fullmatch(r"cpu|cu\d{2,3}|rocm\d+(\.\d+)+", row["channel"])


def test_ranges_of_the_tables_are_read_as_packaging_reads_them() -> None:
    needs = {row["needs"] for row in facts.table("torch_needs")}
    for row in facts.table("implicit_torch"):
        found = facts.torch_needed(row["name"], None) if "[" not in row["name"] else ""
        needs.add(found or "")
    for specifier in needs - {""}:
        for version in facts.torch_releases("default"):
            assert within(specifier, version) is SpecifierSet(specifier).contains(version, prereleases=True), (
                specifier,
                version,
            )
