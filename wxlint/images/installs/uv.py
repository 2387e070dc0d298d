"""What a call of uv asks for.

It tries its indexes in order and stops at the first that has a name; the default one comes last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.images.installs.call import Call
from wxlint.images.installs.model import Groups, Install, Lines
from wxlint.images.installs.options import Arguments, behind_options, read_arguments
from wxlint.images.installs.pip import (
    LIMIT_FLAGS,
    LIST_FLAGS,
    finished,
    is_isolated,
    is_on,
    is_options,
    local,
    positional,
    removal,
)
from wxlint.images.installs.places import SYSTEM, of_value
from wxlint.images.installs.requirement import normalise
from wxlint.images.installs.uv_options import kept, overridden, says, setting, sources, takes_older, without_bindings

if TYPE_CHECKING:
    from wxlint.shell.model import Word
    from wxlint.shell.options import Option


def uv(call: Call) -> Iterator[Install]:
    """`uv pip install`, `uv sync`, `uv add`, `uv run`, `uv tool install`."""
    words = behind_options(call.rest)
    if not words:
        return
    verb = words[0].value.text
    inner = call._replace(words=words)
    if verb == "pip":
        yield from _uv_pip(inner)
    elif verb == "tool":
        yield from _tool(inner)
    elif verb in ("add", "lock", "remove", "run", "sync"):
        from wxlint.images.installs.uv_projects import project_command  # many builds have no project of uv

        yield from project_command(verb, words, call)


def _tool(call: Call) -> Iterator[Install]:
    """`uv tool install NAME`; what it adds with `--with` or takes from a list is not read."""
    from wxlint.images.installs.tools import uv_tool

    words = behind_options(call.rest)
    arguments = read_arguments(words[1:])
    others = ("--with", "--with-requirements", "--with-editable", "--overrides", "-c", "--constraints")
    if words and words[0].value.text == "install" and arguments.positional and not arguments.has(*others):
        yield uv_tool(_install(words[0], arguments, call), arguments)


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
    settings = without_bindings(call.context.uv_settings())
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
    requirements = kept(overridden(parts, overrides), skipped - {r.name for r in overrides})
    wanted = {requirement.name for requirement in requirements}
    upgraded = {normalise(name) for name in arguments.texts("-P", "--upgrade-package")}
    renewed = {normalise(name) for name in arguments.texts("--reinstall-package")}
    upgrades = bool(wanted) and wanted <= upgraded
    renews = "torch" in wanted and wanted <= renewed
    backend = setting("torch-backend", settings, arguments, call)
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
            prerelease=arguments.has("--pre") or says("prerelease", ("allow",), settings, arguments, call),
            backend=backend,
            best_match=says("index-strategy", ("unsafe-best-match",), settings, arguments, call),
            first_match=says("index-strategy", ("unsafe-first-match",), settings, arguments, call),
            exact=syncs or arguments.has("--exact"),
            overrides=overrides,
            older=takes_older(settings, arguments, call),
            unknown_extras=tuple(one for part in parts for one in part.unknown_extras),
            selective=bool(upgraded or renewed) and not (upgrades or renews),
            isolated=is_isolated("UV", arguments, call) and settings.value("build-isolation") is None,
        ),
        verb,
        arguments,
        arguments.last("-t", "--target", "--root"),
        call,
    )


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
