"""What an install command is, whatever tool it belongs to, and what the files that it names list."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from wxlint.core.findings import Span, Where
from wxlint.core.reasons import INSTALLER, Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.images.installs.markers import ANY_LINUX, Environment
from wxlint.images.installs.requirement import Requirement


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

    @property
    def urls(self) -> frozenset[str]:
        """The addresses of all indexes."""
        return frozenset(one.value.text for one in (self.index, *self.extra) if one is not None)

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
    REFUSED = "is not for the Python that is there"


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
    """What a requirements file or a project lists. locked: a lock says so; torchless: one that holds no torch. forks: a
    project has parts that exclude each other, so that what it takes depends on more than what is listed. skipped:
    requirements whose markers do not hold. prerelease: pip takes pre-releases by a line of it. unknown_extras: those
    that are asked for and that a project does not have, each behind its file: pip and `uv pip` warn, and go on."""

    requirements: tuple[Requirement, ...] = ()
    sources: Sources = Sources()
    constraints: tuple[Requirement, ...] = ()
    unread: tuple[Unread, ...] = ()
    locked: bool = False
    torchless: bool = False
    forks: bool = False
    skipped: tuple[Requirement, ...] = ()
    prerelease: bool = False
    unknown_extras: tuple[tuple[str, str], ...] = ()

    def counting(self, overrides: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        """What is installed: with what an override speaks of, whose own marker then does not count. A lock says what
        is taken. Source: tried with uv."""
        if self.locked or not self.skipped:
            return self.requirements
        names = {one.name for one in overrides if one.name}
        return (*self.requirements, *(one for one in self.skipped if one.name in names))


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
        skipped=tuple(r for part in parts for r in part.skipped),
        prerelease=any(part.prerelease for part in parts),
        unknown_extras=tuple(one for part in parts for one in part.unknown_extras),
    )


class CondaEnvironment(NamedTuple):
    """A conda environment file.

    conda: conda's packages. pip: what its `pip:` section hands to pip. channels: as written. name: of the environment,
    "" where the file gives none.
    """

    conda: tuple[Requirement, ...]
    pip: Lines
    channels: tuple[str, ...]
    unread: tuple[Unread, ...] = ()
    where: Where | None = None
    name: str = ""


class UvSettings(NamedTuple):
    """What a uv.toml, or [tool.uv] of a pyproject.toml, says to `uv pip`.

    constraints, overrides: of constraint-dependencies and override-dependencies. values: "index-strategy",
    "exclude-newer", "prerelease", "resolution" and "torch-backend", those that are given;
    "build-isolation" where one changes it.
    left_out: names of packages whose overrides are all for other systems, so that none of them is installed.
    """

    sources: Sources = Sources()
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    unread: tuple[Unread, ...] = ()
    left_out: tuple[str, ...] = ()

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


VLLM_DEVICE = "VLLM_TARGET_DEVICE"
"""The variable that says which accelerator vllm is compiled for."""
SWITCHES = frozenset(
    ("CMAKE_ARGS", "FORCE_CUDA", "GGML_CUDA", "MMCV_WITH_OPS", "WITH_CUDA", "CONDA_OVERRIDE_CUDA", VLLM_DEVICE)
)
"""Variables by which packages that are compiled choose between builds for the CPU and for CUDA."""
LOCKS = {"uv": "uv.lock", "poetry": "poetry.lock", "pdm": "pdm.lock"}
"""The lock of each tool that installs a project by it."""


class Install(NamedTuple):
    """One install command.

    tool: "pip", "uv", "uv-project", "poetry", "pipenv", "conda", "apt" or "script". constraints: lines of -c files.
    unread: what could not be read. upgrade: -U was given; reinstall: what is there already does not count.
    conditional: the command may not run. elsewhere: into a folder of its own (--target), `folder`: absolute, with
    HOLEs; of conda, the environment that it names; of `builds`, where the wheels go. apart: what is installed outside
    of that folder does not count, as for --target, and unlike --root. redirected: version bounds that the shell takes
    for redirections, as written. open: a variable may hold further options. removes: the requirements are taken out
    (`pip uninstall`). builds: wheels are made (`pip wheel`), for a later stage to install. best_match, first_match:
    uv's index strategies unsafe-best-match and unsafe-first-match. prerelease: pre-releases count. exact: what is not
    listed is removed (`uv sync`, `pip-sync`). program: the script or program whose effect is not known, for tool
    "script". switches: variables that decide what is compiled (SWITCHES). overrides: what counts in the place of any
    other requirement of the same name (uv). older: older releases than the newest in reach may be taken (uv's
    --resolution, a day behind which no release counts, or what a lock that is made in the build holds besides).
    selective: an upgrade or a reinstall is for some packages only. eager: an upgrade is for those too that come
    along. locked: a lock says what is taken. isolated: nothing keeps pip or uv from building packages in environments
    of their own. place: the Python environment that it acts in, by its prefix (see places.py); "" for the one that
    the base image leads to, with a HOLE where it is not known. makes: it makes that environment where there is none
    yet; tool "venv" does nothing else. shares: the environment sees what the system's Python has. handled: where it
    fails, its text goes on with something else (`A || B`). skipped: distributions that are left out of what is
    installed (uv's --no-install-package). unknown_extras: as those of Lines.
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
    older: bool = False
    selective: bool = False
    eager: bool = False
    apart: bool = False
    locked: bool = False
    isolated: bool = False
    place: str = ""
    makes: bool = False
    shares: bool = False
    handled: bool = False
    skipped: frozenset[str] = frozenset()
    unknown_extras: tuple[tuple[str, str], ...] = ()

    def __hash__(self) -> int:
        """By where it stands: its lists may be long, and answers are kept by their install."""
        return hash((self.tool, self.where, len(self.requirements), len(self.constraints)))

    @property
    def span(self) -> Span | None:
        return self.where() if self.where is not None else None

    @property
    def must_succeed(self) -> bool:
        """Whether the command runs in every build, and none goes on where it fails."""
        return not (self.conditional or self.handled)

    @property
    def is_read(self) -> bool:
        """Whether all that it is given was read: options and lists."""
        return not (self.open or self.unread)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it runs, and where: what it installs may stand in another file."""
        tool = self.tool.partition("-")[0]
        return (reason_at("install", f"installed by {tool}", self.span, INSTALLER), *self.because)
