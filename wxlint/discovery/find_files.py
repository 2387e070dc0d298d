"""Which files are read: found below folders, or given by name; what git ignores is left out, without running git.

Below a folder: no links to folders, no other repository (a submodule), no virtual environment; a file that is a link
only when it leads to a file of the same tree, and each file once.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wxlint.core import disk
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.file_kinds import (
    KUBERNETES,
    OTHER,
    PYTHON,
    SHELL,
    is_shell_program,
    kind_of,
    kind_of_name,
    may_be_ours,
    may_hold_programs,
    runs_containers,
)
from wxlint.discovery.git_index import repository, rules_in
from wxlint.discovery.gitignore import Rules, is_ignored

_SKIPPED = frozenset((".git", ".hg", ".svn", "node_modules", "__pycache__"))
_ENVIRONMENT = "pyvenv.cfg"
_OF_THEIR_OWN = (".git", _ENVIRONMENT)
"""What another repository, and a virtual environment, hold."""


class Found(NamedTuple):
    """kind: dockerfile, compose, shell or batch; other for a file given by name that is none of these."""

    path: Path
    kind: str


class Discovery(NamedTuple):
    """files: sorted, each once. problems: what could not be read ("path: reason"). notes: links that lead nowhere.

    marked: folders below those given that hold a file or folder of one of the names that were asked for.
    """

    files: list[Found]
    problems: list[str]
    notes: list[str]
    marked: tuple[str, ...] = ()


def discover(paths: Sequence[Path], marks: tuple[str, ...] = ()) -> Discovery:
    """The files below `paths` and the files among them. A file given by name is taken even when git ignores it.

    marks: names of files and folders that make the folders which hold them `marked`.
    """
    search = _Search(marks)
    for path in paths:
        search.start(str(path))
    found = sorted(search.found.values(), key=lambda file: file.path.parts)
    return Discovery(found, sorted(search.problems), sorted(search.notes), tuple(sorted(search.marked)))


def is_part(path: str, root: str) -> bool:
    """Whether a file is one that a walk through a folder comes to, whatever its name is. root: without links."""
    real = real_path(path)
    at = os.path.dirname(real)
    while at != root:
        if os.path.basename(at) in _SKIPPED or any(disk.lexists(os.path.join(at, mark)) for mark in _OF_THEIR_OWN):
            return False
        above = os.path.dirname(at)
        if above == at:
            return False
        at = above
    tree = _Tree(root)
    try:
        ignored = tree.repository is not None and tree.repository.ignores(real)
    except OSError:
        return False
    return not ignored or tree.is_tracked(os.fsencode(os.path.relpath(real, tree.root)))


def real_path(path: str) -> str:
    """A path without links; the path itself, made absolute, when a link goes away while it is followed."""
    try:
        return disk.real(path)
    except OSError:
        return os.path.abspath(path)


def _printable(path: str) -> str:
    """A path for a message, whatever bytes it is made of."""
    path = path.removeprefix("./")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)


class _Tree:
    """What one walk stays inside: a repository, or the folder given when that lies in none."""

    def __init__(self, real: str) -> None:
        self.real = real
        self.repository = repository(real)
        self.root = self.repository.root if self.repository else real
        self.problem: OSError | None = None
        """Why the index could not be read."""
        self._tracked: list[bytes] | None = None

    def tracked(self, base: bytes) -> Iterator[bytes]:
        """The tracked paths below a folder ("a/b/")."""
        if self._tracked is None:
            self._tracked = self._read_index()
        for n in range(bisect_left(self._tracked, base), len(self._tracked)):
            if not self._tracked[n].startswith(base):
                break
            yield self._tracked[n]

    def is_tracked(self, path: bytes) -> bool:
        return next(self.tracked(path), b"") == path

    def _read_index(self) -> list[bytes]:
        try:
            return self.repository.tracked() if self.repository else []
        except OSError as error:
            self.problem = error
            return []


class _Folder(NamedTuple):
    """path: as shown. real: as it is. base: relative to the tree's root, "" or "a/b/". rules: those from above."""

    path: str
    real: str
    base: bytes
    rules: Rules | None


