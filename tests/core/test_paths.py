"""One file has one name, whatever folder one works in."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.core.paths import folders_above, from_root, in_image, is_below, normal


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a/b")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("../b/x", "x"),
        ("../../a/b/x", "x"),
        ("../../a/x", "../x"),
        ("../c/x", "../c/x"),
        ("c/../x", "x"),
        ("../b", "."),
    ],
)
def test_a_path_is_spelled_in_one_way(root: Path, path: str, expected: str) -> None:
    assert normal(path) == expected


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("", [".", "..", "../.."]),
        ("c", ["c", ".", "..", "../.."]),
        ("../c", ["../c", "..", "../.."]),
        ("../..", ["../.."]),
        ("../../c", ["../../c", "../.."]),
    ],
)
def test_folders_end_at_the_root_of_the_repository(root: Path, folder: str, expected: list[str]) -> None:
    assert folders_above(folder) == expected


def test_from_the_root_nothing_lies_above(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert folders_above("a/b") == ["a/b", "a", "."] and from_root("a/x") == "a/x"


@pytest.mark.parametrize(("path", "expected"), [("x", "a/b/x"), ("../x", "a/x"), ("../../c/x", "c/x")])
def test_a_path_from_the_root(root: Path, path: str, expected: str) -> None:
    assert from_root(path) == expected


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("x", ".", True),
        ("../x", ".", False),
        ("x", "..", True),
        ("../c/x", "..", True),
        ("../../x", "..", False),
        ("../../x", "../..", True),
        ("..", "..", False),
        ("../c/x", "../c", True),
        ("../cc/x", "../c", False),
        ("c/x", "c", True),
        ("/x", "..", False),
    ],
)
def test_what_lies_below_a_folder(path: str, folder: str, expected: bool) -> None:
    assert is_below(path, folder) is expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("/", "//app"), "/app"),
        (("/app", "b/../c"), "/app/c"),
        (("/app", "/b"), "/b"),
        (("//",), "/"),
        (("///a",), "/a"),
    ],
)
def test_two_slashes_begin_a_path_of_an_image_as_one_does(parts: tuple[str, ...], expected: str) -> None:
    assert in_image(*parts) == expected
