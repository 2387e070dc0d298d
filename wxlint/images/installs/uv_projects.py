"""uv's commands for a project: `uv sync`, `uv lock`, `uv add`, `uv remove`, `uv run`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.images.installs.call import Call
from wxlint.images.installs.model import LOCKS, Install, Lines, Sources, Unread, UnreadKind, UvSettings
from wxlint.images.installs.options import Arguments, behind_options, read_arguments
from wxlint.images.installs.pip import (
    finished,
    given_sources,
    in_variable,
    is_on,
    one_in_variable,
    pip,
    requirements_of,
)
from wxlint.images.installs.places import SYSTEM, of_project
from wxlint.images.installs.project_changes import Resolution
from wxlint.images.installs.projects import project_folder, project_tool
from wxlint.images.installs.requirement import Requirement
from wxlint.images.installs.uv_options import (
    kept,
    overridden,
    says,
    sources,
    takes_older,
    without_bindings,
    without_name,
)

if TYPE_CHECKING:
    from wxlint.documents.manifests.uv_tables import AddedIndex
    from wxlint.shell.model import Word

_PIP = late(r"(?:.*[/\\])?pip(?:\d(?:\.\d+)?)?")


def project_command(verb: str, words: tuple[Word, ...], call: Call) -> Iterator[Install]:
    """What a command for a project installs. words: from the verb on."""
    if verb == "add":
        yield from _add(words, call)
    elif verb == "remove":
        yield from _remove(words, call)
    elif verb == "run":
        yield from _run(words, call)
    else:
        for install in _synced(words, call):
            if verb == "sync":  # of a lock that is made it is noted only how that is done
                yield install


def _synced(words: tuple[Word, ...], call: Call, added: tuple[str, ...] = ()) -> Iterator[Install]:
    """What installing the project takes, with the indexes and settings of the command. words: from the verb on."""
    arguments = read_arguments(words[1:])
    settings = call.context.uv_settings()
    folder = project_folder("uv", call)
    changes = call.context.project_changes(folder)
    made = _resolution(arguments, call, settings, changes.lock, adds=bool(added))
    if made.unbound:
        settings = without_bindings(settings)
    place = of_project(read_arguments(call.rest), call.variables, call.context.absolute)
    for found in project_tool("uv", call, added, unbound=made.unbound, overrides=settings.overrides):
        install = found._replace(place=place, makes=place != SYSTEM)
        if install.locked:
            if changes.lock is not None and (changes.renewed or changes.lock != made):
                if not install.conditional:
                    changes = changes._replace(lock=made, renewed=True)
                    call.context.note_project(folder, changes)
                unread = Unread(UnreadKind.CHANGED, LOCKS["uv"])  # the one that was copied is there no more
                install = install._replace(requirements=(), unread=(*install.unread, unread))
            yield install
            continue
        if not install.conditional:
            call.context.note_project(folder, changes._replace(lock=made))
        named = {requirement.name for requirement in install.requirements}
        brought = [r for r in settings.overrides if named and r.name == "torch" and r.name not in named]
        perhaps = tuple(r._replace(maybe=True) for r in brought)
        yield install._replace(
            requirements=(
                *kept(overridden([Lines(_bound_by_parts(install))], settings.overrides), set(settings.left_out)),
                *perhaps,
            ),
            sources=made.sources.before(install.sources),
            constraints=(*settings.constraints, *overridden([Lines(install.constraints)], settings.overrides)),
            overrides=settings.overrides,
            prerelease=made.prerelease,
            best_match=made.best_match,
            first_match=made.first_match,
            older=install.older or made.older,
        )


def _bound_by_parts(install: Install) -> tuple[Requirement, ...]:
    """What a project asks for, each from the index that a part binds it to which is not installed: in one lock it is
    from one index. Source: tried with uv."""
    bound = {one.name: one.bound for one in install.constraints if one.group and one.bound is not None}
    if not bound:
        return install.requirements
    return tuple(
        one._replace(bound=bound.get(one.name)) if one.bound is None and one.kind == "name" else one
        for one in install.requirements
    )


def _resolution(
    arguments: Arguments, call: Call, settings: UvSettings, earlier: Resolution | None, *, adds: bool
) -> Resolution:
    """How the lock was made that a command installs: as the command says, or as an earlier one of the build did that is
    kept. adds: it adds to the project, so that none is."""
    frozen = arguments.has("--frozen") or is_on(call.variables, "UV_FROZEN")
    asked = Resolution(
        sources(arguments, call),
        arguments.has("--no-sources") or is_on(call.variables, "UV_NO_SOURCES"),
        says("prerelease", ("allow",), settings, arguments, call),
        says("index-strategy", ("unsafe-best-match",), settings, arguments, call),
        says("index-strategy", ("unsafe-first-match",), settings, arguments, call),
        takes_older(settings, arguments, call),
    )
    if frozen or arguments.has("--locked") or is_on(call.variables, "UV_LOCKED"):
        return earlier or asked._replace(sources=Sources(), unbound=asked.unbound and not frozen)
    renews = adds or arguments.has("--upgrade", "-U", "--upgrade-package", "-P")
    return earlier if earlier is not None and not renews and earlier.stands_for(asked) else asked


def _remove(words: tuple[Word, ...], call: Call) -> Iterator[Install]:
    """`uv remove NAME`: what is left of the project is installed, and what comes with it is not known."""
    if _leaves_be(read_arguments(words[1:]), call, "--frozen"):
        return
    unread = (Unread(UnreadKind.CHANGED, "pyproject.toml"),)
    place = of_project(read_arguments(call.rest), call.variables, call.context.absolute)
    shared = Install("uv-project", unread=unread, exact=True, because=call.command.because, place=place)
    yield shared._replace(conditional=call.command.conditional, where=call.where(words[0]))


def _add(words: tuple[Word, ...], call: Call) -> Iterator[Install]:
    """`uv add NAME`, which installs the project with what is added; one that was made in the build is not known."""
    arguments = read_arguments(words[1:])
    added = _written(arguments, call)
    if added and not call.command.conditional:
        folder = project_folder("uv", call)
        changes = call.context.project_changes(folder)
        indexes = (*added, *(one for one in changes.indexes if one not in added))
        call.context.note_project(folder, changes._replace(indexes=indexes))
    if _leaves_be(arguments, call, "--frozen"):
        return
    found = requirements_of(arguments.positional, call)
    known = False
    for install in _synced(words, call, tuple(requirement.written for requirement in found)):
        known = not any(unread.kind is UnreadKind.NOT_THERE for unread in install.unread)
        if known:
            yield install
    if not known:
        older = takes_older(call.context.uv_settings(), arguments, call)
        install = finished(Install("uv", found, sources(arguments, call), older=older), words[0], arguments, None, call)
        place = of_project(arguments, call.variables, call.context.absolute)
        yield install._replace(place=place, makes=place != SYSTEM)


def _written(arguments: Arguments, call: Call) -> tuple[AddedIndex, ...]:
    """The indexes that `uv add` writes into the project: those of --index and --default-index, or of their variables,
    but not of their older forms. Source: tried with uv."""
    extra = given_sources(arguments, call.context, "--index") or in_variable("UV_INDEX", call.variables)
    default = given_sources(arguments, call.context, "--default-index")
    default = default or one_in_variable(("UV_DEFAULT_INDEX",), call.variables)
    if not extra and not default:
        return ()
    from wxlint.documents.manifests.uv_tables import AddedIndex  # only where an index is added

    return (
        *(AddedIndex(without_name(one).value.text) for one in extra),
        *(AddedIndex(without_name(one).value.text, default=True) for one in default[-1:]),
    )


def _leaves_be(arguments: Arguments, call: Call, *options: str) -> bool:
    """Whether a command leaves the environment of the project as it is."""
    if arguments.has("--no-sync", *options) or is_on(call.variables, "UV_NO_SYNC"):
        return True
    return "--frozen" in options and is_on(call.variables, "UV_FROZEN")


def _run(words: tuple[Word, ...], call: Call) -> Iterator[Install]:
    """`uv run COMMAND`, which syncs the project first, and `uv run pip install ...`."""
    own = words[: len(words) - len(behind_options(words[1:]))]
    arguments = read_arguments(own[1:])
    if not _leaves_be(arguments, call, "--no-project", "--isolated", "--script"):
        for install in _synced(own, call._replace(words=(call.words[0], *own))):
            if not any(unread.kind is UnreadKind.NOT_THERE for unread in install.unread):
                yield install
    rest = words[len(own) :]
    if rest and _PIP.fullmatch(rest[0].value.text):
        place = of_project(arguments, call.variables, call.context.absolute)
        yield from pip("pip", call._replace(words=words[words.index(rest[0]) :], place=place))
