"""What releases need of others: the lookup, and how rows are derived from an index and held to it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from wxlint.facts.package_needs import are_needs_known, needs_of

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.mark.parametrize(
    ("name", "version", "needed"),
    [
        ("transformers", "4.57.3", "huggingface-hub>=0.34.0,<1.0"),
        ("Transformers", "4.57.3", "tokenizers>=0.22.0,<=0.23.0"),
        ("numba", "0.60", "numpy>=1.22,<2.1"),
        ("numba", "0.60.0.0", "numpy>=1.22,<2.1"),
        ("torch", "2.5.1", "sympy==1.13.1"),
        ("tensorflow", "2.15.0.post1", "tensorboard>=2.15,<2.16"),
    ],
)
def test_what_a_release_needs(name: str, version: str, needed: str) -> None:
    assert needed in [f"{need.name}{need.specifier}" for need in needs_of(name, version)]
    assert are_needs_known(name)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("transformers", "4.57.0rc1"),
        ("transformers", "4.57.3.dev0"),
        ("transformers", "999"),
        ("transformers", "0.1"),
        ("transformers", "1!4.57.3"),
        ("acme", "1.0"),
        ("", ""),
    ],
)
def test_of_releases_that_nobody_has_looked_at_nothing_is_known(name: str, version: str) -> None:
    assert needs_of(name, version) == ()


class Index:
    """Releases with the wheels of each, and what these require, by the tag of their Python."""

    def __init__(self, releases: dict[str, dict[str, list[str]]], python: str = "") -> None:
        self.wheels, self.python = releases, python

    def files(self, name: str, yanked: bool = False) -> dict[Version, list[dict[str, Any]]]:
        assert yanked
        return {
            Version(version): [
                {"filename": f"{name}-{version}-{tag}.whl", "requires-python": self.python, "version": version}
                for tag in wheels
            ]
            for version, wheels in self.wheels.items()
        }

    def requires_of(self, name: str, file: dict[str, Any]) -> list[Requirement]:
        tag = file["filename"].removesuffix(".whl").split("-", 2)[2]
        return [Requirement(text) for text in self.wheels[file["version"]][tag]]


PURE = "py3-none-any"
OLD, MIDDLE, NEW = (f"cp3{minor}-cp3{minor}-manylinux_2_17_x86_64" for minor in (9, 10, 12))


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPTS))
    yield importlib.import_module("release_needs")
    sys.path.remove(str(SCRIPTS))


@pytest.mark.parametrize(
    ("releases", "needs"),
    [
        (
            {"1.0": {PURE: ["numpy<2"]}, "1.1": {PURE: ["numpy<2", "acme<1"]}, "2.0": {PURE: ["numpy"]}},
            [("1.0", "1.1", "numpy<2")],
        ),
        (
            {"1.0": {PURE: ["numpy<2"]}, "1.1": {PURE: ["numpy<3"]}, "1.2": {PURE: ["numpy<2"]}},
            [("1.0", "1.0", "numpy<2"), ("1.1", "1.1", "numpy<3"), ("1.2", "1.2", "numpy<2")],
        ),
        # one that has no wheel for Linux may need something else
        (
            {"1.0": {PURE: ["numpy<2"]}, "1.1": {"cp39-cp39-win_amd64": ["numpy<2"]}, "1.2": {PURE: ["numpy<2"]}},
            [("1.0", "1.0", "numpy<2"), ("1.2", "1.2", "numpy<2")],
        ),
        ({"1.0": {PURE: ["numpy<2"]}, "1.1rc1": {PURE: ["numpy<3"]}}, [("1.0", "1.0", "numpy<2")]),
        ({"1.0": {PURE: ["numpy<2; extra == 'all'", "scipy<2; sys_platform == 'win32'"]}}, []),
        ({"1.0": {PURE: ["numpy<2; platform_machine == 'x86_64'"]}}, [("1.0", "1.0", "numpy<2")]),
        ({"1.0": {PURE: ["numpy<2; python_version < '3.12'"]}}, []),
        (
            {"1.0": {PURE: ["numpy>=1.23.5,<2; python_version < '3.12'", "numpy<2,>=1.26; python_version >= '3.12'"]}},
            [("1.0", "1.0", "numpy>=1.23.5,<2")],
        ),
        (
            {"1.0": {OLD: ["numpy>=1.20", "six<2"], MIDDLE: ["numpy==1"], NEW: ["numpy>=1.26"]}},
            [("1.0", "1.0", "numpy>=1.20")],
        ),
        ({"1.0": {PURE: ["numpy!=1.5", "torch==2.0", "scipy @ https://x.example/y.zip"]}}, []),
    ],
)
def test_rows_are_derived(
    script: ModuleType, releases: dict[str, dict[str, list[str]]], needs: list[tuple[str, ...]]
) -> None:
    assert [tuple(need) for need in script.derived(Index(releases), "t")] == needs


def test_old_releases_are_passed_over(script: ModuleType) -> None:
    class Dated(Index):
        def files(self, name: str, yanked: bool = False) -> dict[Version, list[dict[str, Any]]]:
            found = super().files(name, yanked)
            for version, files in found.items():
                files[0]["upload-time"] = f"{2017 + version.major}-05-01T00:00:00Z"
            return found

    releases = {f"{major}.0": {PURE: ["numpy<2"]} for major in range(1, 5)}
    assert [tuple(need) for need in script.derived(Dated(releases), "t")] == [("3.0", "4.0", "numpy<2")]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("1.0", "1.1", "numpy>=1,<2"), ["", ""]),
        (("1.0", "1.0", "numpy<2,>=1"), [""]),
        (("1.0", "2.0", "numpy<2,>=1"), ["", "2.0 needs no numpy"]),
        (("1.0", "1.1", "numpy<3"), ["1.0 needs numpy>=1,<2", "1.1 needs numpy>=1,<2"]),
        (("3.0", "3.0", "numpy<3"), [None]),
    ],
)
def test_the_ends_of_a_row_are_held_to_the_index(
    script: ModuleType, row: tuple[str, str, str], said: list[str | None]
) -> None:
    index = Index({"1.0": {PURE: ["numpy<2,>=1"]}, "1.1": {PURE: ["numpy<2,>=1"]}, "2.0": {PURE: ["six"]}})
    assert list(script.contradicted(index, "t", script.Need(*row))) == said


def test_the_check_reads_the_rows(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    check_facts = importlib.import_module("check_facts")
    rows = [{"name": "t", "from": "1.0", "last": "1.0", "needs": needs} for needs in ("numpy<2 >=1", "numpy<3")]
    rows.append({"name": "t", "from": "5.0", "last": "5.0", "needs": "numpy<2"})
    monkeypatch.setattr(check_facts, "table", lambda name: rows)
    found = list(check_facts.package_needs(Index({"1.0": {PURE: ["numpy<2,>=1"]}})))
    assert [(one.wrong, one.open) for one in found] == [("", False), ("1.0 needs numpy>=1,<2", False), ("", True)]


def test_the_table_is_written_anew(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lister = importlib.import_module("list_needs")
    old = {"from": "0.1", "last": "0.2", "source": "s", "verified_on": "2020-01-01", "confidence": "verified"}
    monkeypatch.setattr(
        lister, "table", lambda name: [{"name": name, "needs": "six<2", **old} for name in ("b", "gone")]
    )
    monkeypatch.setattr(lister, "FACTS", tmp_path)
    index = SimpleNamespace(derived={"a-b": [script.Need("1.0", "1.1", "numpy>=1,<2")], "gone": []})
    monkeypatch.setattr(lister, "Index", lambda url: index)
    monkeypatch.setattr(lister, "derived", lambda index, name: index.derived[name])
    assert lister.main(["--index-url", "https://x.example", "A_B", "gone"]) == 0
    head, *rows = (tmp_path / "package_needs.csv").read_text().splitlines()
    assert head == "name,from,last,needs,source,verified_on,confidence"
    assert [row.split(",")[:4] for row in rows] == [
        ["a-b", "1.0", "1.1", "numpy>=1 <2"],
        ["b", "0.1", "0.2", "six<2"],
        ["gone", "0.1", "0.2", "six<2"],
    ]
    assert capsys.readouterr().err == "the index says nothing of gone\n"
