"""What belongs to a git repository, read from its files: git itself would run code that a configuration names.

Not read: the user's global excludes file, since a check must say the same on every machine.
"""

from __future__ import annotations

import os
import re

from wxlint.core import disk
from wxlint.core.reading import NotAFile, read_bytes, read_head
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.gitignore import Rules, is_ignored, parse

MAX_IGNORE_BYTES = 4 * 1024 * 1024
"""A larger .gitignore is refused: nobody wrote it."""
MAX_INDEX_BYTES = 128 * 1024 * 1024
"""A larger index is refused; a million files take about 100 MiB."""
_LINE_BYTES = 4096
_CONFIG_BYTES = 65536
_PATH_BYTES = 65536
"""Of one path in the index; each may repeat the one before, so that damage could make them grow without end."""


def rules_in(folder: str, base: bytes, above: Rules | None) -> Rules | None:
    """The rules inside a folder: those above it and its own .gitignore. Raises OSError when that cannot be read."""
    return _with_file(os.path.join(folder, ".gitignore"), base, above)


class GitRepository(NamedTuple):
    """root: the folder with `.git`. git_dir, common_dir: of the index, of info/exclude (they differ in a worktree)."""

    root: str
    git_dir: str
    common_dir: str

    def rules(self, folder: str) -> Rules | None:
        """The rules that apply in a folder of the repository (an absolute path), its own .gitignore not included."""
        rules = _with_file(os.path.join(self.common_dir, "info", "exclude"), b"", None)
        below = os.path.relpath(folder, self.root)
        at, base = self.root, b""
        for part in () if below == "." else below.split(os.sep):
            rules = rules_in(at, base, rules)
            at, base = os.path.join(at, part), base + os.fsencode(part) + b"/"
        return rules

    def ignores(self, path: str) -> bool:
        """Whether patterns ignore an absolute path inside, be it a file or a folder, or a folder above it.

        What is tracked is not asked for. Raises OSError where a .gitignore cannot be read.
        """
        *folders, name = os.path.relpath(path, self.root).split(os.sep)
        rules = _with_file(os.path.join(self.common_dir, "info", "exclude"), b"", None)
        at, base = self.root, b""
        for folder in folders:
            rules = rules_in(at, base, rules)
            if is_ignored(base + os.fsencode(folder), True, rules):
                return True
            at, base = os.path.join(at, folder), base + os.fsencode(folder) + b"/"
        rules = rules_in(at, base, rules)
        return any(is_ignored(base + os.fsencode(name), as_folder, rules) for as_folder in (False, True))

    def tracked(self) -> list[bytes]:
        """The paths in the index, sorted: what is tracked is not ignored, whatever the patterns say.

        Empty without an index. Raises OSError for one that cannot be read, since files would be left out for it.
        """
        try:
            data = read_bytes(os.path.join(self.git_dir, "index"), MAX_INDEX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return []
        try:
            config = read_head(os.path.join(self.common_dir, "config"), _CONFIG_BYTES)
        except OSError:
            config = b""  # as git sees it: the defaults
        wide = re.search(rb"(?i)objectformat\s*=\s*sha256", config) is not None
        return _index_paths(data, 32 if wide else 20)


def repository(folder: str) -> GitRepository | None:
    """The repository that an absolute folder lies in."""
    at = folder
    while True:
        git = os.path.join(at, ".git")
        if disk.is_folder(git):
            return GitRepository(at, git, git)
        if disk.is_file(git):
            return _linked(at, git)
        above = os.path.dirname(at)
        if above == at:
            return None
        at = above


def _linked(root: str, git: str) -> GitRepository:
    """A worktree or a submodule: `.git` is a file that names the folder."""
    git_dir = os.path.join(root, _line(git).removeprefix("gitdir:").strip())
    common = _line(os.path.join(git_dir, "commondir"))
    return GitRepository(root, git_dir, os.path.join(git_dir, common) if common else git_dir)


def _line(path: str) -> str:
    try:
        return read_head(path, _LINE_BYTES).decode("utf-8", "surrogateescape").strip().replace("\0", "")
    except OSError:
        return ""


def _with_file(path: str, base: bytes, above: Rules | None) -> Rules | None:
    try:
        data = read_bytes(path, MAX_IGNORE_BYTES, follow=False)
    except (FileNotFoundError, NotADirectoryError, NotAFile):  # git does not follow a .gitignore that is a link
        return above
    patterns = parse(data)
    return Rules(base, patterns, above, {}) if patterns else above


def _index_paths(data: bytes, hash_bytes: int) -> list[bytes]:
    """The paths of git's index (gitformat-index(5), versions 2 to 4); what comes before damage, if damaged."""
    version, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    if data[:4] != b"DIRC" or version not in (2, 3, 4):
        return []
    paths, at, path = [], 12, b""
    for _ in range(min(count, len(data) // (42 + hash_bytes))):
        start, at = at, at + 40 + hash_bytes
        extended = at < len(data) and data[at] & 0x40
        at += 4 if extended else 2
        if version == 4:  # each path is a change of the one before
            dropped = 0
            while at < len(data) and dropped <= _PATH_BYTES:
                byte, at = data[at], at + 1
                dropped = (dropped << 7) | (byte & 0x7F)
                if not byte & 0x80:
                    break
                dropped += 1
            path = path[: max(len(path) - dropped, 0)]
        else:
            path = b""
        end = data.find(b"\0", at)
        if end < 0 or len(path) + end - at > _PATH_BYTES:
            break
        path += data[at:end]
        paths.append(path)
        at = end + 1 if version == 4 else start + ((end - start + 8) & ~7)
    return sorted(paths)
