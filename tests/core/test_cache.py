"""A run with a cache says what one without it says, and no file in it can make it say anything else."""

from __future__ import annotations

import errno
import io
import marshal
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core import cache as room
from wxlint.core.cache import NO_CACHE, Cache, Records, open_cache
from wxlint.documents.source import Source
from wxlint.documents.yaml import parse
from wxlint.shell.scripts import script_commands

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = str(ROOT / "wxlint")


class Leaf(NamedTuple):
    text: str
    count: int = 0


class Branch(NamedTuple):
    leaves: tuple[Leaf, ...]
    other: Leaf | None
    sure: bool


RECORDS = Records(Leaf, Branch)
LEAVES = st.builds(Leaf, st.text(max_size=3), st.integers())
TREES = st.recursive(
    LEAVES | st.text(max_size=3) | st.booleans() | st.none() | st.integers(),
    lambda below: (
        st.builds(Branch, st.lists(LEAVES).map(tuple), LEAVES | st.none(), st.booleans())
        | st.lists(below, max_size=4).map(tuple)
    ),
)


@given(TREES)
def test_records_come_back_as_they_were(tree: object) -> None:
    back = RECORDS.decode(marshal.loads(marshal.dumps(RECORDS.encode(tree))))
    assert (back, repr(back)) == (tree, repr(tree))


def test_one_object_within_a_level_comes_back_as_one() -> None:
    leaf = Leaf("a" * 100)
    one, two = RECORDS.decode(RECORDS.encode((leaf, leaf)))
    assert one is two


@pytest.mark.parametrize("other", [[1], b"", 1.5, Source("a", "b"), (Leaf("a"), {1: 2})])
def test_what_is_no_record_is_refused(other: object) -> None:
    with pytest.raises(TypeError, match="not among the records"):
        RECORDS.encode(other)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


def remember(folder: Path, value: str, key: str = "key") -> tuple[str, Cache]:
    """Ask a new run for an entry whose reading gives `value`; the answer is another where an older run's was taken."""
    cache = open_cache(str(folder), PROGRAM)
    answer = cache.recall(("kind", key), RECORDS, lambda: (Leaf(value),))[0].text
    cache.save()
    return answer, cache


def entries(folder: Path) -> Path:
    (found,) = folder.glob("*.wxlint-cache")
    return found


def test_the_next_run_need_not_read(folder: Path) -> None:
    assert remember(folder, "first")[0] == "first"
    assert remember(folder, "second")[0] == "first"
    assert remember(folder, "third", "another key")[0] == "third"
    assert remember(folder, "fourth")[0] == "first"  # it stayed when the other came
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert (folder / ".gitignore").read_text() == "*\n"
    assert {path.stat().st_mode & 0o777 for path in (folder, entries(folder))} == {0o700, 0o600}


def test_another_working_folder_has_entries_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(folder, "first")
    (folder.parent / "elsewhere").mkdir()
    monkeypatch.chdir(folder.parent / "elsewhere")
    assert remember(folder, "second")[0] == "second"


def test_without_a_cache_everything_is_read(folder: Path) -> None:
    assert NO_CACHE.recall(("kind",), RECORDS, lambda: [object]) == [object]
    NO_CACHE.save()


def test_what_cannot_be_kept_is_given_all_the_same(folder: Path) -> None:
    cache = open_cache(str(folder), PROGRAM)
    assert cache.recall(("kind",), RECORDS, lambda: [1.5]) == [1.5]
    cache.save()
    assert not list(folder.glob("*.wxlint-cache"))


def test_a_change_of_the_program_makes_entries_stale(folder: Path, tmp_path: Path) -> None:
    program = tmp_path / "program" / "room"
    program.mkdir(parents=True)
    reader = program / "reader.py"
    stamps = []
    for text, time in (("a", 1), ("a", 2), ("ab", 2)):
        reader.write_text(text)
        os.utime(reader, (time, time))
        stamps.append(room._stamp(str(program.parent)))
    assert len(set(stamps)) == 3


