"""What the default index is known not to have: releases for a Python, extras, names that are gone."""

from __future__ import annotations

import re

import pytest

from wxlint import facts
from wxlint.facts.wheels import extra_of, lack_of, name_on_index


@pytest.mark.parametrize(
    ("name", "specifier", "python", "nearest", "made_for"),
    [
        ("tensorflow", "==2.15.0", "3.12", "2.16.1", ("3.9", "3.10", "3.11")),
        ("TensorFlow_CPU", "==2.15.0", "3.12", "2.16.1", ("3.9", "3.10", "3.11")),
        ("tensorflow", "<2.16", "3.12", "2.16.1", ()),
        ("tensorflow", "<2.16.1", "3.12", "2.16.1", ()),
        ("tensorflow", "~=2.14.0", "3.12", "2.16.1", ()),
        ("tensorflow", ">=2.14", "3.8", "2.13.1", ()),
        ("onnxruntime-gpu", "==1.19.2", "3.13", "1.20.0", ("3.8", "3.9", "3.10", "3.11", "3.12")),
        ("jaxlib", ">0.4.30", "3.9", "0.4.30", ()),
        ("cupy-cuda12x", "==13.3.0", "3.13", "13.4.0", ("3.9", "3.10", "3.11", "3.12")),
        ("faiss", "", "3.11", "", ()),
        ("vllm", "==0.12.0", "3.9", "0.11.0", ("3.10", "3.11", "3.12", "3.13", "3.14")),
    ],
)
def test_a_python_without_wheels(
    name: str, specifier: str, python: str, nearest: str, made_for: tuple[str, ...]
) -> None:
    found = lack_of(name, specifier, python)
    assert found is not None and (found.python, found.nearest, found.made_for, found.sure) == (
        python,
        nearest,
        made_for,
        True,
    )


@pytest.mark.parametrize(
    ("name", "specifier", "python"),
    [
        ("tensorflow", "==2.16.1", "3.12"),
        ("tensorflow", "<=2.16.1", "3.12"),
        ("tensorflow", ">=2.4,<2.21", "3.12"),
        ("tensorflow", "==2.8", "3.10"),
        ("tensorflow", "==2.16.0rc0", "3.12"),
        ("tensorflow", "==2.99.0", "3.12"),
        ("tensorflow", "==2.15.0", ""),
        ("tensorflow", "==1.12.0", "3.7"),
        ("tensorflow", "==2.4.0", "3.6"),
        ("faiss-cpu", "==1.9.0", "3.13"),
        ("paddlepaddle-gpu", "==2.6.2", "3.10"),
        ("numpy", "==1.0.0", "3.13"),
    ],
)
def test_what_may_be_there(name: str, specifier: str, python: str) -> None:
    assert lack_of(name, specifier, python) is None


def test_a_later_release_may_be_for_a_new_python() -> None:
    for specifier, sure in (("", False), ("==2.99.0", False), ("==2.20.0", True), ("<2.20", True)):
        found = lack_of("tensorflow", specifier, "3.15")
        assert found is not None and found.sure is sure, specifier


@pytest.mark.parametrize("name", ["tensorflow-gpu", "paddlepaddle-gpu"])
def test_a_package_that_has_ended_gets_no_later_release(name: str) -> None:
    found = lack_of(name, "==3.0.0", "")
    assert found is not None and found.sure and found.instead and found.python == ""


@pytest.mark.parametrize(
    ("extra", "specifier", "python", "there"),
    [
        ("cuda11_pip", "", "", False),
        ("cuda11_pip", "==0.4.25", "", True),
        ("cuda11_pip", "<0.4.26", "", True),
        ("cuda11_pip", "<=0.4.26", "", False),
        ("cuda11_pip", "", "3.8", None),
        ("cuda12_pip", "", "3.9", True),
        ("cuda12_pip", "", "3.11", False),
        ("cuda12-pip", "==0.5.3", "3.11", True),
        ("cuda13", "<0.7", "", False),
        ("cuda12", "", "", True),
        ("cuda", "==0.4.2", "", None),
        ("dev", "", "", None),
    ],
)
def test_extras_of_jax(extra: str, specifier: str, python: str, there: bool | None) -> None:
    found = extra_of("jax", extra, specifier, python)
    assert (found.there if found is not None else None) is there


def test_what_takes_the_place_of_an_extra() -> None:
    for extra in ("cuda11_local", "cuda12_pip", "cuda12-cudnn89"):
        found = extra_of("jax", extra, "")
        assert found is not None and found.instead == "cuda12"


def test_an_extra_that_a_release_does_not_have_yet() -> None:
    found = extra_of("tensorflow", "and-cuda", "==2.13.1")
    assert found is not None and (found.there, found.since) == (False, "2.14.0")


def test_where_an_extra_finds_its_build() -> None:
    for specifier, links in (("==0.4.20", True), ("==0.4.30", False)):
        found = extra_of("jax", "cuda12_pip", specifier)
        assert found is not None and found.there and bool(found.links) is links


def test_names_that_are_gone() -> None:
    assert name_on_index("tensorflow_gpu", "") is not None
    assert name_on_index("tensorflow-gpu", "==2.11.0") is None
    assert name_on_index("tensorflow-gpu", "<2.12") is None
    assert name_on_index("detectron2", "==0.6") is not None
    assert name_on_index("torch", "") is None


def test_the_cells_are_well_formed() -> None:
    releases = r"\d[\w.]*-(?:\d[\w.]*)?"
    for row in facts.table("wheel_pythons"):
        assert re.fullmatch(rf"(?:3\.\d+:{releases} ?)+", row["pythons"]), row["name"]
        assert facts.accelerated_package(row["name"]) or row["name"].startswith("torch"), "else nobody reads it"
    assert {row["gives"] for row in facts.table("index_names")} == {"nothing", "refuses", "is empty"}
