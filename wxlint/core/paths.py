"""Paths as people see them: relative to the working folder, with `/`, and each file under one name."""

from __future__ import annotations

import functools
import os
import posixpath

from wxlint.core import disk

_MARKS = (".git", ".hg")


def normal(path: str) -> str:
    """A path without `.` and `..` that can be spared: from the folder `app`, `../app/Dockerfile` is `Dockerfile`."""
    path = posixpath.normpath(path)
    return os.path.relpath(path).replace(os.sep, "/") if path.startswith("../") else path


def in_image(*parts: str) -> str:
    """A path of an image's file system, from a folder of it; `//` at its start is `/`."""
    path = posixpath.normpath(posixpath.join(*parts))
    return path[1:] if path.startswith("//") else path


def is_below(path: str, folder: str) -> bool:
    """Whether a path lies in a folder, both normal ones; a folder does not lie in itself."""
    if folder == ".":
        return path not in (".", "..") and not path.startswith(("../", "/"))
    if _ups(folder) == folder.count("/") + 1:
        return not path.startswith("/") and path != folder and _ups(path) <= _ups(folder)
    return path.startswith(f"{folder}/")


def folders_above(folder: str) -> list[str]:
    """A folder and those above it, up to the root of the repository that holds the working folder.

    Without such a repository, or outside of it: up to the working folder, or the root of the disk.
    """
    folder = folder or "."
    top = None if folder.startswith("/") else repository_above()
    height = _ups(top) if top is not None else 0
    found = [folder]
    while (last := found[-1]) != top:
        above = f"../{last}" if height and _ups(last) == last.count("/") + 1 else posixpath.dirname(last) or "."
        if height and last == ".":
            above = ".."
        if above == last or height and _ups(above) > height:
            break
        found.append(above)
    return found


def from_root(path: str) -> str:
    """A path as somebody sees it who works in the root of the repository that holds the working folder."""
    top = repository_above()
    return path if top in (None, ".") or path.startswith("/") else os.path.relpath(path, top).replace(os.sep, "/")


def repository_above() -> str | None:
    """The root of the repository that holds the working folder, as people see it; None where there is none."""
    return _root_above(os.getcwd())


@functools.lru_cache(maxsize=1)
def _root_above(here: str) -> str | None:
    for height in range(here.count(os.sep) + 1):
        folder = "/".join([".."] * height) or "."
        if any(disk.exists(f"{folder}/{mark}") for mark in _MARKS):
            return folder
    return None


def look_anew() -> None:
    """Begin a run: another may have been in the same folder before there was a repository."""
    _root_above.cache_clear()


def _ups(path: str) -> int:
    """How many folders a path goes up before it goes down."""
    parts = path.split("/")
    return next((n for n, part in enumerate(parts) if part != ".."), len(parts))


def shown(path: str | os.PathLike[str]) -> str:
    """A path as people see it: relative to the working folder, with `/`."""
    text = os.path.normpath(path)
    if os.path.isabs(text) or text.startswith(".."):
        text = os.path.relpath(text)
    return text.replace(os.sep, "/")
