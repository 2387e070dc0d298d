"""What an install command is, whatever tool it belongs to, and what a command needs to know of the place where it
runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING

from wxlint.core.findings import Span, Where
from wxlint.core.reasons import INSTALLER, Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.images.installs.markers import ANY_LINUX, Environment
from wxlint.images.installs.requirement import Requirement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wxlint.shell.model import Command, Word


class PackageIndex(NamedTuple):
    """An index or a folder of wheels. flag: how it was given ("--index-url", "PIP_INDEX_URL", ...)."""

    flag: str
    value: Value
    where: Where | None

    @property
    def span(self) -> Span | None:
        return self.where() if self.where is not None else None


class Sources(NamedTuple):
    """Where packages come from.

    index: replaces the default index. extra: merged with it (pip), or tried before it in this order (uv). links:
    --find-links.
    no_index: neither the default index nor another is used.
    """

    index: PackageIndex | None = None  # type: ignore[assignment]  # tuple.index is not used
    extra: tuple[PackageIndex, ...] = ()
    links: tuple[PackageIndex, ...] = ()
    no_index: bool = False

    def __bool__(self) -> bool:
        """Whether anything is given."""
        return self.index is not None or bool(self.extra or self.links) or self.no_index

    def then(self, later: Sources) -> Sources:
        """These, followed by the lines of a requirements file: pip starts anew at --index-url or --no-index."""
        links = self.links + later.links
        if self.no_index or later.no_index:
            return Sources(links=links, no_index=True)
        if later.index is not None:
            return Sources(later.index, later.extra, links)
        return Sources(self.index, self.extra + later.extra, links)

    def before(self, weaker: Sources) -> Sources:
        """These, with those of a weaker place behind them, as uv joins its command line and a file."""
        return Sources(
            self.index or weaker.index,
            self.extra + weaker.extra,
            self.links + weaker.links,
            self.no_index or weaker.no_index,
        )

    def at(self, where: Where) -> Sources:
        """The same, as if each were written in one place."""
        return Sources(
            self.index and self.index._replace(where=where),
            tuple(source._replace(where=where) for source in self.extra),
            tuple(source._replace(where=where) for source in self.links),
            self.no_index,
        )


class UnreadKind(Enum):
    """Why something that decides what is installed is not known."""

    NOT_THERE = "is not in the repository"
    NOT_WHOLE = "is not read to its end"
    INVALID = "has a syntax error"
    CHANGED = "is changed by the build"
    DYNAMIC = "is computed by the project's own build"
    NO_TORCH = "is computed by the project's own build, of names that bring no torch"
    EXTRA = "is chosen by a variable"
    WHEEL = "is a file whose name does not say what it holds"
    PROGRAM = "is a program whose effect is not known"
    NO_PART = "has no such extra or group"


class Unread(NamedTuple):
    """Something that could not be read.

    name: of the file or program, as written. where: of what is wrong in it, if it was found.
    """

    kind: UnreadKind
    name: str
    where: Where | None = None
    detail: str = ""

    @property
    def span(self) -> Span | None:
        return self.where() if self.where is not None else None


class Lines(NamedTuple):
    """What a requirements file or a project lists. locked: a lock says so. forks: a project has parts that exclude
    each other, so that what it takes depends on more than what is listed."""

    requirements: tuple[Requirement, ...] = ()
    sources: Sources = Sources()
    constraints: tuple[Requirement, ...] = ()
    unread: tuple[Unread, ...] = ()
    locked: bool = False
    forks: bool = False


def joined(parts: Iterable[Lines]) -> Lines:
    """All of them, one after the other."""
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]
    sources = Sources()
    for part in parts:
        sources = sources.then(part.sources)
    return Lines(
        tuple(r for part in parts for r in part.requirements),
        sources,
        tuple(r for part in parts for r in part.constraints),
        tuple(u for part in parts for u in part.unread),
    )


class CondaEnvironment(NamedTuple):
    """A conda environment file.

    conda: conda's packages. pip: what its `pip:` section hands to pip. channels: as written.
    """

    conda: tuple[Requirement, ...]
    pip: Lines
    channels: tuple[str, ...]
    unread: tuple[Unread, ...] = ()
    where: Where | None = None


class UvSettings(NamedTuple):
    """What a uv.toml, or [tool.uv] of a pyproject.toml, says to `uv pip`.

    constraints, overrides: of constraint-dependencies and override-dependencies. values: "index-strategy",
    "prerelease", "resolution" and "torch-backend", those that are given; "build-isolation" where one changes it.
    """

    sources: Sources = Sources()
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    unread: tuple[Unread, ...] = ()

    def value(self, name: str) -> str | None:
        return dict(self.values).get(name)


class Groups(NamedTuple):
    """The extras and dependency groups of a project that an install chooses.

    names: those named. every_extra, every_group: all of them. excluded: named to be left out. defaults: the groups
    that the tool installs by itself are installed too. skipped: distributions that are left out.
    locked: what a lock file beside the project says is installed. unbound: [tool.uv.sources] does not count. added:
    requirements that a command adds to the project, and the part that it adds them to. member: of the workspace, whose
    project is installed; "*" is all.
    """

    names: tuple[str, ...] = ()
    every_extra: bool = False
    every_group: bool = False
    excluded: tuple[str, ...] = ()
    defaults: bool = False
    only: bool = False
    skipped: frozenset[str] = frozenset()
    locked: bool = False
    unbound: bool = False
    added: tuple[str, ...] = ()
    added_to: str = ""
    member: str = ""


SWITCHES = frozenset(("CMAKE_ARGS", "FORCE_CUDA", "GGML_CUDA", "MMCV_WITH_OPS", "WITH_CUDA", "CONDA_OVERRIDE_CUDA"))
"""Variables by which packages that are compiled choose between builds for the CPU and for CUDA."""
LOCKS = {"uv": "uv.lock", "poetry": "poetry.lock", "pdm": "pdm.lock"}
"""The lock of each tool that installs a project by it."""


class Install(NamedTuple):
    """One install command.

    tool: "pip", "uv", "uv-project", "poetry", "pipenv", "conda", "apt" or "script". constraints: lines of -c files.
    unread: what could not be read. upgrade: -U was given; reinstall: what is there already does not count.
    conditional: the command may not run. elsewhere: into a folder of its own (--target), `folder`: absolute, with
    HOLEs; of conda, the environment that it names.
    redirected: version bounds that the shell takes for redirections, as written. open: a variable may hold
    further options. removes: the requirements are taken out (`pip uninstall`). builds: wheels are made (`pip wheel`),
    for a later stage to install. best_match, first_match: uv's index strategies unsafe-best-match and
    unsafe-first-match. prerelease: pre-releases count. exact: what is not listed is removed (`uv sync`,
    `pip-sync`). program: the script or program whose effect is not known, for tool "script". switches: variables that
    decide what is compiled (SWITCHES). overrides: what counts in the place of any other requirement of the same name
    (uv). lowest: older releases than the newest in reach may be taken (uv's --resolution, or what a lock that is made
    in the build holds besides). selective: an
    upgrade or a reinstall is for some packages only, or for those too that come along. locked: a lock says what is
    taken. isolated: nothing keeps pip or uv from building packages in environments of their own.
    """

    tool: str
    requirements: tuple[Requirement, ...] = ()
    sources: Sources = Sources()
    constraints: tuple[Requirement, ...] = ()
    unread: tuple[Unread, ...] = ()
    channels: tuple[str, ...] = ()
    upgrade: bool = False
    reinstall: bool = False
    no_deps: bool = False
    prerelease: bool = False
    backend: Value | None = None
    best_match: bool = False
    first_match: bool = False
    conditional: bool = False
    elsewhere: bool = False
    where: Where | None = None
    because: tuple[Reason, ...] = ()
    redirected: tuple[tuple[str, Span], ...] = ()
    open: bool = False
    removes: bool = False
    builds: bool = False
    exact: bool = False
    folder: str = ""
    program: str = ""
    environment: Environment = ANY_LINUX
    switches: tuple[tuple[str, Value], ...] = ()
    overrides: tuple[Requirement, ...] = ()
    lowest: bool = False
    selective: bool = False
    locked: bool = False
    isolated: bool = False

    @property
    def span(self) -> Span | None:
        return self.where() if self.where is not None else None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it runs, and where: what it installs may stand in another file."""
        tool = self.tool.partition("-")[0]
        return (reason_at("install", f"installed by {tool}", self.span, INSTALLER), *self.because)


