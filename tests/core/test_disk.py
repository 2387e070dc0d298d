"""Every question has one plain answer while questions are kept, and the answers say when something is another."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wxlint.core import disk
from wxlint.core.reading import read_bytes, read_head


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "file").write_text("text")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "lost").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", ["file", "folder", "link", "lost", "none", "file/below", "a\0b"])
def test_it_answers_as_the_standard_library_does(here: Path, path: str) -> None:
    assert disk.exists(path) == os.path.exists(path)
    assert disk.lexists(path) == os.path.lexists(path)
    assert disk.is_file(path) == os.path.isfile(path)
    assert disk.is_folder(path) == os.path.isdir(path)
    assert disk.is_link(path) == os.path.islink(path)


def test_what_lies_in_a_folder_is_sorted_and_not_followed(here: Path) -> None:
    found = disk.entries(".")
    assert list(found) == disk.names(".") == ["file", "folder", "link", "lost"]
    assert [found[name].is_file for name in found] == [True, False, False, False]
    assert [found[name].is_folder for name in found] == [False, True, False, False]
    assert [found[name].is_link for name in found] == [False, False, True, True]
    assert found["file"].path == "./file"


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda: disk.names("none"), FileNotFoundError),
        (lambda: disk.names("file"), NotADirectoryError),
        (lambda: disk.mode("none"), FileNotFoundError),
        (lambda: read_bytes("none", 10), FileNotFoundError),
        (lambda: read_head("folder", 10), OSError),
    ],
)
def test_errors_are_answers_too(here: Path, ask: Callable[[], object], error: type[OSError]) -> None:
    for _ in range(2):
        with disk.kept_questions() as asked, pytest.raises(error):
            ask()
        assert asked.is_whole and len(asked.answers) == 1


def test_a_question_is_asked_once(here: Path) -> None:
    with disk.kept_questions() as asked:
        assert read_bytes("file", 10) == b"text"
        (here / "file").write_text("other")
        assert read_bytes("file", 10) == b"text"
    assert len(asked.answers) == 1
    assert read_bytes("file", 10) == b"other"


def _cannot_read(path: str) -> None:
    with pytest.raises(OSError):
        read_bytes(path, 1)


CHANGES: dict[str, tuple[Callable[[], object], Callable[[Path], object]]] = {
    "content": (lambda: read_bytes("file", 10), lambda at: (at / "file").write_text("new!")),
    "head": (lambda: read_head("file", 2), lambda at: (at / "file").write_text("new!")),
    "gone": (lambda: disk.is_file("file"), lambda at: (at / "file").unlink()),
    "came": (lambda: disk.exists("none"), lambda at: (at / "none").touch()),
    "came where nothing was read": (
        lambda: _cannot_read("none"),
        lambda at: (at / "none").touch(),
    ),
    "name in a folder": (lambda: disk.names("folder"), lambda at: (at / "folder/new").touch()),
    "kind in a folder": (
        lambda: disk.entries("."),
        lambda at: ((at / "file").unlink(), (at / "file").mkdir()),
    ),
    "match": (lambda: disk.matching("**/n*", 9), lambda at: (at / "folder/new").touch()),
    "link": (lambda: disk.real("lost"), lambda at: ((at / "lost").unlink(), (at / "lost").symlink_to("file"))),
    "mode": (lambda: disk.mode("file"), lambda at: (at / "file").chmod(0o755)),
    "variable": (lambda: disk.variable("WXLINT_TRY"), lambda at: os.environ.update(WXLINT_TRY="1")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_answer_is_another_after_a_change(here: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WXLINT_TRY", "0")
    ask, make = CHANGES[change]
    with disk.kept_questions() as asked:
        ask()
    answers = marshal.loads(marshal.dumps(tuple(asked.answers.items())))
    assert answers and all(disk.is_answered(question, answer) for question, answer in answers)
    make(here)
    assert not all(disk.is_answered(question, answer) for question, answer in answers)


def test_what_cannot_be_kept_makes_the_rest_worthless(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with disk.kept_questions() as asked:
        assert not disk.exists("a\0b")
    assert not asked.is_whole
    monkeypatch.setattr(disk, "MAX_KEPT", 300)
    with disk.kept_questions() as asked:
        assert [disk.exists(name) for name in ("file", "none", "folder", "file")] == [True, False, True, True]
    assert not asked.is_whole


def test_nothing_is_kept_afterwards(here: Path) -> None:
    with disk.kept_questions() as asked:
        disk.exists("none")
    disk.exists("file")
    assert len(asked.answers) == 1 and disk.asked_so_far() is None


def test_what_another_process_asked_is_added(here: Path) -> None:
    with disk.kept_questions() as asked:
        disk.exists("file")
    with disk.kept_questions() as other:
        disk.exists("file")
        disk.exists("none")
    asked.adopt(other.since(1))
    assert asked.is_whole and asked.answers == other.answers
    (here / "file").unlink()
    with disk.kept_questions() as later:
        disk.exists("file")
    asked.adopt(later.since(0))
    assert not asked.is_whole
    later.adopt(asked.since(0))
    assert not later.is_whole


def test_the_names_in_what_cannot_be_listed_are_none(here: Path) -> None:
    assert [disk.visible_names(name) for name in ("nosuch", "a\0b", __file__)] == [[], [], []]
