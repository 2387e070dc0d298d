"""What the lists of packages that a build reads say: requirements files, projects, Pipfiles, followed to others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from wxlint.core.findings import Where
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.documents.source import Source as Text
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.lists.requirement_lines import listed, moved_to, of_requirement, sources_of
from wxlint.images.installs.markers import Environment
from wxlint.images.installs.model import (
    Groups,
    Lines,
    Sources,
    Unread,
    UnreadKind,
    UvSettings,
    joined,
)
from wxlint.images.installs.pip import ARCHIVES, takes_all_releases
from wxlint.images.installs.requirement import FOLDER, normalise, parse_requirement

if TYPE_CHECKING:
    from wxlint.documents.manifests.project import Part, Project
    from wxlint.documents.manifests.requirements_txt import RequirementLine
    from wxlint.documents.manifests.uv_tables import AddedIndex

_MOST_FOLDERS = 100
"""Projects of the repository that are followed from one."""
_DEPTH = 12
"""Lists that name each other deeper are not read to their end."""


_OF_WHEEL = late(r"([A-Za-z0-9_.]+)-[\d*]")
_NAME = late(r"^\s*name\s*=\s*[\"']?([\w.-]+)", re.M)
"""The name of a project in pyproject.toml, setup.cfg or setup.py."""


class PackageLists:
    """Reads the lists of one stage. variables: for `${NAME}` in requirements files; environment: for markers."""

    def __init__(self, files: Files, stage: int, environment: Environment, variables: Mapping[str, Value]) -> None:
        self.files, self.stage, self.environment, self.variables = files, stage, environment, variables
        self.folders: set[str] = set()
        """Projects of the repository that were read because others ask for them: each once."""

    # -- requirements files

    def requirements(self, source: Text | None, name: str, *, as_constraints: bool) -> Lines:
        """What a requirements or constraints file lists, its own -r and -c followed. name: as it is written."""
        return self._requirements(source, name, as_constraints, ())

    def _requirements(self, source: Text | None, name: str, as_constraints: bool, open_: tuple[str, ...]) -> Lines:
        from wxlint.documents.manifests.requirements_txt import has_variables, read_requirements, unfit_for_pip

        if source is not None and "pylock" in source.path and _is_pylock(source.path):
            return self.pylock(source, as_constraints=as_constraints)
        if source is None:  # constraints that are not there install nothing
            return Lines() if as_constraints else Lines(unread=(Unread(UnreadKind.NOT_THERE, name),))
        if source.path in open_:  # pip refuses it, or goes round in circles
            return Lines(unread=(Unread(UnreadKind.INVALID, name, partial(source.span, 0, 0), "it leads to itself"),))
        if problem := unfit_for_pip(source):
            return Lines(unread=(_invalid(source, problem),))
        lines = read_requirements(source, self._variable)
        self.files.lines_left -= len(lines)
        if len(open_) > _DEPTH or self.files.lines_left < 0:
            return Lines(unread=(Unread(UnreadKind.NOT_WHOLE, name, partial(source.span, 0, 0)),))
        if not has_variables(source) and all(line.requirement is not None and not line.invalid for line in lines):
            return listed(source, as_constraints, self.environment)
        return joined(
            [Lines(), *(self._of_line(line, source, as_constraints, (*open_, source.path)) for line in lines)]
        )

    def placed(self, source: Text, text: str, start: int, end: int) -> Lines:
        """What a text lists that stands in [start, end) of another file: an item of conda's `pip:`."""
        from wxlint.documents.manifests.requirements_txt import read_requirements

        lines = read_requirements(Text(source.path, text), self._variable)
        moved = [moved_to(line, start, end) for line in lines]
        return joined([Lines(), *(self._of_line(line, source, False, (source.path,)) for line in moved)])

    def _variable(self, name: str) -> Value:
        from wxlint.documents.manifests.requirements_txt import unknown_variable

        return self.variables[name] if name in self.variables else unknown_variable(name)

    def _of_line(self, line: RequirementLine, source: Text, as_constraints: bool, open_: tuple[str, ...]) -> Lines:
        where = partial(source.span, line.start, line.end)
        if line.invalid:
            return Lines(unread=(Unread(UnreadKind.INVALID, source.path, where, "an option that pip refuses"),))
        if line.requirement is not None:
            return of_requirement(line, line.requirement, source, where, as_constraints, self.environment)
        options = line.options
        editable = next((option.value for option in options if option.name == "--editable"), None)
        if editable is not None:
            found = self._editable(source, editable, where)
            return found._replace(requirements=(), constraints=found.requirements) if as_constraints else found
        for wanted in ("--requirement", "--constraint"):
            nested = next((option.value.text for option in options if option.name == wanted), None)
            if nested is not None:  # pip looks at nothing else on the line
                inner = self.files.beside(source, nested, self.stage)
                return self._requirements(inner, nested, wanted == "--constraint", open_)
        everything, final = (
            [one.value.text for one in options if one.name == name] for name in ("--all-releases", "--only-final")
        )
        prerelease = takes_all_releases(everything, final) or any(one.name == "--pre" for one in options)
        return Lines(sources=sources_of(line, source), prerelease=prerelease)

    def _editable(self, source: Text, value: Value, where: Where) -> Lines:
        """`-e ./lib[gpu]` in a list: a project of the repository, or one that is fetched."""
        requirement = parse_requirement(value, where)
        if requirement.kind in ("vcs", "url"):
            return Lines((requirement,))
        return self._beside(source, value.text)

    def _beside(self, source: Text, written: str, tool: str = "pip") -> Lines:
        """A project that a file names by its folder, with extras."""
        folder, _, extras = written.removeprefix("file://").partition("[")
        names = tuple(extra.strip().lower() for extra in extras.partition("]")[0].split(",") if extra.strip())
        path = normal(posixpath.join(posixpath.dirname(source.path), folder.strip(), "pyproject.toml"))
        return self.project(self.files.read(path), path, Groups(names), tool, beside=self._in_folder_of(path))

    def own_project(self, extras: tuple[str, ...]) -> Lines:
        """What the project at the root of the repository asks for."""
        path = f"{self.files.root}pyproject.toml"
        return self.project(self.files.read(path), path, Groups(extras), "pip", beside=self._in_folder_of(path))

    def of_own_wheel(self, name: str) -> Lines | None:
        """What a wheel asks for that has the name of the project at the root; None for any other.

        name: of the file, or a pattern of it (`acme-*.whl`).
        """
        named = _OF_WHEEL.match(name)
        if named is None:
            return None
        files = (self.files.read(f"{self.files.root}{each}") for each in ("pyproject.toml", "setup.cfg", "setup.py"))
        names = {normalise(found) for file in files if file is not None for found in _NAME.findall(file.text)}
        return self.own_project(()) if normalise(named[1]) in names else None

    def _in_folder_of(self, path: str) -> Callable[[str], Text | None]:
        """The files of the folder that a file of the repository lies in."""
        folder = posixpath.dirname(path)
        return lambda name: self.files.read(normal(posixpath.join(folder, name)))

    # -- projects

    def project(
        self,
        source: Text | None,
        name: str,
        groups: Groups,
        tool: str,
        *,
        lock: Text | None = None,
        uv_toml: Text | None = None,
        beside: Callable[[str], Text | None] = lambda _: None,
    ) -> Lines:
        """What installing a project asks for.

        Args:
            tool: who reads its file.
            lock: what pins it, where that counts.
            uv_toml: uv's settings beside it, which stand in the place of those in [tool.uv].
            beside: the files of its folder.
        """
        from wxlint.documents.manifests.pyproject import read_pyproject
        from wxlint.images.installs.project_files import is_refused, lines_of, reached_parts

        if source is None:
            return self._dynamic(None, name, beside, groups) or Lines(unread=(Unread(UnreadKind.NOT_THERE, name),))
        project = read_pyproject(source)
        if project.problem:
            return Lines(unread=(_invalid(source, project.problem),))
        if tool == "pip" and not groups.only and is_refused(project.pythons, self.environment):
            return Lines(unread=(Unread(UnreadKind.REFUSED, name, detail=project.pythons),))
        found = lines_of(project, source, "pyproject.toml", groups, self.environment, tool)
        if uv_toml is not None:
            settings = self.settings(None, uv_toml, pip=False)
            found = found._replace(sources=settings.sources, unread=(*found.unread, *settings.unread))
        if lock is not None and groups.unbound and _has_sources(project, source):
            found = found._replace(forks=True)  # uv makes another, of the same releases where it can
        elif lock is not None:
            reached = reached_parts(project, groups, self.environment, tool)
            found = self._locked(found, lock, project, reached, groups)
        found = self._with_folders(found, source, tool)
        package = tool == "pip" or "[project]" in source.text or not project.dependencies  # a workspace's root is none
        if not project.dynamic or not package or (lock is not None and found.locked):
            return found
        elsewhere = self._dynamic(project, name, beside, groups)
        if elsewhere is None:
            return found._replace(unread=(Unread(UnreadKind.DYNAMIC, name), *found.unread))
        return found._replace(
            requirements=(*elsewhere.requirements, *found.requirements), unread=(*elsewhere.unread, *found.unread)
        )

    def _with_folders(self, found: Lines, source: Text, tool: str) -> Lines:
        """With what the projects in other folders of the repository ask for; a lock says that by itself."""
        local = [r for r in found.requirements if r.kind == FOLDER]
        if not local:
            return found
        if found.locked:
            plain = (r._replace(kind="name", url=None) if r in local else r for r in found.requirements)
            return found._replace(requirements=tuple(plain))
        parts = [found._replace(requirements=tuple(r for r in found.requirements if r not in local))]
        for requirement in local:
            extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
            written = f"{requirement.url}{extras}"
            key = posixpath.join(posixpath.dirname(source.path), written)
            if key not in self.folders and len(self.folders) < _MOST_FOLDERS:
                self.folders.add(key)
                parts.append(self._beside(source, written, tool)._replace(sources=Sources()))
            elif key not in self.folders:
                parts.append(Lines(unread=(Unread(UnreadKind.NOT_WHOLE, source.path),)))
        return joined(parts)._replace(forks=found.forks)

    def _dynamic(
        self, project: Project | None, name: str, beside: Callable[[str], Text | None], groups: Groups
    ) -> Lines | None:
        """What the files beside a pyproject.toml list, or in the place of one."""
        if project is None and beside("setup.py") is None and beside("setup.cfg") is None:
            return None
        from wxlint.images.evaluation.lists.setuptools_projects import dynamic_lines

        listed = partial(self.requirements, as_constraints=False)
        return dynamic_lines(project, name, beside, groups, self.environment, listed)

    def _locked(self, found: Lines, lock: Text, project: Project, reached: frozenset[Part], groups: Groups) -> Lines:
        from wxlint.documents.manifests.locks import read_lock
        from wxlint.images.installs.locked import with_lock

        read = read_lock(lock, project.dependencies)
        if read.problem:
            return found._replace(unread=(*found.unread, _invalid(lock, read.problem)))
        return with_lock(
            found,
            read,
            lock,
            project=project.name,
            reached=reached,
            skipped=groups.skipped,
            environment=self.environment,
        )

    def settings(
        self,
        pyproject: Text | None,
        uv_toml: Text | None,
        *,
        pip: bool = True,
        added: tuple[AddedIndex, ...] = (),
    ) -> UvSettings:
        """What uv's settings say: of uv.toml where there is one, else of the project's file. pip: to `uv pip`. added:
        what the build has written into the project."""
        if pyproject is None and uv_toml is None and not added:
            return UvSettings()
        from wxlint.documents.manifests.uv_tables import read_settings
        from wxlint.images.installs.project_files import settings_of

        settings = read_settings(pyproject, uv_toml, pip=pip, added=added)
        if settings.problem and uv_toml is not None:
            return UvSettings(unread=(_invalid(uv_toml, settings.problem),))
        return settings_of(settings, "uv.toml" if uv_toml is not None else "pyproject.toml", self.environment)

    def pipfile(self, source: Text | None, name: str, groups: Groups, lock: Text | None = None) -> Lines:
        """What a Pipfile lists. groups: the tables that are installed. lock: what pins it, where that counts."""
        from wxlint.documents.manifests.pipfile import read_pipfile
        from wxlint.images.installs.project_files import lines_of, reached_parts

        if source is None:
            return Lines(unread=(Unread(UnreadKind.NOT_THERE, name),))
        pipfile = read_pipfile(source)
        if pipfile.problem:
            return Lines(unread=(_invalid(source, pipfile.problem),))
        found = lines_of(pipfile, source, "Pipfile", groups, self.environment, "pipenv")
        if lock is not None:
            reached = reached_parts(pipfile, groups, self.environment, "pipenv")
            found = self._locked(found, lock, pipfile, reached, groups)
        folders = [r for r in found.requirements if r.kind == "path" and r.url and not r.url.endswith(ARCHIVES)]
        kept = tuple(r for r in found.requirements if r not in folders)
        return joined([found._replace(requirements=kept), *(self._beside(source, r.url or "") for r in folders)])

    def pylock(self, source: Text, *, as_constraints: bool = False) -> Lines:
        """What a pylock.toml pins, each distribution from its own index."""
        from wxlint.documents.manifests.pylock import read_pylock
        from wxlint.images.installs.locked import pinned_by

        read = read_pylock(source)
        if read.problem is not None:
            return Lines(unread=(_invalid(source, read.problem),))
        found = tuple(pinned_by(read, source, self.environment))
        return Lines(constraints=found) if as_constraints else Lines(found, locked=True)


def _has_sources(project: Project, source: Text) -> bool:
    """Whether anything that uv locks for a project may have an index or a folder of its own."""
    limited = "constraint-dependencies" in source.text or "override-dependencies" in source.text
    return any(one.bindings or one.folder for one in project.dependencies) or (limited and bool(project.bound))


def _is_pylock(path: str) -> bool:
    from wxlint.documents.manifests.pylock import NAME

    return NAME.fullmatch(posixpath.basename(path)) is not None


def _invalid(source: Text, problem: str) -> Unread:
    return Unread(UnreadKind.INVALID, source.path, partial(source.span, 0, 0), problem)
