"""Where the policy of a file or folder lies."""

from __future__ import annotations

import os
import re
from pathlib import Path

from wxlint.core.errors import InputError, PolicyError

FILE_NAMES = ("wxlint.yaml", "wxlint.yml", ".wxlint.yaml", ".wxlint.yml")
_MARKS = (".git", ".hg")
_DECLARES = re.compile(r"""(?m)^(?:\{\s*)?["']?wxlint["']?[ \t]*:[ \t]*["']?[0-9]""")


def is_policy(text: str) -> bool:
    """Whether a YAML text declares itself a wxlint policy, by a top-level key `wxlint` with a number. Cheap.

    The number tells it from, say, a workflow file with a job of that name. The text need not be valid.
    """
    return "wxlint" in text and _DECLARES.search(text) is not None


def find_policy(start: Path) -> Path | None:
    """The policy for a file or folder: looked for in its folder and upward to the repository root (it has `.git`).

    In each folder: wxlint.yaml and its other spellings, and what declares itself in policies/.
    Raises PolicyError when one folder holds several, or when a file that may be one cannot be read.
    """
    at = os.path.abspath(start)
    folder = at if os.path.isdir(at) else os.path.dirname(at)
    while True:
        found = [path for name in FILE_NAMES if os.path.lexists(path := os.path.join(folder, name))]
        for path in found:
            if not os.path.isfile(path):
                raise PolicyError([f"{os.path.relpath(path)}: this is the name of a policy, and it is no regular file"])
        found += _declared(os.path.join(folder, "policies"))
        if len(found) > 1:
            names = ", ".join(os.path.relpath(path, folder) for path in found)
            raise PolicyError([f"{folder}: more than one policy: {names}; choose one with --policy"])
        if found:
            return Path(found[0])
        above = os.path.dirname(folder)
        if above == folder or os.path.exists(os.path.join(folder, ".git")):
            return None
        folder = above


def repository_top(policy: Path) -> str:
    """The folder, links followed, that nothing outside of belongs to a policy's repository.

    The nearest folder above the policy's file with `.git` or `.hg`. Without one: the file's own folder (its parent when
    that is called policies), or the working folder when that lies above.
    """
    folder = os.path.dirname(os.path.realpath(policy))
    at = folder
    while True:
        if any(os.path.lexists(os.path.join(at, mark)) for mark in _MARKS):
            return at
        above = os.path.dirname(at)
        if above == at:
            break
        at = above
    own = os.path.dirname(folder) if os.path.basename(folder) == "policies" else folder
    here = os.path.realpath(".")
    return here if own == here or own.startswith(here.rstrip("/") + "/") else own


def _declared(folder: str) -> list[str]:
    from wxlint.documents.source import read

    found = []
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise PolicyError([f"{folder}: cannot be read: {error.strerror}"]) from error
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith((".yaml", ".yml")) and os.path.isfile(path):
            try:
                text = read(Path(path), path).text
            except InputError as error:
                raise PolicyError([str(error)]) from error
            if is_policy(text):
                found.append(path)
    return found
