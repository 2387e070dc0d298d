"""The one way in which a check asks the file system and the environment, so that a run can keep what it asked.

Every question has a plain answer. Two runs of the same program that are asked for the same, ask the same and are
answered the same, so they say the same. While questions are kept, each is asked once. A test holds every room that
`check` runs through to this door.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Question = tuple[str, str, int]
"""What is asked, of which path or name, and a number that belongs to it."""
Answers = tuple[tuple[Question, Any], ...]
MAX_KEPT = 4 * 1024 * 1024
"""Bytes of all questions and answers; a run with more keeps none."""
_FOLDER, _LINK, _FILE, _OTHER = "dlf?"


class Asked:
    """The questions of one run with their answers: plain data, as marshal takes it."""

    def __init__(self) -> None:
        self.answers: dict[Question, Any] = {}
        self.is_whole = True
        """Whether they are all that was asked."""
        self._left = MAX_KEPT

    def answer(self, question: Question) -> Any:
        """The answer, which is looked for once. One that cannot be kept makes this no longer whole."""
        if question in self.answers:
            return self.answers[question]
        kind, text, number = question
        try:
            found = _ANSWERS[kind](text, number)
        except BaseException:
            self.is_whole = False
            raise
        self._keep(question, found)
        return found

    def _keep(self, question: Question, answer: Any) -> None:
        self._left -= len(question[1]) + (len(answer) if isinstance(answer, (bytes, str)) else 100)
        if self._left < 0:
            self.is_whole = False
            self.answers.clear()
        else:
            self.answers[question] = answer

    def since(self, count: int) -> Answers | None:
        """The questions behind the first `count`; None where they are not whole."""
        return tuple(self.answers.items())[count:] if self.is_whole else None

    def adopt(self, answers: Answers | None) -> None:
        """Add what another process has asked for the same run."""
        for question, answer in answers or ():
            if question not in self.answers:
                self._keep(question, answer)
            elif self.answers[question] != answer:
                self.is_whole = False
        if answers is None:
            self.is_whole = False


_ANSWERS: dict[str, Callable[[str, int], Any]] = {}
_now: Asked | None = None


@contextmanager
def kept_questions() -> Iterator[Asked]:
    """Keep what is asked meanwhile."""
    global _now
    _now = asked = Asked()
    try:
        yield asked
    finally:
        _now = None


def asked_so_far() -> Asked | None:
    """What is kept now; None where nothing is."""
    return _now


def is_answered(question: Question, answer: Any) -> bool:
    """Whether a question that was kept has the same answer now."""
    try:
        return bool(_ANSWERS[question[0]](*question[1:]) == answer)
    except (OSError, ValueError):
        return False


def question(answer: Callable[[str, int], Any]) -> Callable[..., Any]:
    """Make a function that answers a question one that asks it. Its answers are plain data, errors among them."""
    kind = answer.__name__
    _ANSWERS[kind] = answer

    def ask(text: str | os.PathLike[str], number: int = 0) -> Any:
        kept = _now
        if kept is None or not kept.is_whole:
            return answer(os.fspath(text), number)
        return kept.answer((kind, os.fspath(text), number))

    return ask


@question
def _mode(path: str, follow: int) -> int:
    """The mode, or minus the number of the error."""
    try:
        return (os.stat(path) if follow else os.lstat(path)).st_mode
    except OSError as error:
        return -(error.errno or 1)


def mode(path: str | os.PathLike[str], *, follow: bool = True) -> int:
    """The mode of what a path names. Raises OSError where there is nothing, ValueError for what is no path."""
    found: int = _mode(path, follow)
    if found < 0:
        raise OSError(-found, os.strerror(-found), path)
    return found


def _mode_or_none(path: str | os.PathLike[str], follow: bool = True) -> int:
    try:
        found: int = _mode(path, follow)
    except ValueError:  # a NUL character
        return 0
    return max(found, 0)


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to anything."""
    return _mode_or_none(path) != 0


def lexists(path: str | os.PathLike[str]) -> bool:
    """Whether there is anything, be it a link that leads nowhere."""
    return _mode_or_none(path, False) != 0


def is_file(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a regular file."""
    return stat.S_ISREG(_mode_or_none(path))


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a folder."""
    return stat.S_ISDIR(_mode_or_none(path))


def is_link(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a link."""
    return stat.S_ISLNK(_mode_or_none(path, False))


@question
def _real(path: str, _: int) -> str:
    return os.path.realpath(path)


def real(path: str | os.PathLike[str]) -> str:
    """The path without links, absolute. Raises OSError when a link goes away while it is followed."""
    found: str = _real(path)
    return found


@question
def _variable(name: str, _: int) -> str | None:
    return os.environ.get(name)


def variable(name: str) -> str | None:
    """A variable of the environment."""
    found: str | None = _variable(name)
    return found


class FolderEntry:
    """One thing in a folder; a link is not followed. path: the folder's with its name."""

    __slots__ = ("_kind", "name", "path")

    def __init__(self, folder: str, name: str, kind: str) -> None:
        self.name, self.path, self._kind = name, os.path.join(folder, name), kind

    @property
    def is_folder(self) -> bool:
        return self._kind == _FOLDER

    @property
    def is_link(self) -> bool:
        return self._kind == _LINK

    @property
    def is_file(self) -> bool:
        return self._kind == _FILE


@question
def _listing(folder: str, _: int) -> tuple[tuple[str, str], ...] | int:
    """The names in a folder with their kinds, sorted, or the number of the error."""
    try:
        with os.scandir(folder) as found:
            return tuple(sorted([(entry.name, _kind(entry)) for entry in found]))
    except OSError as error:
        return error.errno or 1


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_dir(follow_symlinks=False):
        return _FOLDER
    if entry.is_symlink():
        return _LINK
    return _FILE if entry.is_file(follow_symlinks=False) else _OTHER


def entries(folder: str) -> dict[str, FolderEntry]:
    """What lies in a folder, by name, sorted. Raises OSError when it cannot be listed."""
    return {name: FolderEntry(folder, name, kind) for name, kind in _listed(folder)}


def names(folder: str | os.PathLike[str]) -> list[str]:
    """The names in a folder, sorted. Raises OSError when it cannot be listed."""
    return [name for name, _ in _listed(folder)]


def visible_names(folder: str | os.PathLike[str]) -> list[str]:
    """The names in a folder, sorted; none of one that cannot be listed, or is not there."""
    try:
        return names(folder)
    except (OSError, ValueError):
        return []


def _listed(folder: str | os.PathLike[str]) -> Iterable[tuple[str, str]]:
    found: tuple[tuple[str, str], ...] | int = _listing(folder)
    if isinstance(found, int):
        raise OSError(found, os.strerror(found), folder)
    return found


@question
def _matching(pattern: str, most: int) -> tuple[str, ...]:
    import glob

    return tuple(sorted(map(os.path.normpath, glob.glob(pattern, recursive=True)))[:most])


@question
def _names_below(folder: str, _: int) -> tuple[str, ...]:
    import glob

    return tuple(sorted({os.path.basename(path) for path in glob.iglob(f"{folder}/**", recursive=True)}))


def names_below(folder: str) -> frozenset[str]:
    """The names of all that lies below a folder, as `**` of a pattern comes to it: nothing that begins with a dot."""
    return frozenset(_names_below(folder))


def matching(pattern: str, most: int) -> list[str]:
    """The paths of a pattern with `*` and `**`, in order, the first `most` of them."""
    return list(_matching(pattern, most))
