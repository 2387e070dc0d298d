"""What the files of a repository were at a commit, as git's own program knows it.

Only commands that read git's own database are run, and no file of the working folder is given to git: comparing one
would run the filters that a configuration names. Hooks, the file system monitor, replacements, prompts, and fetching
what a partial clone lacks are off.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from wxlint.core import processes
from wxlint.core.errors import EngineError, InputError, UsageError
from wxlint.core.reading import read_bytes
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.git_index import repository

_MOST_BYTES = 256 << 20
"""Of a list of files; a million of them take about 100 MiB."""
_SETTINGS = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never", "core.quotePath=false")
_SAFE = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
_LARGEST_FILE = 16 << 20


class Tree(NamedTuple):
    """root: the folder of the repository, links followed. files: the hash of each file's content, by its path below."""

    root: str
    files: Mapping[bytes, str]

    def is_changed(self, path: str) -> bool:
        """Whether a file is another than it was; one that cannot be read is."""
        before = self.files.get(os.fsencode(os.path.relpath(os.path.realpath(path), self.root).replace(os.sep, "/")))
        if before is None:
            return True
        try:
            data = read_bytes(path, _LARGEST_FILE)
        except (OSError, ValueError):
            return True
        # git may have kept the file with other line ends than it is checked out with
        return before not in (_hash(data, len(before)), _hash(data.replace(b"\r\n", b"\n"), len(before)))

    def deleted(self) -> list[str]:
        """The paths, from the working folder on, of files that are no longer there."""
        found = (os.path.join(self.root, os.fsdecode(name)) for name in self.files)
        gone = (path for path in found if not os.path.lexists(path))
        return sorted(os.path.relpath(path).replace(os.sep, "/") for path in gone)

    def content(self, path: str) -> bytes | None:
        """What a file was; None where there was none."""
        own = os.path.relpath(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)), self.root)
        name = self.files.get(os.fsencode(own.replace(os.sep, "/")))
        return _git(self.root, "cat-file", "blob", name)[0] if name is not None else None


def _hash(data: bytes, digits: int) -> str:
    made = hashlib.sha256 if digits == 64 else hashlib.sha1
    return made(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def tree_at(folder: str, ref: str) -> Tree:
    """The files at the commit that a line of work left `ref` at, else at `ref` itself.

    Raises UsageError for what names no commit, InputError where there is no repository or git cannot read it.
    """
    found = repository(os.path.realpath(folder))
    if found is None:
        raise InputError(f"--since {ref}: {folder} is in no git repository")
    root = os.path.realpath(found.root)
    commit, complaint = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    commit = commit.strip()
    if not commit and "repository" in complaint:  # one that belongs to somebody else, or is damaged
        raise InputError(f"--since {ref}: git does not read {root}: {complaint}")
    if not commit:
        raise UsageError(f"--since: found {ref!r}, which names no commit here; allowed: a branch, a tag, a commit")
    name = commit.decode("ascii", "replace")
    base = _git(root, "merge-base", name, "HEAD")[0].split()
    name = base[0].decode("ascii", "replace") if base else name
    listed, complaint = _git(root, "ls-tree", "-r", "-z", "--full-tree", name)
    if complaint and not listed:
        raise InputError(f"--since {ref}: git cannot list the files of {name}: {complaint}")
    files: dict[bytes, str] = {}
    for entry in listed.split(b"\0"):
        head, tab, path = entry.partition(b"\t")
        kind = head.split(b" ")
        if tab and len(kind) == 3 and kind[1] == b"blob":
            files[path] = kind[2].decode("ascii", "replace")
    return Tree(root, files)


def _git(root: str, *words: str) -> tuple[bytes, str]:
    """What a command of git prints, and what it complains about. Raises InputError where there is no git."""
    own = (name for name in os.environ if not name.startswith("GIT_") or name.startswith("GIT_CONFIG_"))
    kept = {name: os.environ[name] for name in own}
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command = ["git", "--no-pager", "-C", root, *settings, *words]
    try:
        return processes.head(command, _MOST_BYTES, env={**kept, **_SAFE})
    except EngineError as error:
        raise InputError(f"--since needs git: {error}") from error
