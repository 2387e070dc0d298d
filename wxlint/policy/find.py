"""Where the policy of a file or folder lies."""

from __future__ import annotations

import os
from pathlib import Path

from wxlint.core import disk
from wxlint.core.errors import InputError, PolicyError
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

FILE_NAMES = ("wxlint.yaml", "wxlint.yml", ".wxlint.yaml", ".wxlint.yml")
PROJECT = "pyproject.toml"
_MARKS = (".git", ".hg")
_TABLE = late(r"""(?m)^[ \t]*\[{0,2}[ \t]*["']?tool["']?[ \t]*\.[ \t]*["']?wxlint["']?[ \t]*[].]""")
_DECLARES = late(r"""(?m)^(?:\{\s*)?["']?wxlint["']?[ \t]*:[ \t]*["']?[0-9]""")


def is_policy(text: str) -> bool:
    """Whether a YAML text declares itself a wxlint policy, by a top-level key `wxlint` with a number. Cheap.

    The number tells it from, say, a workflow file with a job of that name. The text need not be valid.
    """
    return "wxlint" in text and _DECLARES.search(text) is not None


class Governed(NamedTuple):
    """A policy, and the folder whose files it is for."""

    folder: str
    policy: Path


def find_policy(start: Path) -> Path | None:
    """The policy for a file or folder: looked for in its folder and upward to the repository root (it has `.git`).

    In each folder: wxlint.yaml and its other spellings, a pyproject.toml with [tool.wxlint], and what declares itself
    in policies/; of several there, the one whose root is the nearest above. Raises PolicyError when one folder holds
    several for the same files, or when a file that may be one cannot be read.
    """
    at = os.path.abspath(start)
    folder = at if disk.is_folder(at) else os.path.dirname(at)
    while True:
        found = [one for one in policies_in(folder) if _is_below(at, one.folder)]
        if found:
            return max(found, key=lambda one: len(one.folder)).policy
        above = os.path.dirname(folder)
        if above == folder or disk.exists(os.path.join(folder, ".git")):
            return None
        folder = above


def policies_in(folder: str) -> list[Governed]:
    """The policies of a folder. Raises PolicyError as find_policy does."""
    found = [path for name in FILE_NAMES if disk.lexists(path := os.path.join(folder, name))]
    for path in found:
        if not disk.is_file(path):
            raise PolicyError([f"{os.path.relpath(path)}: this is the name of a policy, and it is no regular file"])
    project = os.path.join(folder, PROJECT)
    if disk.is_file(project) and _is_project_policy(project):
        found.append(project)
    declared = _declared(os.path.join(folder, "policies"))
    roots = dict.fromkeys((*found, *declared), folder)
    if len(declared) > 1:
        roots.update((path, _root_of(path)) for path in declared)
    if len(set(roots.values())) < len(roots):
        names = ", ".join(os.path.relpath(path, folder) for path in roots)
        hint = "choose one with --policy" if found else "choose one with --policy, or give each a root of its own"
        raise PolicyError([f"{folder}: more than one policy: {names}; {hint}"])
    return [Governed(root, Path(path)) for path, root in roots.items()]


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _is_project_policy(path: str) -> bool:
    """Whether a pyproject.toml holds a policy. Cheap: it may be damaged."""
    from wxlint.documents.source import read

    try:
        text = read(Path(path), path).text
    except InputError:
        return False  # it is not ours to complain of
    return "wxlint" in text and _TABLE.search(text) is not None


def _root_of(policy: str) -> str:
    """The folder that a policy in policies/ says is its root."""
    from wxlint.documents.source import read
    from wxlint.documents.yaml import Mapping, Scalar, parse

    documents = parse(read(Path(policy), policy)).documents
    said = documents[0].get("root") if documents and isinstance(documents[0], Mapping) else None
    return os.path.normpath(os.path.join(os.path.dirname(policy), said.text if isinstance(said, Scalar) else ".."))


def repository_top(policy: Path) -> str:
    """The folder, links followed, that nothing outside of belongs to a policy's repository.

    The nearest folder above the policy's file with `.git` or `.hg`. Without one: the file's own folder (its parent when
    that is called policies), or the working folder when that lies above.
    """
    folder = os.path.dirname(disk.real(policy))
    at = folder
    while True:
        if any(disk.lexists(os.path.join(at, mark)) for mark in _MARKS):
            return at
        above = os.path.dirname(at)
        if above == at:
            break
        at = above
    own = os.path.dirname(folder) if os.path.basename(folder) == "policies" else folder
    here = disk.real(".")
    return here if own == here or own.startswith(here.rstrip("/") + "/") else own


def _declared(folder: str) -> list[str]:
    from wxlint.documents.source import read

    found = []
    try:
        names = disk.names(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise PolicyError([f"{folder}: cannot be read: {error.strerror}"]) from error
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith((".yaml", ".yml")) and disk.is_file(path):
            try:
                text = read(Path(path), path).text
            except InputError as error:
                raise PolicyError([str(error)]) from error
            if is_policy(text):
                found.append(path)
    return found
