"""The fact tables are well-formed, and every lookup takes any text."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint import facts
from wxlint.facts import packages
from wxlint.facts.tables import Globs

FOLDER = Path(facts.__file__).parent
TABLES = sorted(path.stem for path in FOLDER.glob("*.csv"))
KEYS = {
    "accelerated": ("name",),
    "accelerated_builds": ("name", "from"),
    "asks_for_gpu": ("project",),
    "base_images": ("repository", "tag"),
    "brings_cuda": ("name",),
    "built_for_torch": ("name", "from"),
    "builds_against_torch": ("name", "project"),
    "builds_with_pkg_resources": ("name", "from"),
    "bootstraps": ("name",),
    "carriers": ("name", "from", "brings", "extra"),
    "channel_packages": ("name",),
    "cuda_packages": ("ecosystem", "name"),
    "cuda_repositories": ("name",),
    "cuda_torch_needs": ("name", "from"),
    "drivers": ("cuda_major",),
    "extras": ("name", "extra", "from"),
    "git_projects": ("project",),
    "gone": ("what",),
    "gone_packages": ("package", "distribution"),
    "implicit_torch": ("name",),
    "moved_archives": ("word",),
    "index_names": ("name",),
    "index_paths": ("name",),
    "index_releases": ("name",),
    "newest_pythons": ("name",),
    "pip_options": ("name",),
    "numpy_2": ("name",),
    "ngc_pytorch": ("release",),
    "nvidia_cuda_tags": ("version",),
    "official_images": ("name",),
    "old_keys": ("repository", "tag"),
    "other_packages": ("ecosystem", "name"),
    "package_needs": ("name", "from", "needs"),
    "requires_python": ("name", "from"),
    "servers": ("repository", "tag"),
    "python_debians": ("tag",),
    "pytorch_cuda": ("version",),
    "system_pythons": ("release",),
    "torch_libraries": ("name", "from"),
    "torch": ("version",),
    "nvcc_archs": ("arch",),
    "torch_archs": ("channel", "machine", "from"),
    "torch_arm64": ("channel",),
    "torch_channels": ("version", "channel"),
    "torch_needs": ("name", "from"),
    "torch_alone": ("name",),
    "without_torch": ("name",),
    "wheel_pythons": ("name",),
}


def test_every_table_has_a_key() -> None:
    assert sorted(KEYS) == TABLES


@pytest.mark.parametrize("name", TABLES)
def test_rows_say_where_they_come_from(name: str) -> None:
    for row in facts.table(name):
        assert row["source"].strip()
        assert row["confidence"] in {"verified", "documented", "unverified"}
        datetime.date.fromisoformat(row["verified_on"])
        assert all(text == text.strip() for text in row.values())


@pytest.mark.parametrize("name", TABLES)
def test_keys_are_unique(name: str) -> None:
    keys = [tuple(row[column] for column in KEYS[name]) for row in facts.table(name)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", TABLES)
def test_files_are_plain(name: str) -> None:
    data = (FOLDER / f"{name}.csv").read_bytes()
    assert data.endswith(b"\n") and b"\r" not in data and data.isascii()


@given(st.text(max_size=30), st.none() | st.text(max_size=30))
def test_lookups_take_any_text(one: str, two: str | None) -> None:
    facts.base_image(one, two)
    facts.torch_release(one)
    facts.torch_exists(one)
    facts.torch_channel_exists(one, two or "")
    facts.companion_fits("torchvision", one, two or "2.1.0")
    facts.brings_torch(one, two)
    facts.cuda_package("pip", one, (two or "",))
    facts.accelerated_build("ctranslate2", f"=={one}", two or "")
    facts.carried("whisperx", one, (two or "",))
    facts.min_driver(one)


def test_a_table_that_does_not_exist() -> None:
    with pytest.raises(FileNotFoundError):
        facts.table("no-such-table")


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a*", "a", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("a*b*c", "a-c", False),
        ("a*b*c", "abc", True),
        ("*-cu12", "x-cu12", True),
        ("a*", "ba", False),
        ("a.*", "abc", False),
    ],
)
def test_glob(pattern: str, text: str, matches: bool) -> None:
    assert bool(Globs([(pattern, None)]).of(text)) is matches


@pytest.mark.parametrize(
    ("name", "url", "against"),
    [
        ("flash_attn", None, True),
        ("numpy", None, False),
        ("", "git+https://github.com/Dao-AILab/flash-attention.git@v2.8.3", True),
        ("", "git+https://github.com/acme/tools", False),
        ("flash-attn", "https://wheels.example/flash_attn.whl", False),
    ],
)
def test_what_is_built_against_torch(name: str, url: str | None, against: bool) -> None:
    assert packages.builds_against_torch(name, url) is against


@pytest.mark.parametrize(
    ("version", "line"),
    [
        ("0.0.2", ""),
        ("0.0.3", "2.4"),
        ("0.1.1", "2.5"),
        ("0.2.1", "2.6"),
        ("0.5", "2.7"),
        ("0.9.1", "2.9"),
        ("0.10.0", "2.10"),
        ("0.12", ">=2.11"),
        ("0.17.0", ""),
    ],
)
def test_the_line_of_torch_that_a_release_is_built_for(version: str, line: str) -> None:
    assert packages.built_for_torch("TorchCodec", version) == line
    assert packages.built_for_torch("torchao", version) == ""
    assert (
        packages.newest_built_for("torchcodec", "3.11") == packages.newest_built_for("torchcodec", "3.10.4") == ">=2.11"
    )
    assert packages.newest_built_for("torchcodec", "3.9") == packages.newest_built_for("torchcodec") == "2.8"
    assert packages.newest_built_for("torchao") == ""
