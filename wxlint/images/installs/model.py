"""What an install command is, whatever tool it belongs to: the tuples, and how options are told from arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wxlint.core.findings import Span, Where
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.images.installs.requirement import Requirement
from wxlint.shell.options import Arguments, read_options

if TYPE_CHECKING:
    from wxlint.shell.model import Command, Word

WITH_VALUE = frozenset(
    "-i --index-url --pypi-url --extra-index-url -f --find-links -r --requirement --requirements -c --constraint --constraints -b --build-constraint -e --editable"
    " -w --wheel-dir -t --target --prefix --root --python -p --platform --python-version --python-platform --implementation --abi --timeout --retries"
    " --trusted-host --allow-insecure-host --cache-dir --proxy --cert --client-cert --no-binary --only-binary --progress-bar --src"
    " --upgrade-strategy --report --config-settings -C --global-option --install-option --index-strategy --torch-backend --index"
    " --default-index --prerelease --resolution --keyring-provider --link-mode --exclude-newer --log --no-build-package"
    " --upgrade-package -P --override --overrides --extra --group --no-build-isolation-package --package --reinstall-package"
    " --extras -E -G --categories --with --without --only --directory --project --color --use-feature --use-deprecated --exists-action --root-user-action".split()
)


class Source(NamedTuple):
    """An index or a folder of wheels. flag: how it was given ("--index-url", "PIP_INDEX_URL", ...)."""

    flag: str
    value: Value
    where: Where | None

    @property
    def span(self) -> Span | None:
        return self.where() if self.where is not None else None


class Install(NamedTuple):
    """One install command.

    tool: "pip", "uv", "uv-project", "poetry", "pipenv", "conda" or "apt". index: replaces the default index. extra: merged with it (pip) or
    asked first (uv). links: --find-links. constraints: lines of -c files. missing: what could not be read ("requirements.txt").
    upgrade: -U was given. conditional: the command may not run. elsewhere: into a folder of its own (--target), `folder`: absolute, with HOLEs.
    redirected: version bounds that the shell takes for redirections, as written. open: a variable may hold further options.
    removes: the requirements are taken out (`pip uninstall`). builds: wheels are made (`pip wheel`), for a later stage to install.
    """

    tool: str
    requirements: tuple[Requirement, ...]
    index: Source | None = None  # type: ignore[assignment]  # tuple.index is not used
    extra: tuple[Source, ...] = ()
    links: tuple[Source, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    missing: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    upgrade: bool = False
    no_deps: bool = False
    no_index: bool = False
    backend: Value | None = None
    best_match: bool = False
    conditional: bool = False
    elsewhere: bool = False
    where: Where | None = None
    because: tuple[Reason, ...] = ()
    redirected: tuple[tuple[str, Span], ...] = ()
    open: bool = False
    removes: bool = False
    builds: bool = False
    folder: str = ""

    @property
    def span(self) -> Span | None:
        return self.where() if self.where is not None else None


class Place(NamedTuple):
    """How to turn what a command says into positions and files.

    span: (start, end) of the text to a Span, when it is asked for. file: a path as the command sees it to (requirements, sources, missing) — see files.py.
    """

    span: Callable[[int, int], Where]
    requirements: Callable[[str, bool, int], Lines]
    project: Callable[[str, tuple[str, ...]], Lines]
    environment: Callable[[str], Install | None]
    brought: Callable[[str], bool] = lambda _: False
    """Whether a path holds wheels that a stage of the Dockerfile made: what that stage asked for is known."""
    pipfile: Callable[[str, tuple[str, ...]], Lines] = lambda path, _: Lines(missing=(path,))
    absolute: Callable[[str], str] = lambda path: path
    written: Callable[[str], Lines] = lambda _: Lines()
    """What a text that the command itself writes asks for, as a list of requirements."""


class Lines(NamedTuple):
    """What a requirements file or a project asks for."""

    requirements: tuple[Requirement, ...] = ()
    index: Source | None = None  # type: ignore[assignment]  # tuple.index is not used
    extra: tuple[Source, ...] = ()
    links: tuple[Source, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    missing: tuple[str, ...] = ()
    no_index: bool = False


def read_arguments(words: list[Word], valued: frozenset[str] = WITH_VALUE) -> Arguments:
    """Options with their values, and what is left. valued: the options that take one."""
    return read_options(words, valued)


def opaque(program: Word, place: Place, command: Command) -> Install:
    """A program of the build that installs what only it knows."""
    return Install(
        "script",
        (),
        missing=(program.value.shown(),),
        conditional=command.conditional,
        where=place.span(program.start, program.end),
        because=command.because,
    )
