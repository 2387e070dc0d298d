"""The installs of a shell text, in a working directory with a few small files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from wxlint.core.findings import Where
from wxlint.core.values import Value
from wxlint.documents.source import Source
from wxlint.images.installs.call import InstallContext
from wxlint.images.installs.commands import installs
from wxlint.images.installs.model import (
    CondaEnvironment,
    Groups,
    Install,
    Lines,
    PackageIndex,
    Sources,
    Unread,
    UnreadKind,
)
from wxlint.images.installs.requirement import Requirement
from wxlint.shell.bash.reader import read_shell

CPU = "https://download.pytorch.org/whl/cpu"
CUDA = "https://download.pytorch.org/whl/cu121"
INDEX = PackageIndex("file", Value("https://registry.example/simple"), None)
FILES = {
    "requirements.txt": Lines(requirements=(Requirement("torch", written="torch"),)),
    "indexed.txt": Lines((Requirement("numpy", written="numpy"),), Sources(INDEX, (INDEX,), (INDEX,))),
    "constraints.txt": Lines(constraints=(Requirement("torch", pin="2.3.1", local="cpu"),)),
    "limits.txt": Lines(constraints=(Requirement("numpy", pin="1.26.4"),)),
    "pyproject.toml": Lines(requirements=(Requirement("flask", written="flask"),)),
    "Pipfile": Lines((Requirement("torch", written="torch"),), Sources(INDEX)),
}


class Folder(InstallContext):
    """The files above, in the working directory. projects: what is said of each project that is installed."""

    def __init__(self, source: Source, *, pipfile: bool = False) -> None:
        self.source, self.has_pipfile = source, pipfile
        self.projects: list[tuple[str, Groups, str]] = []
        self.pipfiles: list[tuple[str, Groups]] = []

    def where(self, start: int, end: int) -> Where:
        return partial(self.source.span, start, end)

    def requirements(self, path: str, variables: Mapping[str, Value], *, as_constraints: bool = False) -> Lines:
        return FILES.get(path, super().requirements(path, variables))

    def project(self, folder: str, groups: Groups, tool: str) -> Lines:
        self.projects.append((folder, groups, tool))
        return FILES["pyproject.toml"] if folder in (".", "./") else super().project(folder, groups, tool)

    def pipfile(self, path: str, groups: Groups) -> Lines:
        self.pipfiles.append((path, groups))
        return FILES["Pipfile"] if self.has_pipfile else super().pipfile(path, groups)

    def conda_environment(self, path: str) -> CondaEnvironment | None:
        if path not in ("environment.yml", "pip.yml"):
            return None
        pip = Lines((Requirement("torch", written="torch"),), Sources(INDEX)) if path == "pip.yml" else Lines()
        unread = (Unread(UnreadKind.INVALID, path),)
        return CondaEnvironment((Requirement("pytorch", written="pytorch"),), pip, ("conda-forge",), unread)

    def has_wheels(self, path: str) -> bool:
        return path == "/wheels"


def context(text: str, *, pipfile: bool = False) -> Folder:
    return Folder(Source("Dockerfile", text), pipfile=pipfile)


def read(text: str, env: Mapping[str, str] | None = None, folder: Folder | None = None) -> list[Install]:
    """The installs of a shell text, with the files above at hand."""
    scope = {name: Value(value) for name, value in (env or {}).items()}
    within = folder or context(text)
    return [install for command in read_shell(text, scope).commands for install in installs(command, scope, within)]


def one(text: str, env: Mapping[str, str] | None = None, folder: Folder | None = None) -> Install:
    (install,) = read(text, env, folder)
    return install
