"""Compose projects: which files are started together, and what compose would refuse of them.

docker compose itself takes one base file with its override; other files beside it (`docker-compose.gpu.yml`) are meant
to be given with `-f` on top. A file with a service that has neither an image nor all that a build takes is such an
overlay; any other stands by itself, unless a script gives it on top.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from wxlint.core.tuples import NamedTuple
from wxlint.documents.compose.fields import resolve
from wxlint.documents.compose.merge import ComposeProblem
from wxlint.documents.compose.reader import BASES, ComposeFile, ComposeReader, ReadProject, default_files
from wxlint.documents.compose.services import REMOTE, Service, ServiceBuild

_MAX_LISTS = 100
"""Lists of files out of scripts that are merged: a loop may make thousands."""
_MAX_SERVICES = 50_000
"""Services that all overlays together may be laid over: thousands of overlays of a huge base are refused."""


class ComposeProject(NamedTuple):
    """One project as it would be started.

    paths: the files given, the base first. whole: whether these files make a project by themselves.
    """

    paths: tuple[str, ...]
    project: ReadProject
    whole: bool

    @property
    def stands_by_itself(self) -> bool:
        """Whether nothing is laid over it: these make a project, or one file says of each service what it runs."""
        alone = len(self.paths) == 1 and all(one.image or one.build or one.provider for one in self.project.services)
        return self.whole or alone


class ComposeProjects:
    """The compose files of a run, and the projects that they make.

    files: each by itself, for what concerns one file only. filled: those that another tool fills in first. parts: files
    that are read because others include or extend them; they are judged in the projects that they are part of.
    refused: what was not read to its end.
    """

    def __init__(
        self,
        projects: Iterable[ComposeProject],
        files: Iterable[ComposeFile],
        *,
        filled: Iterable[str],
        parts: Iterable[str],
        refused: Iterable[ComposeProblem],
    ) -> None:
        self.projects, self.files = tuple(projects), tuple(files)
        self.filled, self.parts, self.refused = frozenset(filled), frozenset(parts), tuple(refused)

    def services(self) -> Iterator[tuple[ComposeProject, Service]]:
        """Every service of every project."""
        for project in self.projects:
            for service in project.project.services:
                yield project, service

    def problems(self) -> Iterator[ComposeProblem]:
        """What compose would refuse; of files that others may be laid under, only what no other file could mend.

        What is missing and another file of the repository defines is taken for there: scripts merge files of many
        folders.
        """
        yield from self.refused
        defined: dict[str, set[str]] = {}
        for file in self.files:
            for name in (*(service.name for service in file.services), *file.declared):
                defined.setdefault(name, set()).add(file.source.path)
        for project in self.projects:
            mended = not project.whole and not self._is_beside_its_base(project)
            for problem in project.project.problems:
                elsewhere = not defined.get(problem.service, set()).issubset(project.project.paths)
                if not problem.whole or not (mended or elsewhere):
                    yield problem
        for file in self.files:
            yield from (problem for problem in file.problems if not problem.whole)

    def _is_beside_its_base(self, project: ComposeProject) -> bool:
        """Whether a file lies in the folder of what it is laid over, or could be: it needs no files of elsewhere."""
        *under, own = project.paths
        folder, name = posixpath.split(own)
        below = self._folders[folder].below(name) if folder in self._folders else []
        return bool(below) and own not in below and under in ([], below)

    def rivals(self, project: ComposeProject, service: Service) -> Iterator[Service]:
        """The service in other overlays of the same base that give it an image, when this overlay gives none.

        One of them may lie in between.
        """
        *below, own = project.paths
        if project.whole or not below or service.image is None or service.image.place.source.path == own:
            return
        folder = self._folders[posixpath.dirname(own)]
        for path, other in self._with_image.get(service.name, ()):
            name = posixpath.basename(path)
            if path not in project.paths and folder.holds(path) and folder.below(name) == below:
                yield other

    @cached_property
    def _folders(self) -> dict[str, _Folder]:
        return _by_folder(file.source.path for file in self.files)

    @cached_property
    def _with_image(self) -> dict[str, list[tuple[str, Service]]]:
        """The services that name an image, with their files, by name."""
        found: dict[str, list[tuple[str, Service]]] = {}
        for file in self.files:
            for service in file.services:
                if service.image is not None:
                    found.setdefault(service.name, []).append((file.source.path, service))
        return found


class _Folder:
    """The compose files of one folder. base: what docker compose takes there when no file is given."""

    def __init__(self, path: str, names: Sequence[str]) -> None:
        self.path, self.names = path, dict.fromkeys(names)
        self.base = [posixpath.join(path, name) for name in default_files(self.names)]

    def holds(self, path: str) -> bool:
        folder, name = posixpath.split(path)
        return folder == self.path and name in self.names

    def below(self, name: str) -> list[str]:
        """What a file of this folder is meant to be given on top of.

        Without a base in the folder that of `docker-compose.dev.override.yml` is `docker-compose.dev.yml`; else there
        is none.
        """
        if self.base:
            return self.base
        parts = name.split(".")
        while len(parts) > 2:
            parts.pop(-2)
            if ".".join(parts) in self.names:
                return [posixpath.join(self.path, ".".join(parts))]
        return []


def _by_folder(paths: Iterable[str]) -> dict[str, _Folder]:
    names: dict[str, list[str]] = {}
    for path in paths:
        names.setdefault(posixpath.dirname(path), []).append(posixpath.basename(path))
    return {folder: _Folder(folder, listed) for folder, listed in names.items()}


def read_projects(
    paths: Sequence[str],
    reader: ComposeReader,
    groups: Sequence[tuple[str, ...]] = (),
    lists: Sequence[tuple[str, ...]] = (),
) -> ComposeProjects:
    """Arrange compose files as projects.

    Args:
        paths: the compose files of the run.
        reader: reads them, and whatever they name.
        groups: files that the policy says are used together, the base first.
        lists: files that scripts use together, some of them by names that docker compose does not look for.
    """
    files = {path: file for path in paths if (file := reader.file(path)) is not None}
    arranged = _Arrangement(files, reader)
    arranged.groups(groups)
    arranged.lists(lists)
    arranged.folders()
    parts = _parts(files, reader)
    everything = {**files, **parts}
    return ComposeProjects(
        arranged.projects,
        everything.values(),
        filled=filter(reader.is_filled, everything),
        parts=parts,
        refused=arranged.refused,
    )


class _Arrangement:
    """Puts each file into the projects that it is part of."""

    def __init__(self, files: Mapping[str, ComposeFile], reader: ComposeReader) -> None:
        self.files, self.reader = files, reader
        self.projects: list[ComposeProject] = []
        self.refused: list[ComposeProblem] = []
        self._placed: set[str] = set()
        self._bases: dict[tuple[str, ...], frozenset[str]] = {}
        self._left = _MAX_SERVICES

    def groups(self, groups: Iterable[tuple[str, ...]]) -> None:
        for group in dict.fromkeys(groups):
            if group and all(path in self.files for path in group):
                self._add(group, whole=True)
                self._placed.update(group)

    def lists(self, lists: Sequence[tuple[str, ...]]) -> None:
        for listed in lists[:_MAX_LISTS]:
            if len(listed) > 1 and all(path in self.files for path in listed):
                self._add(listed, whole=False)
                self._placed.update(path for path in listed if posixpath.basename(path) not in BASES)

    def folders(self) -> None:
        for folder in _by_folder(self.files).values():
            if folder.base and not self._placed.issuperset(folder.base):
                # devcontainer.json most often lays its own file over the project's
                self._add(tuple(folder.base), whole=posixpath.basename(folder.path) != ".devcontainer")
                self._placed.update(folder.base)
            for name in folder.names:
                path = posixpath.join(folder.path, name)
                if path not in self._placed:
                    self._placed.add(path)
                    self._add(self._on_its_base(folder, name), whole=False)

    def _on_its_base(self, folder: _Folder, name: str) -> tuple[str, ...]:
        """A file, behind those that it only makes sense on top of."""
        path, below = posixpath.join(folder.path, name), tuple(folder.below(name))
        if not below or not _is_overlay(self.files[path], self._services(below)):
            return (path,)
        self._left -= len(self._services(below))
        if self._left < 0:
            file = self.files[path]
            message = f"more than {_MAX_SERVICES} services below the overlays of this run; this one is read by itself"
            self.refused.append(ComposeProblem(file.source.span(0, 0), message))
            return (path,)
        return (*below, path)

    def _services(self, paths: tuple[str, ...]) -> frozenset[str]:
        """The names of the services of a base."""
        if paths not in self._bases:
            self._bases[paths] = frozenset(service.name for service in self.reader.project(paths).services)
        return self._bases[paths]

    def _add(self, paths: tuple[str, ...], *, whole: bool) -> None:
        self.projects.append(ComposeProject(paths, self.reader.project(paths), whole))


def _is_overlay(file: ComposeFile, below: frozenset[str]) -> bool:
    """Whether a file only makes sense on top of another, with these services.

    It does when it gives one of them no image, and not all that a build takes.
    """

    def partial(service: Service) -> bool:
        return (
            service.name in below
            and service.extends is None
            and (service.image is None if service.build is None else not _stands_alone(service, service.build))
        )

    return any(partial(service) for service in file.services)


def _stands_alone(service: Service, build: ServiceBuild) -> bool:
    """Whether a service builds all by itself: from a context, or from a Dockerfile with a name for the image or a word
    on how it runs; a Dockerfile alone is meant for what the base says of the rest."""
    if build.context is not None or build.dockerfile_inline is not None:
        return True
    return build.dockerfile is not None and (service.image is not None or not service.only_builds)


def _parts(files: Mapping[str, ComposeFile], reader: ComposeReader) -> dict[str, ComposeFile]:
    """The files that these include or extend, and those that they lead to in turn."""
    found: dict[str, ComposeFile] = {}
    waiting = list(files.values())
    while waiting:
        file = waiting.pop()
        texts = [text for include in file.includes for text in include.paths]
        texts += [s.extends.file for s in file.services if s.extends is not None and s.extends.file is not None]
        for text in texts:
            path = None if REMOTE.match(text.value.text) else resolve(text.place.base, text.value)
            if path is not None and path not in files and path not in found and (part := reader.file(path)) is not None:
                found[path] = part
                waiting.append(part)
    return found