class _Search:
    """found: by real path, so that each file comes once."""

    def __init__(self, marks: tuple[str, ...] = ()) -> None:
        self.marks, self.marked = marks, set[str]()
        self.found: dict[str, Found] = {}
        self.problems: set[str] = set()
        self.notes: set[str] = set()

    def problem(self, path: str, reason: str | OSError) -> None:
        if isinstance(reason, OSError):
            reason = f"cannot be read: {reason.strerror or reason}"
        self.problems.add(f"{_printable(path)}: {reason}")

    def start(self, path: str) -> None:
        """One path as given."""
        try:
            real = disk.real(path)
            mode = disk.mode(real)
            if stat.S_ISREG(mode):
                self.found[real] = Found(Path(path), kind_of(path))
        except (FileNotFoundError, ValueError):
            self.problem(path, "there is no such file or folder")
        except OSError as error:
            self.problem(path, error)
        else:
            if stat.S_ISDIR(mode):
                self.walk(path, real)
            elif not stat.S_ISREG(mode):
                self.problem(path, "neither a file nor a folder")

    def walk(self, path: str, real: str) -> None:
        """Everything below one folder, in one tree."""
        tree = _Tree(real)
        below = os.path.relpath(real, tree.root)
        base = b"" if below == "." else os.fsencode(below) + b"/"
        rules = None
        try:
            rules = tree.repository.rules(real) if tree.repository else None
        except OSError as error:
            self.problem(error.filename or path, error)
        links: list[tuple[str, str]] = []
        waiting = [_Folder(path, real, base, rules)]
        while waiting:
            folder = waiting.pop()
            inside = self.entries(tree, folder)
            if folder.path != path:
                for name in self.marks:
                    if name in inside:
                        self.marked.add(folder.path)
            if ".gitignore" in inside and tree.repository is not None:
                try:
                    folder = folder._replace(rules=rules_in(folder.real, folder.base, folder.rules))
                except OSError as error:
                    self.problem(os.path.join(folder.path, ".gitignore"), error)
            for name, entry in inside.items():
                if entry.is_folder:
                    if name not in _SKIPPED:
                        waiting += self.below(tree, folder, name)
                else:
                    self.file(tree, folder, entry, links)
        for shown, link in sorted(links):
            self.link(shown, link, tree.root)
        if tree.problem is not None:
            self.problem(tree.problem.filename or path, tree.problem)

    def entries(self, tree: _Tree, folder: _Folder) -> Mapping[str, disk.FolderEntry]:
        """What lies in a folder; nothing for an environment and for another repository, which is a walk of its own."""
        try:
            inside = disk.entries(folder.real)
        except OSError as error:
            self.problem(folder.path, error)
            return {}
        if folder.real == tree.real or inside.keys().isdisjoint(_OF_THEIR_OWN):
            return inside
        if _ENVIRONMENT not in inside and tree.repository is None:  # a submodule is left out
            self.walk(folder.path, folder.real)
        return {}

    def file(self, tree: _Tree, folder: _Folder, entry: disk.FolderEntry, links: list[tuple[str, str]]) -> None:
        """One entry that is no folder. links: takes those that are links, with the path as shown."""
        name = entry.name
        if may_be_ours(name) and kind_of_name(name, folder.real).kind:
            if self.is_ignored(tree, folder, name):
                return
            shown = os.path.join(folder.path, name)
            if entry.is_link:
                links.append((shown, entry.path))
            elif entry.is_file:
                self.take(shown, entry.path)
            else:
                self.problem(shown, "not a regular file; not read")
        elif "." not in name and _is_program(entry) and not self.is_ignored(tree, folder, name):
            self.found.setdefault(entry.path, Found(Path(folder.path, name), SHELL))
        elif name.endswith(".py") and entry.is_file and not entry.is_link and _runs_containers(folder, entry):
            if not self.is_ignored(tree, folder, name):
                self.found.setdefault(entry.path, Found(Path(folder.path, name), PYTHON))

    def below(self, tree: _Tree, folder: _Folder, name: str) -> list[_Folder]:
        """The folder to read next; none when it is ignored, though what is tracked in it is taken."""
        base = folder.base + os.fsencode(name)
        path, real = os.path.join(folder.path, name), os.path.join(folder.real, name)
        inside = _Folder(path, real, base + b"/", folder.rules)
        if not is_ignored(base, True, folder.rules):
            return [inside]
        for tracked in tree.tracked(inside.base):
            *folders, name = os.fsdecode(tracked[len(inside.base) :]).split("/")
            file = os.path.join(real, *folders, name)
            if not kind_of_name(name, os.path.dirname(file)).kind or _SKIPPED.intersection(folders):
                continue
            if _is_regular(file) and real_path(file) == file:  # an index that was made up may name what lies outside
                self.take(os.path.join(path, *folders, name), file)
        return []

    def is_ignored(self, tree: _Tree, folder: _Folder, name: str) -> bool:
        path = folder.base + os.fsencode(name)
        return is_ignored(path, False, folder.rules) and not tree.is_tracked(path)

    def take(self, shown: str, real: str) -> None:
        if real in self.found:
            return
        kind, sure = kind_of_name(os.path.basename(shown), os.path.dirname(real))
        named = kind
        if not sure:
            try:
                kind = kind_of(real)
            except OSError as error:
                self.problem(shown, error)
                return
        if kind not in ("", OTHER) and (kind == named or named != KUBERNETES):  # other YAML is a matter of names
            self.found[real] = Found(Path(shown), kind)

    def link(self, shown: str, link: str, root: str) -> None:
        real = real_path(link)
        if not disk.exists(real):
            self.notes.add(f"{_printable(shown)}: a link that leads nowhere")
        elif os.path.commonpath((real, root)) != root:
            self.problem(shown, "a link that leads out of the tree; give the file itself by name to have it read")
        elif _is_regular(real):
            self.take(shown, real)


def _is_program(entry: disk.FolderEntry) -> bool:
    """Whether a file without an ending is a shell script: one that may be run, and names a shell in its first line."""
    try:
        mode = disk.mode(entry.path, follow=False)
        return stat.S_ISREG(mode) and mode & 0o111 != 0 and is_shell_program(entry.path)
    except OSError:
        return False


def _runs_containers(folder: _Folder, entry: disk.FolderEntry) -> bool:
    """Whether a Python file is a program that runs containers."""
    try:
        return may_hold_programs(os.fsdecode(folder.base)) and runs_containers(entry.path)
    except OSError:
        return False


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(disk.mode(path, follow=False))
    except OSError:
        return False
