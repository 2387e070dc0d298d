"""Bounded reads of regular files, and their text."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from wxlint.core.errors import InputError
from wxlint.core.reading import NotAFile, TooLarge, decode, encoding_of, read_bytes, read_head, working_folder


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_a_file_up_to_the_limit(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(b"x" * size)
    assert read_bytes(tmp_path / "a", 10) == b"x" * size
    assert read_head(tmp_path / "a", 5) == b"x" * min(size, 5)


@pytest.mark.parametrize("size", [11, 3 << 20, 20 << 30])
def test_a_larger_file_is_refused(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").touch()
    os.truncate(tmp_path / "a", size)
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        read_bytes(tmp_path / "a", 10)
    assert read_head(tmp_path / "a", 3) == bytes(3)


def test_a_file_that_tells_no_size() -> None:
    """Files of /proc have size 0."""
    if os.path.exists("/proc/self/status"):
        assert b"Pid:" in read_bytes("/proc/self/status", 1 << 20)


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x" * 8)
    whole = os.read

    def growing(descriptor: int, count: int) -> bytes:
        with (tmp_path / "a").open("ab") as file:
            file.write(b"y" * 4)
        return whole(descriptor, count)

    monkeypatch.setattr(os, "read", growing)
    with pytest.raises(TooLarge):
        read_bytes(tmp_path / "a", 10)


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "socket"])
def test_what_is_no_file(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        socket.socket(socket.AF_UNIX).bind("a")
    for read in (read_bytes, read_head):
        with pytest.raises(NotAFile, match=kind):
            read(path, 10)


def test_a_file_that_becomes_a_pipe_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").touch()
    before = os.stat(tmp_path / "a")
    (tmp_path / "a").unlink()
    os.mkfifo(tmp_path / "a")
    monkeypatch.setattr(os, "stat", lambda path: before)
    with pytest.raises(NotAFile, match="pipe"):
        read_bytes(tmp_path / "a", 10)


def test_links(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").symlink_to("a")
    assert read_bytes(tmp_path / "b", 10) == b"x"
    with pytest.raises(NotAFile, match="link"):
        read_bytes(tmp_path / "b", 10, follow=False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-be"])
def test_the_byte_order_mark_names_the_encoding(encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-be", "utf-32-be") else ""
    data = (mark + "torch==2.1.0\r\n# é\U0001f600\r\n").encode(encoding)
    assert decode(data) == "torch==2.1.0\n# é\U0001f600\n"
    assert encoding_of(data).startswith(encoding[:6].removesuffix("-s").rstrip("-"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"caf\xe9\n", "caf\ufffd\n"),
        (b"a\0b", "a\ufffdb"),
        (b"\xff\xfea\0b", "a\ufffd"),  # cut in the middle of a character
        (b"\xff\xfe\0\xd8", "\ufffd"),  # half a pair
        (b"", ""),
    ],
)
def test_what_is_not_text_is_replaced(data: bytes, text: str) -> None:
    assert decode(data) == text


def test_a_working_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert working_folder() == tmp_path / "a"
    (tmp_path / "a").rmdir()
    with pytest.raises(InputError, match="working folder"):
        working_folder()
    os.chdir(tmp_path)
