"""What a call of pip asks for: requirements, indexes, constraints, and what it removes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint.core.findings import Where
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.images.installs.call import Call, InstallContext
from wxlint.images.installs.markers import applies
from wxlint.images.installs.model import Groups, Install, Lines, PackageIndex, Sources, Unread, UnreadKind, joined
from wxlint.images.installs.options import WITHOUT_NEEDS, Arguments, behind_options, read_arguments
from wxlint.images.installs.places import of_value
from wxlint.images.installs.requirement import Requirement, marker_of, parse_requirement

if TYPE_CHECKING:
    from wxlint.shell.model import Word
    from wxlint.shell.options import Option

_OPTIONS = late(r"\$\{?\w*(?:OPT|ARG|FLAG|INDEX|MIRROR|CACHE|TRUST)\w*[^/]*\}?", re.I)
"""An unquoted variable whose name says that it holds options: it may be empty, and names nothing to install."""
_PRINTED = late(r"(?:\$\(\s*(?:cat\s+|<\s*)|`cat\s+)[\"']?([\w./-]+)[\"']?\s*[)`]")
"""What prints a list, as a command substitution."""
_SEARCHED = frozenset(("var/task", "${LAMBDA_TASK_ROOT}", "$LAMBDA_TASK_ROOT"))
"""Folders that Python looks in by itself: that of a function's code in AWS Lambda's images."""
ARCHIVES = (".whl", ".tar.gz", ".zip")
_COMMON = frozenset(
    "--no-cache-dir --upgrade --pre --no-deps --user --quiet --force-reinstall --break-system-packages --requirement"
    " --index-url --extra-index-url --find-links --constraint --no-build-isolation --trusted-host --timeout".split()
)
"""Options in full that most commands have."""
INDEX_FLAGS = ("-i", "--index-url", "--pypi-url", "--default-index")
LINK_FLAGS = ("-f", "--find-links")
LIST_FLAGS = ("-r", "--requirement", "--requirements")
LIMIT_FLAGS = ("-c", "--constraint", "--constraints")


def pip(tool: str, call: Call) -> Iterator[Install]:
    """What one call of pip is to install or to remove. tool: "pip"."""
    words = behind_options(call.rest)
    verb = words[0].value.text if words else ""
    if len(words) < len(call.rest) and tool == "pip":
        leading = read_arguments(call.rest[: len(call.rest) - len(words)]).last("--python")
        given = of_value(leading, call.context.absolute) if leading is not None else ""
        call = call._replace(place=given or call.place)
    refused: tuple[Unread, ...] = ()
    if verb != "sync" and any(_is_uncommon(word.value.text) for word in words):
        from wxlint.images.installs.abbreviations import spelt_out

        words, refused = spelt_out(words, call)
    if verb == "uninstall":
        yield removal(tool, words, call)
    elif verb in ("install", "sync", "wheel"):
        arguments = read_arguments(words[1:])
        if not arguments.has("--dry-run"):
            install = _install(tool, words[0], arguments, call)
            yield install._replace(unread=(*install.unread, *refused)) if refused else install


def _is_uncommon(text: str) -> bool:
    """Whether a word may be a long option that is not written in full."""
    return text.startswith("--") and text.partition("=")[0] not in _COMMON


def _install(tool: str, verb: Word, arguments: Arguments, call: Call) -> Install:
    alone = arguments.has(*WITHOUT_NEEDS) or is_on(call.variables, "PIP_NO_DEPS")
    named = _named(verb, arguments, call, alone)
    limits = _from_variable("PIP_CONSTRAINT", call, as_constraints=True)
    limits += [_read(option, call, as_constraints=True) for option in arguments.given(*LIMIT_FLAGS)]
    lists = _from_variable("PIP_REQUIREMENT", call, as_constraints=False)
    lists += [_read(option, call) for option in arguments.given(*LIST_FLAGS)]
    listed = joined([Lines(sources=_sources(arguments, call)), *limits, named, *lists])
    if arguments.has("--only-deps"):
        listed = listed._replace(requirements=tuple(one._replace(maybe=True) for one in listed.requirements))
    target = arguments.last("-t", "--target", "--root") or call.variables.get("PIP_TARGET")
    install = finished(
        Install(
            tool,
            listed.requirements,
            listed.sources,
            listed.constraints,
            listed.unread,
            upgrade=arguments.has("-U", "--upgrade") or is_on(call.variables, "PIP_UPGRADE"),
            reinstall=arguments.has("--force-reinstall", "-I", "--ignore-installed")
            or is_on(call.variables, "PIP_FORCE_REINSTALL")
            or is_on(call.variables, "PIP_IGNORE_INSTALLED"),
            no_deps=alone,
            prerelease=listed.prerelease
            or arguments.has("--pre")
            or is_on(call.variables, "PIP_PRE")
            or takes_all_releases(arguments.texts("--all-releases"), arguments.texts("--only-final")),
            older=arguments.has("--uploaded-prior-to") or bool(in_variable("PIP_UPLOADED_PRIOR_TO", call.variables)),
            builds=verb.value.text == "wheel",
            unknown_extras=listed.unknown_extras,
            exact=verb.value.text == "sync",
            eager=_is_eager(arguments, call),
            isolated=is_isolated("PIP", arguments, call),
        ),
        verb,
        arguments,
        target,
        call,
    )
    wheels = arguments.last("-w", "--wheel-dir") if install.builds else None
    return install._replace(folder=call.context.absolute(wheels.text)) if wheels is not None else install


def takes_all_releases(everything: Iterable[str], only_final: Iterable[str]) -> bool:
    """Whether pip takes pre-releases of torch by the values of --all-releases and --only-final: names with commas
    between them, or `:all:`."""
    return any(map(_names_torch, everything)) and not any(map(_names_torch, only_final))


def _names_torch(listed: str) -> bool:
    return not {":all:", "torch"}.isdisjoint(name.strip().lower() for name in listed.split(","))


def _is_eager(arguments: Arguments, call: Call) -> bool:
    """Whether an upgrade reaches what comes along."""
    strategy = arguments.last("--upgrade-strategy") or call.variables.get("PIP_UPGRADE_STRATEGY")
    return strategy is not None and strategy.text == "eager"


def is_isolated(tool: str, arguments: Arguments, call: Call) -> bool:
    """Whether neither an option nor a variable keeps a tool from building in environments of their own."""
    given = arguments.has("--no-build-isolation", "--no-build-isolation-package")
    return not given and f"{tool}_NO_BUILD_ISOLATION" not in call.variables


def finished(install: Install, verb: Word, arguments: Arguments, target: Value | None, call: Call) -> Install:
    """An install of pip or uv with what both say in the same way. target: a folder of its own, where one is given."""
    folder = ""
    if target is not None and target.text and target.shown().strip("/") not in _SEARCHED:
        folder = call.context.absolute(target.text)
    return install._replace(
        conditional=call.command.conditional,
        elsewhere=bool(folder),
        apart=bool(folder) and not arguments.has("--root"),
        folder=folder,
        where=call.where(verb),
        because=call.command.because,
        redirected=call.redirected,
        open=any(is_options(word) for word in arguments.positional),
        place=call.place,
    )


def removal(tool: str, words: tuple[Word, ...], call: Call) -> Install:
    """`pip uninstall`. words: from the verb on."""
    arguments = read_arguments(words[1:])
    found = tuple(parse_requirement(word.value, call.where(word)) for word in arguments.positional)
    lists = _from_variable("PIP_REQUIREMENT", call, as_constraints=False) if tool == "pip" else []
    listed = joined([Lines(), *lists, *(_read(option, call) for option in arguments.given(*LIST_FLAGS))])
    return Install(
        tool,
        found + listed.requirements,
        unread=listed.unread,
        conditional=call.command.conditional,
        where=call.where(words[0]),
        because=call.command.because,
        removes=True,
        place=call.place,
    )


def _sources(arguments: Arguments, call: Call) -> Sources:
    """The indexes that a command line and its environment give: of one, the command line's; of extra ones, both."""
    variables = call.variables
    links = in_variable("PIP_FIND_LINKS", variables) + given_sources(arguments, call.context, *LINK_FLAGS)
    if arguments.has("--no-index") or is_on(variables, "PIP_NO_INDEX"):
        return Sources(links=links, no_index=True)
    index = given_sources(arguments, call.context, *INDEX_FLAGS) or one_in_variable(
        ("PIP_INDEX_URL", "PIP_PYPI_URL"), variables
    )
    extra = in_variable("PIP_EXTRA_INDEX_URL", variables) + given_sources(arguments, call.context, "--extra-index-url")
    return Sources(index[-1] if index else None, extra, links)


