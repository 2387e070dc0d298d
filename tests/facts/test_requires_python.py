"""For which Pythons releases are: the lookup, and how rows are derived from an index and held to it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.version import Version

from wxlint.facts.requires_python import refused

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.mark.parametrize(
    ("name", "specifier", "python", "pythons", "nearest"),
    [
        ("NumPy", "==2.5.1", "3.11", ("3.12", ""), "2.4.6"),
        ("numpy", ">=2.5.1", "3.11", ("3.12", ""), "2.4.6"),
        ("numpy", ">2.4.6", "3.11", ("3.12", ""), "2.4.6"),
        ("numpy", "!=2.5.2,>=2.5.1", "3.11", ("3.12", ""), "2.4.6"),
        ("numpy", "==1.21.4", "3.11", ("3.7", "3.10"), "1.22.0"),
        ("numpy", "~=1.21.2", "3.12", ("3.7", "3.10"), "1.22.0"),
        ("setuptools", "==80.10.2", "3.5", ("3.9", ""), "50.3.2"),
        ("numpy", "==1.17.0", "2.7", ("3.5", ""), "1.16.6"),
    ],
)
def test_what_is_refused(name: str, specifier: str, python: str, pythons: tuple[str, str], nearest: str) -> None:
    found = refused(name, specifier, python)
    assert found is not None
    assert (found.pythons, found.nearest) == (pythons, nearest)


@pytest.mark.parametrize(
    ("name", "specifier", "python"),
    [
        ("numpy", "==2.5.1", "3.12"),
        ("numpy", ">=2.4.6", "3.11"),
        ("numpy", ">=1.21.2", "3.11"),
        ("numpy", "<1.22", "3.12"),
        ("numpy", "==2.999", "3.5"),
        ("numpy", "==2.5.1rc1", "3.11"),
        ("numpy", "==1!2.5.1", "3.11"),
        ("numpy", "==2.5.1", "3.4"),
        ("numpy", "==2.5.1", ""),
        ("numpy", "", "3.5"),
        ("acme", "==1.0", "3.5"),
    ],
)
def test_what_may_be_installed(name: str, specifier: str, python: str) -> None:
    assert refused(name, specifier, python) is None


def test_uv_passes_the_newest_python_over() -> None:
    assert refused("numpy", "==1.21.4", "3.11", capped=False) is None
    assert refused("numpy", "==1.21.4", "3.6", capped=False) is not None


class Index:
    """Releases, each with its files and their Requires-Python."""

    def __init__(self, releases: dict[str, dict[str, str]]) -> None:
        self.releases = releases

    def files(self, name: str, yanked: bool = False) -> dict[Version, list[dict[str, Any]]]:
        assert yanked
        return {
            Version(version): [
                {"filename": f"t-{version}{end}", "requires-python": said} for end, said in files.items()
            ]
            for version, files in self.releases.items()
        }


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPTS))
    yield importlib.import_module("release_pythons")
    sys.path.remove(str(SCRIPTS))


WHEEL, WINDOWS, SOURCE = "-py3-none-any.whl", "-cp39-cp39-win_amd64.whl", ".tar.gz"


@pytest.mark.parametrize(
    ("releases", "ranges"),
    [
        (
            {"1.0": {WHEEL: ">=3.8"}, "1.1": {WHEEL: ">=3.8"}, "2.0": {WHEEL: ">=3.9,<3.12"}},
            [("1.0", "1.1", "3.8-"), ("2.0", "2.0", "3.9-3.11")],
        ),
        ({"1.0": {SOURCE: ""}}, [("1.0", "1.0", "2.7-")]),
        ({"1.0": {WHEEL: ">=3.9", SOURCE: ">=3.7"}}, [("1.0", "1.0", "3.7-")]),
        ({"1.0": {WINDOWS: ">=3.7", SOURCE: ">=3.9"}}, [("1.0", "1.0", "3.9-")]),
        ({"1.0": {WHEEL: ">=3.9.2"}, "2.0rc1": {WHEEL: ">=3.12"}}, [("1.0", "1.0", "3.9-")]),
        ({"1.0": {WHEEL: "3.x"}}, [("1.0", "1.0", "2.7-")]),
        ({"1.0": {WINDOWS: ">=3.7"}}, []),
    ],
)
def test_ranges_are_derived(
    script: ModuleType, releases: dict[str, dict[str, str]], ranges: list[tuple[str, ...]]
) -> None:
    assert [tuple(one) for one in script.python_ranges(Index(releases), "t")] == ranges


@pytest.mark.parametrize(
    ("first", "last", "pythons", "said"),
    [
        ("1.0", "1.1", "3.8-", ""),
        ("1.0", "1.0", "3.8-", "has 1.1 3.8-"),
        ("1.0", "1.1", "3.9-", "has 1.1 3.8-"),
        ("1.1", "1.1", "3.8-", "no row begins here"),
    ],
)
def test_rows_are_held_to_the_index(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, first: str, last: str, pythons: str, said: str
) -> None:
    check_facts = importlib.import_module("check_facts")
    rows = [{"name": "t", "from": first, "last": last, "pythons": pythons}]
    monkeypatch.setattr(check_facts, "table", lambda name: rows)
    index = Index({"1.0": {WHEEL: ">=3.8"}, "1.1": {WHEEL: ">=3.8"}})
    assert [one.wrong for one in check_facts.requires_python(index)] == [said]


def test_the_table_is_written_anew(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lister = importlib.import_module("list_pythons")
    old = {"from": "0.1", "last": "0.2", "source": "s", "verified_on": "2020-01-01", "confidence": "verified"}
    monkeypatch.setattr(lister, "table", lambda name: [{"name": "gone", "pythons": "3.8-", **old}])
    monkeypatch.setattr(lister, "FACTS", tmp_path)
    monkeypatch.setattr(lister, "Index", lambda url: None)
    ranges = {"a-b": [script.Pythons("1.0", "1.1", "3.9-")], "gone": []}
    monkeypatch.setattr(lister, "python_ranges", lambda index, name: ranges[name])
    assert lister.main(["--index-url", "https://x.example", "A_B"]) == 0
    rows = (tmp_path / "requires_python.csv").read_text().splitlines()
    assert [row.split(",")[:4] for row in rows[1:]] == [["a-b", "1.0", "1.1", "3.9-"], ["gone", "0.1", "0.2", "3.8-"]]
    assert capsys.readouterr().err == "the index has nothing of gone\n"
