"""What a call of uv asks for.

It tries its indexes in order and stops at the first that has a name; the default one comes last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.images.installs.model import Call, Groups, Install, Lines, PackageIndex, Sources
from wxlint.images.installs.options import Arguments, behind_options, read_arguments
from wxlint.images.installs.pip import (
    INDEX_FLAGS,
    LIMIT_FLAGS,
    LINK_FLAGS,
    LIST_FLAGS,
    finished,
    given_sources,
    in_variable,
    is_on,
    is_options,
    local,
    one_in_variable,
    pip,
    positional,
    removal,
    requirements_of,
)
from wxlint.images.installs.projects import project_tool

if TYPE_CHECKING:
    from wxlint.shell.model import Word
    from wxlint.shell.options import Option

_PIP = late(r"(?:.*[/\\])?pip(?:\d(?:\.\d+)?)?")


def uv(call: Call) -> Iterator[Install]:
    """`uv pip install`, `uv sync`, `uv add`, `uv run`; `uv tool` has an environment of its own."""
    words = behind_options(call.rest)
    if not words:
        return
    verb = words[0].value.text
    inner = call._replace(words=words)
    if verb == "pip":
        yield from _uv_pip(inner)
    elif verb == "add":
        arguments = read_arguments(words[1:])
        found = requirements_of(arguments.positional, call)
        yield finished(Install("uv", found, sources(arguments, call)), words[0], arguments, None, call)
    elif verb == "sync":
        yield from project_tool("uv", call)
    elif verb == "run":
        yield from _run(words, call)


def _run(words: tuple[Word, ...], call: Call) -> Iterator[Install]:
    """`uv run pip install ...`.

    That `uv run` itself syncs the project first is left aside, as before a `pip` it decides nothing.
    """
    rest = tuple(word for word in words[1:] if not word.value.text.startswith("-"))
    if rest and _PIP.fullmatch(rest[0].value.text):
        yield from pip("pip", call._replace(words=words[words.index(rest[0]) :]))


def _uv_pip(call: Call) -> Iterator[Install]:
    words = behind_options(call.rest)
    verb = words[0].value.text if words else ""
    if verb == "uninstall":
        yield removal("uv", words, call)
    elif verb in ("install", "sync"):
        arguments = read_arguments(words[1:])
        if not arguments.has("--dry-run"):
            yield _install(words[0], arguments, call)


def _install(verb: Word, arguments: Arguments, call: Call) -> Install:
    alone = arguments.has("--no-deps")
    limits = arguments.texts(*LIMIT_FLAGS) or _listed(call, "UV_CONSTRAINT")
    overrides = arguments.texts("--override", "--overrides") or _listed(call, "UV_OVERRIDE")
    parts = [call.context.requirements(path, call.variables, as_constraints=True) for path in limits + overrides]
    for word in arguments.positional:
        if verb.value.text == "sync":
            parts.append(call.context.requirements(word.value.text, call.variables))
        elif not is_options(word):
            parts.append(positional(word, call, alone, "uv"))
    for option in arguments.given("-e", "--editable"):
        if option.value is not None and not alone:
            parts.append(local(option.value, call.context.where(option.start, option.end), call, "uv"))
    parts += [_list(option, arguments, call) for option in arguments.given(*LIST_FLAGS)]
    given = sources(arguments, call)
    for part in parts:
        given = given.before(part.sources)
    settings = call.context.project(".", Groups(only=True), "uv-settings")
    strategy = arguments.last("--index-strategy") or call.variables.get("UV_INDEX_STRATEGY")
    backend = arguments.last("--torch-backend") or call.variables.get("UV_TORCH_BACKEND")
    return finished(
        Install(
            "uv",
            tuple(r for part in parts for r in part.requirements),
            given.before(settings.sources),
            tuple(c for part in parts for c in part.constraints),
            tuple(u for part in (*parts, settings) for u in part.unread),
            upgrade=arguments.has("-U", "--upgrade") or _upgrades(arguments),
            reinstall=arguments.has("--reinstall", "--force-reinstall"),
            no_deps=alone,
            prerelease=arguments.has("--pre") or _prerelease(arguments, call),
            backend=backend,
            best_match=strategy is not None and strategy.text == "unsafe-best-match",
            exact=verb.value.text == "sync" or arguments.has("--exact"),
        ),
        verb,
        arguments,
        arguments.last("-t", "--target", "--root"),
        call,
    )


def _upgrades(arguments: Arguments) -> bool:
    return "torch" in arguments.texts("-P", "--upgrade-package")


def _prerelease(arguments: Arguments, call: Call) -> bool:
    chosen = arguments.last("--prerelease") or call.variables.get("UV_PRERELEASE")
    return chosen is not None and chosen.text == "allow"


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
    return call.context.project(folder or ("/" if text.startswith("/") else "."), groups, "uv")


def sources(arguments: Arguments, call: Call) -> Sources:
    """The indexes of a command line; the environment's where an option is not given."""
    links = given_sources(arguments, call, *LINK_FLAGS) or in_variable("UV_FIND_LINKS", call.variables)
    if arguments.has("--no-index") or is_on(call.variables, "UV_NO_INDEX"):
        return Sources(links=links, no_index=True)
    extra: list[PackageIndex] = []
    for flag, variable in (("--index", "UV_INDEX"), ("--extra-index-url", "UV_EXTRA_INDEX_URL")):
        extra += given_sources(arguments, call, flag) or in_variable(variable, call.variables)
    default = (
        given_sources(arguments, call, "--default-index")
        or one_in_variable(("UV_DEFAULT_INDEX",), call.variables)
        or given_sources(arguments, call, *INDEX_FLAGS)
        or one_in_variable(("UV_INDEX_URL",), call.variables)
    )
    index = _without_name(default[-1]) if default else None
    return Sources(index, tuple(_without_name(one) for one in extra), links)


def _without_name(source: PackageIndex) -> PackageIndex:
    """uv takes `name=URL` for an index."""
    value: Value = source.value._replace(text=re.sub(r"^[\w.-]+=(?=\w+:)", "", source.value.text))
    return source._replace(value=value)