def given_sources(arguments: Arguments, context: InstallContext, *names: str) -> tuple[PackageIndex, ...]:
    """The indexes or folders that options of these names give, in order."""
    return tuple(
        PackageIndex(option.name, option.value, context.where(option.start, option.end))
        for option in arguments.given(*names)
        if option.value is not None
    )


def in_variable(name: str, variables: Mapping[str, Value]) -> tuple[PackageIndex, ...]:
    """The indexes or folders that a variable lists."""
    value = variables.get(name)
    return tuple(PackageIndex(name, value._replace(text=url), None) for url in value.text.split()) if value else ()


def one_in_variable(names: tuple[str, ...], variables: Mapping[str, Value]) -> tuple[PackageIndex, ...]:
    """The index that the first of these variables gives."""
    return next((found[:1] for name in names if (found := in_variable(name, variables))), ())


def is_on(variables: Mapping[str, Value], name: str) -> bool:
    """Whether a variable turns a switch on."""
    value = variables.get(name)
    return value is not None and value.text.lower() in ("1", "true", "yes", "y", "on", "t")


def _from_variable(name: str, call: Call, *, as_constraints: bool) -> list[Lines]:
    value = call.variables.get(name)
    return [
        call.context.requirements(path, call.variables, as_constraints=as_constraints)
        for path in (value.text.split() if value is not None else ())
    ]


