"""Which images stand on a release whose packages have moved."""

from __future__ import annotations

import re

import pytest

from wxlint import facts

DISTRIBUTIONS = ("centos", "debian", "ubuntu")


@pytest.mark.parametrize("row", facts.table("moved_archives"), ids=lambda row: row["word"])
def test_rows_are_whole(row: dict[str, str]) -> None:
    assert row["distribution"] in DISTRIBUTIONS
    assert row["instead"] and row["said"]
    assert re.fullmatch(r"(?:20\d\d-[01]\d)?", row["since"])
    assert row["since"] or row["confidence"] != "verified"  # a log says when


@pytest.mark.parametrize("row", facts.table("moved_archives"), ids=lambda row: row["word"])
def test_no_row_says_to_take_what_has_moved_too(row: dict[str, str]) -> None:
    assert row["instead"] not in {other["said"] for other in facts.table("moved_archives")}


@pytest.mark.parametrize("release", ["14.04", "16.04", "18.04", "20.04", "22.04", "24.04", "26.04"])
def test_long_releases_of_ubuntu_stay(release: str) -> None:
    assert facts.moved_archive("ubuntu", release) is None


@pytest.mark.parametrize("row", facts.table("python_debians"), ids=lambda row: row["tag"])
def test_tags_of_python_are_on_a_release_that_has_moved(row: dict[str, str]) -> None:
    for tag in (row["tag"], f"{row['tag']}-slim"):
        moved = facts.moved_archive("python", tag)
        assert moved is not None and moved["word"] == row["word"]
    assert facts.moved_archive("python", f"{row['tag']}-alpine") is None
    assert facts.moved_archive("pypy", row["tag"]) is None


IMAGES = [
    ("debian", "10", "buster"),
    ("debian", "10.13-slim", "buster"),
    ("debian", "stretch-20220228-slim", "stretch"),
    ("debian", "12-slim", ""),
    ("debian", "latest", ""),
    ("ubuntu", "23.10", "mantic"),
    ("ubuntu", "groovy-20210416", "groovy"),
    ("ubuntu", "10", ""),
    ("centos", "7.9.2009", "centos7"),
    ("centos", "centos7.9.2009", "centos7"),
    ("centos", "latest", "centos8"),
    ("quay.io/centos/centos", "stream8", "stream8"),
    ("quay.io/centos/centos", "stream9", ""),
    ("quay.io/centos/centos", "latest", ""),
    ("nvidia/cuda", "11.8.0-runtime-centos7", "centos7"),
    ("nvcr.io/nvidia/cuda", "11.2.2-devel-centos8", "centos8"),
    ("nvidia/cuda", "11.8.0-runtime-ubi8", ""),
    ("nvidia/cuda", "10", ""),
    ("python", "3.8-slim-buster", "buster"),
    ("python", "3.7", ""),
    ("python", "3.6", ""),
    ("arm64v8/python", "3.7.9", "buster"),
    ("node", "14-stretch", "stretch"),
    ("ros", "lunar", ""),
    ("example/python", "3.8-buster", ""),
    ("debian/eol", "buster", ""),
]


@pytest.mark.parametrize(("upstream", "tag", "word"), IMAGES)
def test_images(upstream: str, tag: str, word: str) -> None:
    row = facts.moved_archive(upstream, tag)
    assert (row["word"] if row is not None else "") == word
