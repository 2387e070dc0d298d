"""The place where the commands of one stage run: working directory, files, Python and platform."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Span, Where
from wxlint.core.paths import in_image
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.documents.source import Source
from wxlint.images.evaluation.files.build_files import Files, IsOwn
from wxlint.images.installs.call import InstallContext
from wxlint.images.installs.model import LOCKS, CondaEnvironment, Groups, Install, Lines, Unread, UnreadKind, UvSettings
from wxlint.images.installs.project_changes import NO_CHANGES, ProjectChanges
from wxlint.images.installs.requirement import Requirement, parse_requirement
from wxlint.shell.model import Command

if TYPE_CHECKING:
    from wxlint.images.evaluation.environments.environments import Activated
    from wxlint.images.evaluation.lists.package_lists import PackageLists
    from wxlint.images.evaluation.open_stage import OpenStage

_WHEELS = late(r"(?:^|/)wheels?(?:/|$)")
_ASIDE: Mapping[str, Value] = {}


def _frame(workdir: str, cwd: Value | None) -> str:
    """The folder that a command starts in, where variables that the base image sets are a part of it; else ""."""
    if cwd is None:
        return workdir if HOLE in workdir else ""
    by_variables = all(hole.startswith("$") and not hole.startswith("$(") for hole in cwd.holes)
    return in_image(workdir, cwd.text) if by_variables and HOLE in f"{workdir}{cwd.text}" else ""


class _Stretch:
    """Where a part of a command stands: found out when somebody asks, and once, for several rules may ask."""

    def __init__(self, source: Source, at: Callable[[int], int], start: int, end: int) -> None:
        self._source, self._at, self._start, self._end = source, at, start, end
        self._span: Span | None = None

    def __call__(self) -> Span:
        if self._span is None:
            first = self._at(self._start)
            self._span = self._source.span(first, max(self._at(max(self._end - 1, self._start)) + 1, first))
        return self._span


class StageContext(InstallContext):
    """What one command of a stage sees.

    source: the file that the command stands in, and at: from offsets of the shell text to its. builds_wheels: whether
    an earlier stage, of this index, made wheels and this one copies from it. activated: the Python environment that
    the commands before have activated.
    """

    def __init__(
        self,
        files: Files,
        stage: OpenStage,
        source: Source,
        at: Callable[[int], int],
        command: Command,
        builds_wheels: Callable[[int], bool],
    ) -> None:
        self.files, self.stage, self.source, self.at, self.command = files, stage.index, source, at, command
        self.environment, self.builds_wheels = stage.environment, builds_wheels
        self.activated: Activated | None = None
        self.is_adrift, self.directory = stage.is_adrift, stage.workdir
        self.frame = _frame(stage.workdir, command.cwd)
        if command.cwd is not None:
            known = command.cwd.known
            self.directory = in_image(self.directory, command.cwd.text) if known else HOLE

    def where(self, start: int, end: int) -> Where:
        return _Stretch(self.source, self.at, start, end)

    def absolute(self, path: str) -> str:
        if HOLE in self.directory and not path.startswith("/"):
            return HOLE
        return in_image(self.directory, path)

    def find(self, path: str) -> Source | None:
        """The file that the command finds at a path, as the repository has it."""
        place = self.absolute(path)
        found = self.files.find(self.stage, place)
        if found is None and (self.frame or HOLE in path):
            found = self.files.framed(self.stage, in_image(self.frame or self.directory, path))
        if found is None and self.is_adrift and not path.startswith("/"):
            return self.files.brought(self.stage, place[1:])
        return found

    def _lists(self, variables: Mapping[str, Value] = _ASIDE) -> PackageLists:
        from wxlint.images.evaluation.lists.package_lists import PackageLists

        return PackageLists(self.files, self.stage, self.environment, variables)

    def requirements(self, path: str, variables: Mapping[str, Value], *, as_constraints: bool = False) -> Lines:
        made = self.files.made_at(self.stage, self.absolute(path))
        if made is None:
            source = self.find(path)
            cloned = self._listed_by_clone(path) if source is None and not as_constraints else None
            if cloned is not None:
                return cloned
            return self._lists(variables).requirements(source, path, as_constraints=as_constraints)
        if as_constraints:
            return Lines(constraints=(*made.requirements, *made.constraints), unread=made.unread)
        return made

    def _listed_by_clone(self, path: str) -> Lines | None:
        """What is known of a list of requirements that another repository's clone holds."""
        place = self.absolute(path)
        for folder, project in self.files.clones.get(self.stage, {}).items():
            if not place.startswith(f"{folder}/"):
                continue
            listed = facts.listed_by_project(f"git+https://github.com/{project}", place[len(folder) + 1 :])
            if listed is not None:
                where = self.where(self.command.start, self.command.end)
                return Lines(tuple(parse_requirement(Value(text), where) for text in listed))
        return None

    def written(self, text: str) -> Lines:
        where = self.where(self.command.start, self.command.end)
        source = Source(posixpath.join(self.directory, "-"), text)
        found = self._lists().requirements(source, "-", as_constraints=False)
        return found._replace(
            requirements=tuple(r._replace(where=where) for r in found.requirements),
            sources=found.sources.at(where),
            unread=tuple(u._replace(where=where) for u in found.unread),
        )

    def substituted(self, command: str) -> Lines | None:
        if ".txt" not in command:
            return None
        from wxlint.images.evaluation.files.generated_requirements import written_by

        return written_by(command, self)

    def edited(self, path: str, edit: Callable[[str], str | None]) -> Lines | None:
        source = self.find(path)
        if source is None or self.files.made_at(self.stage, self.absolute(path)) is not None:
            return None
        lines = [edit(line) or " " * len(line) for line in source.text.split("\n")]  # places stay
        return self._lists().requirements(Source(source.path, "\n".join(lines)), path, as_constraints=False)

    def project(self, folder: str, groups: Groups, tool: str) -> Lines:
        path = posixpath.join(folder, "pyproject.toml")
        source = self.find(path)
        clone = self.files.clone_at(self.stage, self.absolute(folder)) if source is None else None
        if clone is not None:
            cloned = parse_requirement(Value(f"git+https://github.com/{clone}"), None)
            shown = clone.partition("@")[0]
            return Lines((cloned._replace(extras=groups.names, written=f"{shown} of a clone"),))
        if source is None and self.files.find(self.stage, self.absolute(path), before=True) is not None:
            return Lines(unread=(Unread(UnreadKind.CHANGED, f"{folder.rstrip('/')}/pyproject.toml"),))
        lists = self._lists()
        if tool == "uv":  # which may bring a Python of its own
            lists.environment = lists.environment.without_python()
        lock, remade = None, False
        if groups.locked and tool in LOCKS:
            beside = posixpath.join(folder, LOCKS[tool])
            lock = self.find(beside)
            remade = lock is None and self.files.find(self.stage, self.absolute(beside), before=True) is not None
        uv_toml = self.find(posixpath.join(folder, "uv.toml")) if tool == "uv" else None
        if groups.member:
            return self._of_member(folder, groups, source, lock)
        reads_setup = source is not None or tool == "pip" or not (groups.defaults or groups.locked)
        lines = lists.project(
            source,
            f"{folder.rstrip('/')}/pyproject.toml",
            groups,
            tool,
            lock=lock,
            uv_toml=uv_toml,
            beside=lambda name: self.find(posixpath.join(folder, name)) if reads_setup else None,
        )
        return lines._replace(forks=True) if remade else lines  # the lock may have other releases than the newest

    def _of_member(self, folder: str, groups: Groups, root: Source | None, lock: Source | None) -> Lines:
        """What one project of a workspace asks for; that of several, or under settings of its root, is not known."""
        from wxlint.documents.manifests.project import load, table
        from wxlint.documents.manifests.uv_tables import member_folder

        unknown = Lines(unread=(Unread(UnreadKind.NOT_THERE, f"the workspace's package {groups.member}"),))
        data = load(root) if root is not None else ""
        if isinstance(data, str):
            return unknown
        uv = table(table(data, "tool"), "uv")
        if groups.member == "*":  # of a project that is no workspace, itself
            return unknown if "workspace" in uv else self.project(folder, groups._replace(member=""), "uv")
        path = posixpath.join(folder, member_folder(uv, groups.member), "pyproject.toml")
        source = self.find(path)
        if source is None or (lock is None and {"sources", "index"} & uv.keys()):
            return unknown
        lists = self._lists()
        lists.environment = lists.environment.without_python()
        return lists.project(source, path, groups, "uv", lock=lock)

    def with_own_project(self, install: Install, is_own: IsOwn) -> Install:
        """An install with what this repository's project asks for in the place of its address in git."""
        from wxlint.images.evaluation.own_clones import own_project

        found: list[Requirement] = []
        unread = install.unread
        for requirement in install.requirements:
            address = requirement.url or ""
            if HOLE in address:  # what stands in the place of the unknown part may say which commit it is
                address = requirement.written.rpartition(" @ ")[2]
            if requirement.kind != "vcs" or not own_project(address, is_own):
                found.append(requirement)
                continue
            lines = self._lists().own_project(requirement.extras)
            found += (r._replace(maybe=True) if requirement.maybe else r for r in lines.requirements)
            unread += lines.unread
        return install._replace(requirements=tuple(found), unread=unread)

    def uv_settings(self) -> UvSettings:
        paths = (self.absolute(name) for name in ("pyproject.toml", "uv.toml"))  # `uv add` leaves settings as they are
        found = (self.files.find(self.stage, path, before=True) for path in paths)
        return self._lists().settings(*found, added=self.project_changes(".").indexes)

    def project_changes(self, folder: str) -> ProjectChanges:
        return self.files.projects.get(self.stage, {}).get(self.absolute(folder), NO_CHANGES)

    def note_project(self, folder: str, changes: ProjectChanges) -> None:
        place = self.absolute(folder)
        if HOLE not in place:
            self.files.projects.setdefault(self.stage, {})[place] = changes

    def pipfile(self, path: str, groups: Groups) -> Lines:
        lock = self.find(f"{path}.lock") if groups.locked else None
        return self._lists().pipfile(self.find(path), path, groups, lock)

    def conda_environment(self, path: str) -> CondaEnvironment | None:
        from wxlint.images.evaluation.lists.conda_lists import conda_environment

        return conda_environment(self._lists(), self.find(path))

    def wheels(self, path: str) -> Lines | None:
        from wxlint.images.evaluation.files.built_wheels import ANY_WHEEL

        folder = posixpath.dirname(self.absolute(path))
        made = None
        if self.files.any_written and HOLE not in folder:
            made = self.files.made_at(self.stage, posixpath.join(folder, ANY_WHEEL))
        return self._lists().of_own_wheel(posixpath.basename(path)) if made is None else made

    def has_wheels(self, path: str) -> bool:
        place = self.absolute(path)
        return any(
            copy.stage is not None
            and place.startswith(copy.dest.rstrip("/") + "/")
            and _WHEELS.search(copy.source) is not None
            and self.builds_wheels(copy.stage)
            for copy in self.files.copies.get(self.stage, ())
        )
