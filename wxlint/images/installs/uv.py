"""What a call of uv asks for.

It tries its indexes in order and stops at the first that has a name; the default one comes last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.facts import brings_torch
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.call import Call
from wxlint.images.installs.model import Groups, Install, Lines, PackageIndex, Sources, Unread, UnreadKind, UvSettings
from wxlint.images.installs.options import Arguments, behind_options, read_arguments
from wxlint.images.installs.pip import (
    INDEX_FLAGS,
    LIMIT_FLAGS,
    LINK_FLAGS,
    LIST_FLAGS,
    finished,
    given_sources,
    in_variable,
    is_isolated,
    is_on,
    is_options,
    local,
    one_in_variable,
    pip,
    positional,
    removal,
    requirements_of,
)
from wxlint.images.installs.places import SYSTEM, of_project, of_value
from wxlint.images.installs.projects import project_tool
from wxlint.images.installs.requirement import Requirement, normalise

if TYPE_CHECKING:
    from wxlint.shell.model import Word
    from wxlint.shell.options import Option

_PIP = late(r"(?:.*[/\\])?pip(?:\d(?:\.\d+)?)?")


def uv(call: Call) -> Iterator[Install]:
    """`uv pip install`, `uv sync`, `uv add`, `uv run`, `uv tool install`."""
    words = behind_options(call.rest)
    if not words:
        return
    verb = words[0].value.text
    inner = call._replace(words=words)
    if verb == "pip":
        yield from _uv_pip(inner)
    elif verb == "add":
        yield from _add(words, call)
    elif verb == "remove":
        yield from _remove(words, call)
    elif verb == "sync":
        yield from _synced(words, call)
    elif verb == "run":
        yield from _run(words, call)
    elif verb == "tool":
        yield from _tool(inner)


def _tool(call: Call) -> Iterator[Install]:
    """`uv tool install NAME`; what it adds with `--with` or takes from a list is not read."""
    from wxlint.images.installs.tools import uv_tool

    words = behind_options(call.rest)
    arguments = read_arguments(words[1:])
    others = ("--with", "--with-requirements", "--with-editable", "--overrides", "-c", "--constraints")
    if words and words[0].value.text == "install" and arguments.positional and not arguments.has(*others):
        yield uv_tool(_install(words[0], arguments, call), arguments)


def _synced(words: tuple[Word, ...], call: Call, added: tuple[str, ...] = ()) -> Iterator[Install]:
    """What installing the project takes, with the indexes and settings of the command. words: from the verb on."""
    arguments = read_arguments(words[1:])
    settings = call.context.uv_settings()
    if arguments.has("--no-sources") or is_on(call.variables, "UV_NO_SOURCES"):
        settings = _unbound(settings)
    place = of_project(read_arguments(call.rest), call.variables, call.context.absolute)
    for found in project_tool("uv", call, added):
        install = found._replace(place=place, makes=place != SYSTEM)
        if install.locked:
            yield install
            continue
        made = arguments.has("--frozen", "--locked") or is_on(call.variables, "UV_FROZEN")  # by an earlier sync
        given = Sources() if made or is_on(call.variables, "UV_LOCKED") else sources(arguments, call)
        named = {requirement.name for requirement in install.requirements}
        brought = [r for r in settings.overrides if named and r.name == "torch" and r.name not in named]
        perhaps = tuple(r._replace(maybe=True) for r in brought)
        yield install._replace(
            requirements=(
                *_kept(_overridden([Lines(install.requirements)], settings.overrides), set(settings.left_out)),
                *perhaps,
            ),
            sources=given.before(install.sources),
            constraints=(*settings.constraints, *_overridden([Lines(install.constraints)], settings.overrides)),
            overrides=settings.overrides,
            prerelease=_says("prerelease", ("allow",), settings, arguments, call),
            best_match=_says("index-strategy", ("unsafe-best-match",), settings, arguments, call),
            first_match=_says("index-strategy", ("unsafe-first-match",), settings, arguments, call),
            lowest=install.lowest or _says("resolution", ("lowest", "lowest-direct"), settings, arguments, call),
        )


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
    if _leaves_be(arguments, call, "--frozen"):
        return
    found = requirements_of(arguments.positional, call)
    known = False
    for install in _synced(words, call, tuple(requirement.written for requirement in found)):
        known = not any(unread.kind is UnreadKind.NOT_THERE for unread in install.unread)
        if known:
            yield install
    if not known:
        install = finished(Install("uv", found, sources(arguments, call)), words[0], arguments, None, call)
        place = of_project(arguments, call.variables, call.context.absolute)
        yield install._replace(place=place, makes=place != SYSTEM)


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


def _uv_pip(call: Call) -> Iterator[Install]:
    words = behind_options(call.rest)
    verb = words[0].value.text if words else ""
    arguments = read_arguments(words[1:])
    call = call._replace(place=_chosen(arguments, call))
    if verb == "uninstall":
        yield removal("uv", words, call)
    elif verb in ("install", "sync"):
        if not arguments.has("--dry-run"):
            yield _install(words[0], arguments, call)


def _chosen(arguments: Arguments, call: Call) -> str:
    """The environment that `uv pip` acts in; "" for the one that is active, or lies in the working folder."""
    named = arguments.last("-p", "--python") or arguments.last("--prefix") or call.variables.get("UV_PYTHON")
    if named is not None and (place := of_value(named, call.context.absolute)):
        return place
    if arguments.has("--system") or is_on(call.variables, "UV_SYSTEM_PYTHON"):
        return SYSTEM
    return call.place


def _install(verb: Word, arguments: Arguments, call: Call) -> Install:
    syncs = verb.value.text == "sync"
    alone = arguments.has("--no-deps") or syncs
    settings = _unbound(call.context.uv_settings())
    if syncs:  # which installs what is listed, whatever a project or its overrides say of it
        settings = settings._replace(constraints=(), overrides=(), left_out=())
    limits = arguments.texts(*LIMIT_FLAGS) or _listed(call, "UV_CONSTRAINT")
    parts = [call.context.requirements(path, call.variables, as_constraints=True) for path in limits]
    overriding = [
        call.context.requirements(path, call.variables)
        for path in (() if syncs else arguments.texts("--override", "--overrides") or _listed(call, "UV_OVERRIDE"))
    ]
    overrides = (*settings.overrides, *(r for part in overriding for r in part.requirements))
    for word in arguments.positional:
        if syncs:
            parts.append(call.context.requirements(word.value.text, call.variables))
        elif not is_options(word):
            parts.append(positional(word, call, alone, "uv"))
    for option in arguments.given("-e", "--editable"):
        if option.value is not None and not alone:
            parts.append(local(option.value, call.context.where(option.start, option.end), call, "uv"))
    parts += [_list(option, arguments, call) for option in arguments.given(*LIST_FLAGS)]
    given = sources(arguments, call).before(settings.sources)
    for part in parts:
        given = given.before(part.sources)
    skipped = {*settings.left_out, *(r.name for part in overriding for r in part.skipped)}
    requirements = _kept(_overridden(parts, overrides), skipped - {r.name for r in overrides})
    wanted = {requirement.name for requirement in requirements}
    upgraded = {normalise(name) for name in arguments.texts("-P", "--upgrade-package")}
    renewed = {normalise(name) for name in arguments.texts("--reinstall-package")}
    upgrades = bool(wanted) and wanted <= upgraded
    renews = "torch" in wanted and wanted <= renewed
    backend = _setting("torch-backend", settings, arguments, call)
    return finished(
        Install(
            "uv",
            requirements,
            given,
            (*settings.constraints, *(c for part in parts for c in part.constraints)),
            (*settings.unread, *(u for part in (*parts, *overriding) for u in part.unread)),
            upgrade=arguments.has("-U", "--upgrade") or upgrades,
            reinstall=arguments.has("--reinstall", "--force-reinstall") or renews,
            no_deps=alone or (bool(parts) and all(part.locked for part in parts)),
            prerelease=arguments.has("--pre") or _says("prerelease", ("allow",), settings, arguments, call),
            backend=backend,
            best_match=_says("index-strategy", ("unsafe-best-match",), settings, arguments, call),
            first_match=_says("index-strategy", ("unsafe-first-match",), settings, arguments, call),
            exact=syncs or arguments.has("--exact"),
            overrides=overrides,
            lowest=_says("resolution", ("lowest", "lowest-direct"), settings, arguments, call),
            selective=bool(upgraded or renewed) and not (upgrades or renews),
            isolated=is_isolated("UV", arguments, call) and settings.value("build-isolation") is None,
        ),
        verb,
        arguments,
        arguments.last("-t", "--target", "--root"),
        call,
    )


def _unbound(settings: UvSettings) -> UvSettings:
    """Settings as `uv pip` takes them: what a project's sources bind is for the project's own commands."""
    return settings._replace(
        constraints=tuple(one._replace(bound=None) for one in settings.constraints),
        overrides=tuple(one._replace(bound=None) for one in settings.overrides),
    )


def _kept(requirements: tuple[Requirement, ...], left_out: set[str]) -> tuple[Requirement, ...]:
    """What is left of requirements where overrides leave some out; what asks for torch does not bring that, either."""
    kept = tuple(r for r in requirements if r.name not in left_out)
    return tuple(r._replace(maybe=r.maybe or _asks_for_torch(r)) for r in kept) if "torch" in left_out else kept


def _asks_for_torch(requirement: Requirement) -> bool:
    named = requirement.name in FAMILY
    return named or bool(requirement.name and brings_torch(requirement.name, requirement.pin, requirement.extras))


def _overridden(parts: Iterable[Lines], overrides: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Requirements with what overrides put in the place of what they say of releases, indexes, and their markers. What
    a lock pins is installed as it stands."""
    by_name = {one.name: one for one in overrides if one.name}
    found: list[Requirement] = []
    for part in parts:
        listed = (*part.requirements, *(r for r in part.skipped if r.name in by_name))
        found += listed if part.locked else (_in_its_place(one, by_name.get(one.name)) for one in listed)
    return tuple(found)