def _read(option: Option, call: Call, *, as_constraints: bool = False) -> Lines:
    path = option.value.text if option.value is not None else ""
    if path == HOLE and option.value is not None and option.value.holes[0].startswith("<("):
        listed = call.context.substituted(option.value.holes[0][2:-1])
        if listed is not None and not as_constraints:
            return listed
    return call.context.requirements(path, call.variables, as_constraints=as_constraints)


def _named(verb: Word, arguments: Arguments, call: Call, alone: bool) -> Lines:
    """What the command line itself names: requirements, projects, lists of `pip sync`."""
    found = [
        positional(word, call, alone)
        if verb.value.text != "sync"
        else call.context.requirements(word.value.text, call.variables)
        for word in arguments.positional
        if not is_options(word)
    ]
    found += [
        local(option.value, call.context.where(option.start, option.end), call, "pip")
        for option in arguments.given("-e", "--editable")
        if not alone and option.value
    ]
    found += [_group(option, call) for option in arguments.given("--group")]
    return joined([Lines(), *found])


def _group(option: Option, call: Call) -> Lines:
    """A dependency group, `NAME` of the project in the working folder or `PATH:NAME`; pip reads them from 25.1 on."""
    path, _, name = (option.value.text if option.value is not None else "").rpartition(":")
    if name:
        folder = posixpath.dirname(path.removesuffix("pyproject.toml")) or "."
        return call.context.project(folder, Groups((name,), only=True), "pip")
    return Lines()


def positional(word: Word, call: Call, alone: bool, tool: str = "pip") -> Lines:
    """One argument: a requirement, a project in a folder, or what a list holds (`$(cat requirements.txt)`).

    alone: dependencies are left out.
    """
    if word.value.text == HOLE and not word.quoted and word.value.holes[0][:1] in ("$", "`"):
        if (printed := _PRINTED.fullmatch(word.value.holes[0])) is not None:
            return call.context.requirements(printed[1], call.variables)
        listed = call.context.substituted(word.value.holes[0].strip("$`()"))
        if listed is not None:
            return listed
    text = word.value.text
    if text.endswith(".whl") and "://" not in text and (built := call.context.wheels(text)) is not None:
        return Lines() if alone else built
    requirement = parse_requirement(word.value, call.where(word))
    if requirement.kind != "path":
        holds = applies(marker_of(word.value.text), call.context.environment)
        if holds is False and requirement.kind != "unknown":
            return Lines(skipped=(requirement,))
        return Lines((requirement if holds else requirement._replace(maybe=True),))
    return Lines() if alone else local(word.value, call.where(word), call, tool)


def is_options(word: Word) -> bool:
    """Whether a word is a variable that holds options."""
    return bool(word.value.holes) and not word.quoted and _OPTIONS.fullmatch(word.value.shown()) is not None


def local(value: Value, where: Where, call: Call, tool: str) -> Lines:
    """A project folder (`.`, `-e .[gpu]`, `/app`), or a local wheel whose name tells nothing."""
    text = value.text.removeprefix("file://")
    folder, _, extras = text.partition("[")
    if re.match(r"(git|hg|svn|bzr)\+|https?:", folder):
        return Lines((parse_requirement(value, where),))
    if call.context.has_wheels(folder):
        return Lines()
    if folder.endswith(ARCHIVES):
        return Lines(unread=(Unread(UnreadKind.WHEEL, value.shown()),))
    names = tuple(extra.strip().lower() for extra in extras.rstrip("]").split(",") if extra.strip())
    found = call.context.project(folder, Groups(names), tool)
    return found._replace(constraints=()) if tool == "uv" else found


def requirements_of(words: tuple[Word, ...], call: Call) -> tuple[Requirement, ...]:
    """Words that are requirements, one each."""
    return tuple(parse_requirement(word.value, call.where(word)) for word in words)
