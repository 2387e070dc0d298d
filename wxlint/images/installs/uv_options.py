"""What options, variables and settings say to uv: indexes, overrides, single values."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wxlint.core.values import Value
from wxlint.facts import brings_torch
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.call import Call
from wxlint.images.installs.model import Lines, PackageIndex, Sources, UvSettings
from wxlint.images.installs.options import Arguments
from wxlint.images.installs.pip import INDEX_FLAGS, LINK_FLAGS, given_sources, in_variable, is_on, one_in_variable
from wxlint.images.installs.requirement import Requirement


def without_bindings(settings: UvSettings) -> UvSettings:
    """Settings as `uv pip` takes them: what a project's sources bind is for the project's own commands."""
    return settings._replace(
        constraints=tuple(one._replace(bound=None) for one in settings.constraints),
        overrides=tuple(one._replace(bound=None) for one in settings.overrides),
    )


def kept(requirements: tuple[Requirement, ...], left_out: set[str]) -> tuple[Requirement, ...]:
    """What is left of requirements where overrides leave some out; what asks for torch does not bring that, either."""
    kept = tuple(r for r in requirements if r.name not in left_out)
    return tuple(r._replace(maybe=r.maybe or _asks_for_torch(r)) for r in kept) if "torch" in left_out else kept


def _asks_for_torch(requirement: Requirement) -> bool:
    named = requirement.name in FAMILY
    return named or bool(requirement.name and brings_torch(requirement.name, requirement.pin, requirement.extras))


def overridden(parts: Iterable[Lines], overrides: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Requirements with what overrides put in the place of what they say of releases, indexes and extras, and of their
    markers. What a lock pins is installed as it stands."""
    by_name = {one.name: one for one in overrides if one.name}
    found: list[Requirement] = []
    for part in parts:
        listed = part.counting(overrides)
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
        extras=other.extras,
    )


def setting(name: str, settings: UvSettings, arguments: Arguments, call: Call) -> Value | None:
    """What an option, its variable or the settings say, the first that does."""
    found = arguments.last(f"--{name}") or call.variables.get("UV_" + name.upper().replace("-", "_"))
    set_ = settings.value(name)
    return found if found is not None or set_ is None else Value(set_)


def says(name: str, wanted: tuple[str, ...], settings: UvSettings, arguments: Arguments, call: Call) -> bool:
    value = setting(name, settings, arguments, call)
    return value is not None and value.text in wanted


def takes_older(settings: UvSettings, arguments: Arguments, call: Call) -> bool:
    """Whether uv is told to take older releases than the newest: the lowest, or those of before some day."""
    if says("resolution", ("lowest", "lowest-direct"), settings, arguments, call):
        return True
    named = [text.partition("=")[0].strip().lower() for text in arguments.texts("--exclude-newer-package")]
    return "torch" in named or setting("exclude-newer", settings, arguments, call) is not None


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
    index = without_name(default[-1]) if default else None
    return Sources(index, tuple(without_name(one) for one in extra), links)


def without_name(source: PackageIndex) -> PackageIndex:
    """uv takes `name=URL` for an index."""
    value: Value = source.value._replace(text=re.sub(r"^[\w.-]+=(?=\w+:)", "", source.value.text))
    return source._replace(value=value)