def other_user(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)


def open_to_others(path: Path, _: pytest.MonkeyPatch) -> None:
    path.chmod(0o666 if path.is_file() else 0o777)


def open_to_a_group(path: Path, _: pytest.MonkeyPatch) -> None:
    path.chmod(0o620 if path.is_file() else 0o770)


def a_link(path: Path, _: pytest.MonkeyPatch) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to(path.with_name("real"))


def a_pipe(path: Path, _: pytest.MonkeyPatch) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    os.mkfifo(path)


def too_large(path: Path, _: pytest.MonkeyPatch) -> None:
    if path.is_file():
        os.truncate(path, room.MAX_FILE + 1)
    else:
        path.chmod(0o707)


@pytest.mark.parametrize("what", [entries, lambda folder: folder], ids=["file", "folder"])
@pytest.mark.parametrize("spoilt", [other_user, open_to_others, open_to_a_group, a_link, a_pipe, too_large])
def test_what_is_not_to_be_trusted_is_not_read(
    spoilt: Callable[[Path, pytest.MonkeyPatch], None],
    what: Callable[[Path], Path],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remember(folder, "first")
    spoilt(what(folder), monkeypatch)
    assert remember(folder, "second")[0] == "second"


@given(at=st.integers(0), how=st.sampled_from(["cut", "zeros", *range(8)]))
def test_a_broken_file_is_not_read(at: int, how: str | int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "cache"
        remember(folder, "first")
        whole = entries(folder).read_bytes()
        at %= len(whole)
        if isinstance(how, int):
            broken = whole[:at] + bytes((whole[at] ^ 1 << how,)) + whole[at + 1 :]
        else:
            broken = whole[:at] + bytes(len(whole) - at if how == "zeros" else 0)
        entries(folder).write_bytes(broken)
        assert remember(folder, "second")[0] == "second"


@pytest.mark.parametrize(
    "content", [[1], {1: 2}, {("kind", "key"): 5}, {("kind", "key"): b"x"}, {("kind", "key"): b"N"}]
)
def test_a_sealed_file_of_something_else_is_not_taken(content: object, folder: Path) -> None:
    _, cache = remember(folder, "first")
    entries(folder).write_bytes(cache._head + room._sealed(marshal.dumps(content)))
    assert remember(folder, "second")[0] == "second"


def refuse(number: int) -> Callable[..., int]:
    def refusing(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    return refusing


@pytest.mark.parametrize("call", ["mkdir", "replace", "open", "scandir"])
@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_folder_that_takes_nothing(
    call: str, number: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse(number))
        assert remember(folder, "first")[0] == "first"
    assert not folder.exists() or not [path for path in folder.iterdir() if ".wxlint-cache." in path.name]
    assert remember(folder, "second")[0] in ("first", "second")


def test_an_interrupt_while_it_is_written_is_not_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = os.replace

    def interrupted(*paths: str) -> None:
        rename(*paths)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        remember(folder, "first")


def test_a_full_disk_leaves_the_older_entries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(folder, "first")

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def full(handle: int, *_: object) -> io.BytesIO:
        os.close(handle)
        return Full()

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", full)
        remember(folder, "more", "another key")
    assert {path.name for path in folder.iterdir()} == {"CACHEDIR.TAG", ".gitignore", entries(folder).name}
    assert remember(folder, "second")[0] == "first"


def test_no_home_and_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WXLINT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert room._default_folder() == str(tmp_path / ".cache/wxlint/documents")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert open_cache("", PROGRAM).path.startswith(str(tmp_path / "xdg/wxlint/documents"))
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "nowhere")
    assert open_cache("", PROGRAM) is NO_CACHE
    monkeypatch.setattr(os, "getcwd", refuse(errno.ENOENT))
    assert open_cache(str(tmp_path / "cache"), PROGRAM) is NO_CACHE


def test_a_folder_that_was_there_is_given_nothing_but_entries(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    remember(folder, "first")
    assert [path.suffix for path in folder.iterdir()] == [".wxlint-cache"]


def test_the_size_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_FILE", 4000)
    for number in range(20):
        remember(folder, "x" * 500, f"key {number}")
    assert entries(folder).stat().st_size <= 4000
    assert remember(folder, "second", "key 19")[0] == "x" * 500
    assert remember(folder, "second", "key 1")[0] == "second"
    assert remember(folder, "y" * 5000, "large")[0] == "y" * 5000
    assert remember(folder, "z", "large")[0] == "z"  # it never fitted


def test_the_oldest_files_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_FOLDER", 1000)
    remember(folder, "first")
    for number in range(5):
        path = folder / f"0000000{number}.wxlint-cache"
        path.write_bytes(b"x" * 400)
        os.utime(path, (number, number))
    kept = folder / "notes.txt"
    kept.write_bytes(b"x" * 5000)
    remember(folder, "more", "another key")
    left = {path.name for path in folder.glob("*.wxlint-cache")} - {entries_of_now(folder)}
    assert left <= {"00000004.wxlint-cache", "00000003.wxlint-cache"} and kept.exists()


def entries_of_now(folder: Path) -> str:
    return max(folder.glob("*.wxlint-cache"), key=lambda path: path.stat().st_mtime).name


FILES = {
    "Dockerfile": "FROM python:latest\n",
    "compose.yml": "services: {a: &a {image: a:latest}, b: *a}\n",
    "build.sh": "for t in a b; do docker build -t me/x:$t . ; done\ndocker pull me/y:latest\n",
    "build.bat": "@echo off\nset T=latest\ndocker pull me/z:%T%\n",
    "wxlint.yaml": "wxlint: 1\nimage: 'me/{stage}'\nvariants: {cpu: {stages: [x]}}\n",
}


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wxlint", "check", "--format", "json", *arguments, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    for name, text in FILES.items():
        (tmp_path / "repository" / name).write_text(text)
    return tmp_path / "repository"


def test_a_warm_run_says_the_same_and_reads_none_of_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ("--cache-dir", str(repository.parent / "cache"))
    without, first, second = check(repository, "--no-cache"), check(repository, *cache), check(repository, *cache)
    assert without.returncode == 1 and '"latest-tag"' in without.stdout
    assert without.stdout == first.stdout == second.stdout and not second.stderr

    monkeypatch.chdir(repository)
    warm = open_cache(cache[1], PROGRAM)
    for name, kind in (("build.sh", "shell"), ("build.bat", "batch")):
        monkeypatch.setattr(f"wxlint.shell.{'bash' if kind == 'shell' else kind}.reader.read_{kind}", None)
        assert script_commands(kind, name, FILES[name], warm).commands
    monkeypatch.setattr("wxlint.documents.yaml._parse", None)
    for name in ("compose.yml", "wxlint.yaml"):
        assert parse(Source(name, FILES[name]), warm).documents


def test_parallel_runs_do_not_harm_each_other(repository: Path) -> None:
    cache = ("--cache-dir", str(repository.parent / "cache"))
    command = [sys.executable, "-m", "wxlint", "check", "--format", "json", *cache, "."]
    expected = check(repository, "--no-cache").stdout
    runs = [subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert {run.communicate()[0] for run in runs} == {expected}
    assert check(repository, *cache).stdout == expected


def test_the_reference_family_is_read_once(tmp_path: Path) -> None:
    """With one class of a script's commands missing among the records, nothing of scripts would be kept."""
    for name, kind in (("scripts/build-all-images.sh", "shell"), ("scripts/build-all-images.bat", "batch")):
        text = (ROOT / name).read_text()
        commands = script_commands(kind, name, text)
        cache = Cache(str(tmp_path / "entries"))
        assert script_commands(kind, name, text, cache) == commands
        cache.save()
        again = Cache(str(tmp_path / "entries"))
        assert again.recall((kind, name, text), Records(), lambda: None) is None  # an entry that Records cannot read
        assert (kind, name, text) in Cache(str(tmp_path / "entries"))._entries
