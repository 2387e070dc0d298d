"""Files that a build reads: from a path inside the image, through COPY, to a file of the repository."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Iterator

from wxlint.core.paths import folders_above, in_image, normal
from wxlint.core.values import HOLE
from wxlint.documents.source import Source as Text
from wxlint.images.evaluation.files.copied_files import Copies, Copy
from wxlint.images.evaluation.files.written_files import changed_by, may_be_gone, removed_by
from wxlint.images.installs.model import Lines
from wxlint.images.installs.project_changes import ProjectChanges

Read = Callable[[str], "Text | None"]
"""A path relative to the root of the repository to its text; None when there is no such file."""

IsOwn = Callable[[str, str], bool]
"""Whether an owner and a name, in lower case, are those of the repository."""

_DEPTH = 12
_MOST_COPIES = 300_000
"""Copies that are looked at for one build; past them no file is found, and what would be in it is unknown."""
_MOST_REMOVED = 300
"""Removals that a file is compared with; past them none is there for sure."""
_MOST_LINES = 100_000
"""Lines of lists that are read for one build of one Dockerfile: lists that name each other many times must not
take forever."""


class Files:
    """The repository as one build sees it."""

    def __init__(
        self,
        read: Read,
        contexts: tuple[str, ...],
        root: str = "",
        is_own: IsOwn | None = None,
        beside: str | None = None,
    ) -> None:
        """contexts: folders that may be the build context, the likeliest first.

        root: the repository, "" or ending in "/". is_own: whether an owner and a name are its own. beside: the folder
        of the Dockerfile, which a file is taken from that a COPY names and no context has: no build passes otherwise.
        """
        self._own_folder = beside
        self.read, self.root, self.is_own = read, root, is_own
        self.folders = [folder.rstrip("/") + "/" if folder != "." else "" for folder in map(normal, contexts)]
        self.copies: dict[int, Copies] = {}
        self.changed: dict[int, set[str]] = {}
        self._removed: set[str] = set()
        """What commands of any stage have removed so far, as written."""
        self.made: dict[int, dict[str, Lines | None]] = {}
        self.inline: dict[int, dict[str, Text]] = {}
        """Files whose content stands in the Dockerfile itself."""
        self.any_written = False
        self._copies_left = _MOST_COPIES
        self.lines_left = _MOST_LINES
        """How many more lines of lists are read for this build."""
        self.swept: dict[int, list[str]] = {}
        self.clones: dict[int, dict[str, str]] = {}
        self.projects: dict[int, dict[str, ProjectChanges]] = {}
        """What uv's commands have left in the folders of projects, by absolute paths."""
        self._from_stage: dict[tuple[int, str], tuple[Text | None, Lines | None]] = {}

    def note_changes(self, stage: int, text: str) -> None:
        """Remember the files that the commands of a RUN write, move, edit or remove: what the repository has is then
        not what is read."""
        if "rm" in text or "mv" in text or "unlink" in text:
            self._removed.update(removed_by(text))
        found = changed_by(text)
        if found:
            self.changed.setdefault(stage, set()).update(found)

    def has(self, stage: int, path: str, removed: frozenset[str]) -> bool:
        """Whether a file stands at an absolute path for sure. removed: what else may be gone by then."""
        if HOLE in path or len(self._removed) + len(removed) > _MOST_REMOVED:
            return False
        return self.find(stage, path) is not None and not may_be_gone(path, {*self._removed, *removed})

    def note_written(self, stage: int, path: str, lines: Lines | None) -> None:
        """A file at an absolute path that a command has made, and what it asks for; None where that is not known."""
        self.made.setdefault(stage, {})[path] = lines
        self.any_written = True

    def note_clone(self, stage: int, folder: str, project: str) -> None:
        """An absolute folder that holds another repository. project: its owner and name, with
        `@` and a word behind where it is not at its main branch."""
        self.clones.setdefault(stage, {})[folder] = project

    def clone_at(self, stage: int, folder: str) -> str | None:
        """The owner and the name of the repository that a RUN cloned to a folder, or to one above it."""
        above = folders_above(folder) if stage in self.clones else []
        return next((self.clones[stage][path] for path in above if path in self.clones[stage]), None)

    def made_at(self, stage: int, path: str, depth: int = 0) -> Lines | None:
        """What a made file asks for, in the stage or copied from another; None for a file that is none of these,
        or not known."""
        if path in self.made.get(stage, ()):
            return self.made[stage][path]
        if depth > _DEPTH or not self.any_written or any(map(path.startswith, self.swept.get(stage, ()))):
            return None
        for copy in self._copies_above(stage, path):
            for candidate in _origins(copy, path):
                if copy.stage is None:
                    if self._outside(copy, candidate) is not None:
                        return None
                    continue
                found = self._in_stage(copy.stage, candidate, depth)[1]
                if found is not None:
                    return found
        return None

    def sweep(self, stage: int, folder: str) -> None:
        """Any file of a folder may be another from here on: what was made there is not known."""
        inside = folder.rstrip("/") + "/"
        self.swept.setdefault(stage, []).append(inside)
        made = self.made.get(stage, {})
        made.update(dict.fromkeys([path for path in made if path.startswith(inside)]))

    def put(self, stage: int, dest: str) -> None:
        """A COPY to a path: what was made there before is gone."""
        for made in (self.made.get(stage, {}), self.inline.get(stage, {})):
            for path in [path for path in made if path == dest or path.startswith(dest.rstrip("/") + "/")]:
                del made[path]

    def _in_stage(self, stage: int, path: str, depth: int) -> tuple[Text | None, Lines | None]:
        """What stands in an earlier stage, which changes no more, and what was made there: each looked for once."""
        key = stage, in_image("/", path)
        if key not in self._from_stage:
            self._from_stage[key] = None, None  # while it is looked for
            self._from_stage[key] = self.find(*key, depth + 1), self.made_at(*key, depth + 1)
        return self._from_stage[key]

    def find(self, stage: int, path: str, depth: int = 0, *, before: bool = False) -> Text | None:
        """The file that stands at an absolute container path in a stage, as the repository has it; None for one
        that a RUN changes, but for what it was `before`."""
        changed = not before and posixpath.basename(path) in self.changed.get(stage, ())
        if HOLE in path or depth > _DEPTH or changed:
            return None
        written = self.inline.get(stage)
        if written and path in written:
            return written[path]
        for copy in self._copies_above(stage, path):
            for candidate in _origins(copy, path):
                if copy.stage is not None:
                    found = self._in_stage(copy.stage, candidate, depth)[0]
                else:
                    found = self._outside(copy, candidate)
                if found is not None:
                    return found
        return None

    def framed(self, stage: int, path: str) -> Text | None:
        """The one file that copies bring to a path with unknown parts: what is written alike is the same folder."""
        if HOLE not in path or posixpath.basename(path) in self.changed.get(stage, ()):
            return None
        found = {
            text.path: text
            for copy in self._copies_above(stage, path)
            if HOLE in copy.dest and copy.stage is None
            for candidate in _origins(copy, path)
            if (text := self._outside(copy, candidate)) is not None
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def brought(self, stage: int, path: str) -> Text | None:
        """The one file that copies bring under a relative path, wherever they put it.

        For a stage without a WORKDIR: its commands start in a folder that only the base image knows, and a build that
        works has the file there.
        """
        if HOLE in path or posixpath.basename(path) in self.changed.get(stage, ()):
            return None
        found: dict[str, Text] = {}
        for copy in self.copies.get(stage, ()):
            self._copies_left -= 1
            if copy.stage is not None or copy.cloned or self._copies_left < 0:
                continue
            folder, _, name = copy.source.rstrip("/").rpartition("/")
            alone = path in (name, copy.dest.rpartition("/")[2] if not copy.as_folder else name)
            text = self.in_context(posixpath.join(folder, name) if alone else posixpath.join(copy.source, path))
            if text is not None:
                found[text.path] = text
        return next(iter(found.values())) if len(found) == 1 else None

    def _outside(self, copy: Copy, path: str) -> Text | None:
        """A file that a copy brings from the build context, or a clone from the repository."""
        if not copy.cloned:
            found = self.in_context(path)
            if found is not None or self._own_folder is None or normal(copy.source) != normal(path):
                return found
            return self.read(normal(posixpath.join(self._own_folder, posixpath.normpath("/" + path)[1:])))
        relative = posixpath.normpath(path)
        return None if relative.startswith("..") or HOLE in relative else self.read(self.root + relative)

    def _copies_above(self, stage: int, path: str) -> Iterator[Copy]:
        """The copies that may bring a path into a stage, the last one first, within what is looked at for a build."""
        for copy in self.copies[stage].above(path) if stage in self.copies else ():
            self._copies_left -= 1
            if self._copies_left < 0:
                return
            yield copy

    def in_context(self, path: str) -> Text | None:
        """A file of the build context. `..` at its root stays there, as BuildKit has it."""
        relative = posixpath.normpath("/" + path.lstrip("/"))[1:]
        if HOLE in relative:
            return None
        for folder in self.folders:
            found = self.read(folder + relative)
            if found is not None:
                return found
        return None

    def beside(self, source: Text, path: str, stage: int) -> Text | None:
        """A file named in another one: relative to that, or an absolute path of the image."""
        if path.startswith("/"):
            return self.find(stage, in_image(path))
        return self.read(normal(posixpath.join(posixpath.dirname(source.path), path)))

    def inherit(self, stage: int, parent: int) -> None:
        """Let a stage start with the files of another one."""
        self.copies[stage] = Copies(self.copies.get(parent))
        self.changed[stage] = set(self.changed.get(parent, ()))
        self.made[stage] = dict(self.made.get(parent, {}))
        self.swept[stage] = list(self.swept.get(parent, ()))
        if self.inline.get(parent):
            self.inline[stage] = dict(self.inline[parent])
        if parent in self.projects:
            self.projects[stage] = dict(self.projects[parent])
        if parent in self.clones:
            self.clones[stage] = dict(self.clones[parent])


def _origins(copy: Copy, path: str) -> list[str]:
    """Where in the source of a COPY a container path may come from."""
    if path == copy.dest and not copy.as_folder:
        return [copy.source]
    inside = copy.dest.rstrip("/") + "/"
    if not path.startswith(inside):
        return []
    rest = path[len(inside) :]
    base = posixpath.basename(copy.source.rstrip("/"))
    if "*" in base or "?" in base:
        first, _, deeper = rest.partition("/")
        any_wheel = first.startswith("*") and first[1:] == posixpath.splitext(base)[1] == ".whl"
        if not any_wheel and not fnmatch.fnmatchcase(first, base):
            return []
        return [posixpath.join(posixpath.dirname(copy.source), rest)] if not deeper else []
    found = [posixpath.join(copy.source, rest)]
    if rest == base:
        found.insert(0, copy.source)
    return found
