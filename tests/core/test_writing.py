"""The writer of files: what is replaced in one step, what is written to, and what is left alone."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wxlint.core.errors import InputError, UsageError
from wxlint.core.writing import write_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_modes_of_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_file(tmp_path / "new", ["a", "é\udcff\r\n"])
    finally:
        os.umask(old)
    assert (tmp_path / "new").read_bytes() == "aé\\udcff\r\n".encode()
    assert mode(tmp_path / "new") == 0o640
    assert os.listdir(tmp_path) == ["new"]


@pytest.mark.parametrize("modes", [0o600, 0o644, 0o755])
def test_an_old_file_keeps_its_modes(tmp_path: Path, modes: int) -> None:
    path = tmp_path / "old"
    path.write_text("old")
    path.chmod(modes)
    write_file(path, ["new"])
    assert (path.read_text(), mode(path)) == ("new", modes)


def failing() -> Iterator[str]:
    yield "half"
    raise ZeroDivisionError


def test_a_failure_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_file(tmp_path / "old", failing())
    assert (tmp_path / "old").read_text() == "old"
    assert os.listdir(tmp_path) == ["old"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("folder/real")
    with pytest.raises(InputError, match="link: cannot be written: No such file"):
        write_file(tmp_path / "link", ["x"])
    (tmp_path / "folder").mkdir()
    for text in ("x", "y"):
        write_file(tmp_path / "link", [text])
        assert (tmp_path / "link").is_symlink() and (tmp_path / "folder/real").read_text() == text
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="loop: cannot be written"):
        write_file(tmp_path / "loop", ["x"])


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
            write_file(tmp_path / name, ["through"])
            assert reader.communicate()[0] == b"through"
    assert (tmp_path / "pipe").is_fifo() and (tmp_path / "link").is_symlink()


def test_a_pipe_that_nothing_reads_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wxlint.core.writing._WAITS", 0)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="a pipe that nothing reads"):
        write_file(tmp_path / "pipe", ["x"])


def test_a_socket_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        with pytest.raises(InputError, match="cannot be written"):
            write_file(tmp_path / "s", ["x"])


def test_a_device_is_written_to() -> None:
    before = os.stat("/dev/null")
    write_file("/dev/null", ["x"])
    assert os.stat("/dev/null") == before
    with pytest.raises(InputError, match="/dev/full: cannot be written: No space left"):
        write_file("/dev/full", ["x"])


WRITE = "import sys; from wxlint.core.writing import write_file; write_file(sys.argv[1], ['x\\n'])"


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_appended_to_and_not_replaced(tmp_path: Path, name: str) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    inode = log.stat().st_ino
    with open(log, "a") as file:
        subprocess.run([sys.executable, "-c", WRITE, name], stdout=file, check=True)
    assert (log.read_text(), log.stat().st_ino) == ("before\nx\n", inode)
    done = subprocess.run([sys.executable, "-c", WRITE, name], stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"x\n"


def test_what_is_kept_is_known_by_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    (tmp_path / "link").symlink_to("Dockerfile")
    os.link(tmp_path / "Dockerfile", tmp_path / "same")
    for name in ("Dockerfile", "link", "same", "../" + tmp_path.name + "/Dockerfile"):
        with pytest.raises(UsageError, match="one of the files that are checked"):
            write_file(tmp_path / name, ["x"], keep=["not there", "\0", tmp_path / "Dockerfile"])
    assert (tmp_path / "Dockerfile").read_text() == "FROM a\n"


def test_a_read_only_file_stays(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(0o444)
    with pytest.raises(InputError, match="read-only"):
        write_file(tmp_path / "old", ["new"])
    assert ((tmp_path / "old").read_text(), mode(tmp_path / "old")) == ("old", 0o444)


@pytest.mark.parametrize("name", ["", ".", "a\0b", "x/y", "file/y", "/proc/self/fd/999"])
def test_what_cannot_be_written(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_file(name, ["x"])
    assert os.listdir(tmp_path) == ["file"]


def test_folders_are_made_on_request(tmp_path: Path) -> None:
    write_file(tmp_path / "a/b/c", ["x"], make_folders=True)
    assert (tmp_path / "a/b/c").read_text() == "x"