class InstallContext:
    """The place where commands run: turns what they say into positions, and the files they name into what these list.

    This one knows no file; the evaluation of a Dockerfile has its own.
    """

    environment: Environment = ANY_LINUX
    """The Python and the platform that markers are evaluated for."""

    def where(self, start: int, end: int) -> Where:
        """The stretch [start, end) of the shell text, as a place that is computed when it is needed."""
        raise NotImplementedError

    def absolute(self, path: str) -> str:
        """A path as an absolute one of the image; it holds a HOLE where the working directory is not known."""
        return path

    def requirements(self, path: str, variables: Mapping[str, Value], *, as_constraints: bool = False) -> Lines:
        """What a requirements file lists. variables: those of the command, for `${NAME}` in it."""
        return Lines(unread=(Unread(UnreadKind.NOT_THERE, path),))

    def written(self, text: str) -> Lines:
        """What a text that a command itself writes lists, as a requirements file."""
        return Lines()

    def substituted(self, command: str) -> Lines | None:
        """What the output of a command lists whose words become arguments (`$(cat list.txt)`); None where that is not
        known."""
        return None

    def edited(self, path: str, edit: Callable[[str], str | None]) -> Lines | None:
        """What a requirements file lists once each line is edited, or taken out where that gives None; None where the
        file is not known."""
        return None

    def project(self, folder: str, groups: Groups, tool: str) -> Lines:
        """What installing the project in a folder asks for. tool: who reads it ("pip", "uv", "poetry", "pdm")."""
        return Lines(unread=(Unread(UnreadKind.NOT_THERE, f"{folder.rstrip('/')}/pyproject.toml"),))

    def uv_settings(self) -> UvSettings:
        """What uv's settings in the working folder say."""
        return UvSettings()

    def pipfile(self, path: str, groups: Groups) -> Lines:
        """What a Pipfile lists in the tables that are chosen."""
        return Lines(unread=(Unread(UnreadKind.NOT_THERE, path),))

    def conda_environment(self, path: str) -> CondaEnvironment | None:
        """A conda environment file; None when there is none."""
        return None

    def wheels(self, path: str) -> Lines | None:
        """What the wheels ask for that a command has built into the folder of a path; None where that is not known."""
        return None

    def has_wheels(self, path: str) -> bool:
        """Whether a path holds wheels that an earlier stage made: what that stage installed for them is known."""
        return False


class Call(NamedTuple):
    """A command without what launches it.

    words: the program's name, then its arguments. variables: those that it sees.
    """

    words: tuple[Word, ...]
    variables: Mapping[str, Value]
    command: Command
    context: InstallContext

    @property
    def name(self) -> str:
        return self.words[0].value.text

    @property
    def rest(self) -> tuple[Word, ...]:
        return self.words[1:]

    def where(self, word: Word | None = None, last: Word | None = None) -> Where:
        """The place of a word, or from one word to another; by default of the program's name."""
        word = word or self.words[0]
        return self.context.where(word.start, (last or word).end)

    def opaque(self, program: Word) -> Install:
        """A program of the build that installs what only it knows."""
        name = program.value.shown()
        return Install(
            "script",
            unread=(Unread(UnreadKind.PROGRAM, name),),
            program=name,
            conditional=self.command.conditional,
            where=self.where(program),
            because=self.command.because,
        )