def _in_its_place(one: Requirement, other: Requirement | None) -> Requirement:
    """A requirement with what an override says; as it is without one."""
    if other is None:
        return one
    return one._replace(
        specifier=other.specifier,
        pin=other.pin,
        local=other.local,
        url=other.url,
        kind=other.kind,
        bound=other.bound,
        maybe=other.maybe,
    )


def _setting(name: str, settings: UvSettings, arguments: Arguments, call: Call) -> Value | None:
    """What an option, its variable or the settings say, the first that does."""
    found = arguments.last(f"--{name}") or call.variables.get("UV_" + name.upper().replace("-", "_"))
    set_ = settings.value(name)
    return found if found is not None or set_ is None else Value(set_)


def _says(name: str, wanted: tuple[str, ...], settings: UvSettings, arguments: Arguments, call: Call) -> bool:
    value = _setting(name, settings, arguments, call)
    return value is not None and value.text in wanted


def _listed(call: Call, name: str) -> list[str]:
    value = call.variables.get(name)
    return value.text.split() if value is not None else []


def _list(option: Option, arguments: Arguments, call: Call) -> Lines:
    """A file of requirements; uv takes a pyproject.toml for one, with the extras and groups that are named."""
    text = option.value.text if option.value is not None else ""
    folder, _, name = text.rpartition("/")
    if name != "pyproject.toml":
        return call.context.requirements(text, call.variables)
    groups = Groups(
        tuple(name.lower() for name in arguments.texts("--extra", "--group")),
        every_extra=arguments.has("--all-extras"),
        every_group=arguments.has("--all-groups"),
    )
    found = call.context.project(folder or ("/" if text.startswith("/") else "."), groups, "uv")
    return found._replace(constraints=())  # of parts that are not named `uv pip` knows nothing


