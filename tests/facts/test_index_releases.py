"""Which releases the default index has at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint import facts
from wxlint.facts import index_releases
from wxlint.facts.index_releases import NoRelease, lists_releases, no_release


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One package, of which the index has these releases; tables hold them in this order."""
    releases = "0.9 2.0.0 2.4.0 2.4.2rc1 2.4.3 2.6.0rc0 2.6.0 2.6.1 2.6.1.post1 4.0.0 4.1.0 20230918 20231117"
    row = {"name": "t", "releases": releases, "verified_on": "2026-11-30", "confidence": "verified"}
    monkeypatch.setattr(index_releases, "row_of", lambda table, name: row if name == "t" else None)
    no_release.cache_clear()


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("specifier", "asked", "nearest"),
    [
        ("==2.4.1", "2.4.1", "2.4.3"),
        ("==2.4.2", "2.4.2", "2.4.3"),
        ("==2.6.0rc1", "2.6.0rc1", "2.6.0"),
        ("==2.6.0-RC.2", "2.6.0-RC.2", "2.6.0"),
        ("==2.4.0.post1", "2.4.0.post1", "2.4.3"),
        ("==2.5.2", "2.5.2", "2.6.0"),
        ("==2.5.*", "2.5.*", "2.6.0"),
        ("==2.4.1.*", "2.4.1.*", "2.4.3"),
    ],
)
def test_a_release_that_will_not_come_any_more(specifier: str, asked: str, nearest: str) -> None:
    assert no_release("T", specifier) == NoRelease(asked, nearest, "2026-11-30")


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "specifier",
    [
        "==2.4.0",
        "==2.4",
        "==2",
        "==v2.4.0",
        "==0.9.0",
        "==2.6.1-1",
        "==2.6.1.POST1",
        "==2.6.0-rc-0",
        "==2.4.*",
        "==2.*",
        "==2.4.2.*",  # a candidate is one of its line
    ],
)
def test_a_release_that_is_there_however_it_is_written(specifier: str) -> None:
    assert no_release("t", specifier) is None


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "specifier",
    [
        "==2.4.4",  # the next of its line
        "==2.6.2rc0",
        "==2.7.0",  # the next line of its major version
        "==2.7.*",
        "==2.6.2.*",
        "==2.4.9.*",
        "==1.0.0",  # nothing of its major version
        "==4.2",
        "==20231118",
        "==30000000",
        "===2.5.2",
        ">=2.5.2",
        "==2.5.2,<3",
        "==2.5.2+cu118",
        "==three",
        "==2.5.2.x",
        "==" + "9" * 5000,
        "",
    ],
)
def test_a_release_that_may_be_there(specifier: str) -> None:
    assert no_release("t", specifier) is None


@pytest.mark.parametrize(
    ("name", "version", "nearest"),
    [
        ("tensorflow", "2.5.0rc0", "2.5.0"),
        ("tensorflow-gpu", "2.0.0b0", "2.0.0"),
        ("PaddlePaddle", "2.5.2", "2.6.2"),
        ("tensorflow", "2.16.0", "2.16.1"),
        ("onnxruntime_gpu", "1.8.1", "1.11.0"),
    ],
)
def test_what_the_index_has_deleted(name: str, version: str, nearest: str) -> None:
    found = no_release(name, f"=={version}")
    assert found is not None and found.nearest == nearest and lists_releases(name)


@pytest.mark.parametrize(
    ("name", "version"),
    [("numpy", "1.24"), ("torchvision", "0.15.2"), ("nvidia-cudnn-cu11", "8.6.0.163"), ("openai-whisper", "20231117")],
)
def test_what_the_index_has(name: str, version: str) -> None:
    assert no_release(name, f"=={version}") is None and lists_releases(name)


def test_releases_are_in_order_and_there_is_a_final_one() -> None:
    from packaging.version import Version

    for row in facts.table("index_releases"):
        found = [Version(text) for text in row["releases"].split()]
        assert found == sorted(set(found)) and [str(version) for version in found] == row["releases"].split()
        assert row["name"] == facts.normalise(row["name"])


@given(st.text(max_size=30))
def test_any_text_is_taken(text: str) -> None:
    no_release("tensorflow", text)
    no_release("tensorflow", f"=={text}")
    no_release(text, "==1.0")
