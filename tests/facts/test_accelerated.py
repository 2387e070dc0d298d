"""The tables of accelerated packages, and what is looked up in them."""

from __future__ import annotations

import re

import pytest

from wxlint import facts
from wxlint.facts.tables import release_key


@pytest.mark.parametrize(
    ("name", "specifier", "cuda", "cudnn"),
    [
        ("onnxruntime-gpu", "==1.18.1", "11.8", "8"),
        ("onnxruntime-gpu", "==1.19.0", "12", "9"),
        ("onnxruntime-gpu", "<1.19", "11.8", "8"),
        ("onnxruntime_gpu", "", "13", "9"),
        ("ctranslate2", ">=4.0,<5", "12", ""),
        ("ctranslate2", ">=4.0,<4.6.3", "12", "9"),
        ("ctranslate2", "<4.5.0", "12", "8"),
        ("ctranslate2", "<=4.5.0", "12", "9"),
        ("ctranslate2", "~=4.4.0", "12", "8"),
        ("ctranslate2", "~=4.4", "12", ""),
        ("ctranslate2", "==3.24.0", "11", "8"),
        ("tensorflow", "==2.15.*", "12.2", "8"),
        ("tensorflow-gpu", "==2.4", "11.0", "8"),
        ("tensorflow", "<2.15", "11.8", "8"),
        ("ctranslate2", "<=4", "12", "8"),
    ],
)
def test_what_the_newest_allowed_release_was_built_for(name: str, specifier: str, cuda: str, cudnn: str) -> None:
    row = facts.accelerated_build(name, specifier)
    assert row is not None and (row["cuda"], row["cudnn"]) == (cuda, cudnn)


def test_an_old_python_takes_an_old_release() -> None:
    row = facts.accelerated_build("onnxruntime-gpu", "", python="3.10")
    assert row is not None and row["cuda"] == "12"
    pinned = facts.accelerated_build("onnxruntime-gpu", "==1.27.0", python="3.10")
    assert pinned is not None and pinned["cuda"] == "13"


@pytest.mark.parametrize(
    ("name", "specifier", "extras", "brings"),
    [
        ("rembg", "==2.0.50", ("gpu",), {"onnxruntime", "onnxruntime-gpu"}),
        ("rembg", "==2.0.67", ("gpu",), {"onnxruntime-gpu"}),
        ("rembg", "", (), set()),
        ("wyoming-faster-whisper", "==2.0.0", (), {"faster-whisper"}),
        ("whisperx", "==3.3.1", (), {"faster-whisper", "ctranslate2", "torchaudio"}),
        ("nobody", "", (), set()),
    ],
)
def test_what_is_brought_along(name: str, specifier: str, extras: tuple[str, ...], brings: set[str]) -> None:
    assert {brought for brought, _ in facts.carried(name, specifier, extras)} == brings


@pytest.mark.parametrize("table", ["accelerated_builds", "carriers"])
def test_the_rows_of_a_package_follow_each_other(table: str) -> None:
    seen: dict[str, tuple[tuple[int, ...], int]] = {}
    for row in facts.table(table):
        assert row["name"] == facts.normalise(row["name"])
        assert release_key(row["from"]) >= seen.get(row["name"], ((), 0)), row
        seen[row["name"]] = release_key(row["from"])
        assert not row["before"] or release_key(row["before"]) > release_key(row["from"])


def test_rows_say_one_of_the_known_words() -> None:
    for row in facts.table("accelerated"):
        assert row["build"] in ("cpu", "cuda", "rocm", "other", "any", "same"), row
        assert row["libraries"] in ("none", "system", "wheels", "own", "torch"), row
        assert row["build"] != "cpu" or row["counterpart"], row
        assert re.fullmatch(r"[a-z0-9*-]+", row["name"]), row


def test_post_releases_sort_behind_their_release() -> None:
    assert facts.torch_needed("xformers", "0.0.22") == "==2.0.1"
    assert facts.torch_needed("xformers", "0.0.22.post4") == "==2.1.0"
    assert facts.torch_needed("xformers", "0.0.23") == "==2.1.1"
    assert facts.torch_needed("xformers", "0.0.23.post1") == "==2.1.2"
    assert facts.torch_needed("xformers", "0.0.24") == "==2.2.0"


@pytest.mark.parametrize(
    ("specifier", "cuda"),
    [("==2.4.2", "10.2"), ("==2.6.2", "11.8"), ("", "11.8"), (">=2.5", "11.8"), ("==3.2.0", None), (">=3.0", None)],
)
def test_later_releases_that_the_index_does_not_have(specifier: str, cuda: str | None) -> None:
    row = facts.accelerated_build("paddlepaddle-gpu", specifier)
    assert (row and row["cuda"]) == cuda