def sources(arguments: Arguments, call: Call) -> Sources:
    """The indexes of a command line; the environment's where an option is not given."""
    links = given_sources(arguments, call.context, *LINK_FLAGS) or in_variable("UV_FIND_LINKS", call.variables)
    if arguments.has("--no-index") or is_on(call.variables, "UV_NO_INDEX"):
        return Sources(links=links, no_index=True)
    extra: list[PackageIndex] = []
    for flag, variable in (("--index", "UV_INDEX"), ("--extra-index-url", "UV_EXTRA_INDEX_URL")):
        extra += given_sources(arguments, call.context, flag) or in_variable(variable, call.variables)
    default = (
        given_sources(arguments, call.context, "--default-index")
        or one_in_variable(("UV_DEFAULT_INDEX",), call.variables)
        or given_sources(arguments, call.context, *INDEX_FLAGS)
        or one_in_variable(("UV_INDEX_URL",), call.variables)
    )
    index = _without_name(default[-1]) if default else None
    return Sources(index, tuple(_without_name(one) for one in extra), links)


def _without_name(source: PackageIndex) -> PackageIndex:
    """uv takes `name=URL` for an index."""
    value: Value = source.value._replace(text=re.sub(r"^[\w.-]+=(?=\w+:)", "", source.value.text))
    return source._replace(value=value)
