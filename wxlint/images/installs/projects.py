"""Install commands of tools that install a whole project: uv, poetry, pdm, pipenv."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wxlint.core.values import HOLE, Value
from wxlint.images.installs.call import Call
from wxlint.images.installs.model import LOCKS, Groups, Install, Lines, PackageIndex, Unread, UnreadKind, joined
from wxlint.images.installs.options import Arguments, behind_options, read_arguments
from wxlint.images.installs.pip import is_on, is_options, requirements_of
from wxlint.images.installs.places import of_folder, of_prefix
from wxlint.images.installs.requirement import Requirement, normalise

_CHOSEN_BY_UV = ("--extra", "--group")
_CHOSEN = ("--extra", "--extras", "-E", "--group", "--with", "-G")
_INDEXES = ("--index", "--default-index", "--extra-index-url", "--index-url", "-i")
_ONLY = ("--only", "--only-group")
_LEFT_OUT = ("--no-group", "--without", "--no-extra")
_GLOBAL = frozenset(
    "--directory --project -C -P -p --config-file --color --config-setting --python --cache-dir".split()
)


def project_folder(tool: str, call: Call) -> str:
    """The folder of the project that a command is for."""
    words = behind_options(call.rest, _GLOBAL)
    arguments = read_arguments(words[1:])
    leading = read_arguments(call.rest[: len(call.rest) - len(words)], _GLOBAL)
    shorter = () if tool == "uv" else ("-C", "-P", "-p")  # uv's -p is a Python
    folder = arguments.last("--directory", "--project", *shorter[:1], *shorter[2:]) or leading.last(
        "--directory", "--project", *shorter
    )
    return folder.text if folder is not None else "."


def project_tool(
    tool: str,
    call: Call,
    added: tuple[str, ...] = (),
    *,
    unbound: bool = False,
    overrides: tuple[Requirement, ...] = (),
) -> Iterator[Install]:
    """`uv sync`, `poetry install`, `pdm install`, `poetry bundle venv`: what the project file in a folder asks for.
    added: what `uv add` adds to it. unbound: its sources do not count, whatever the command says. overrides: uv's, for
    which the marker of what they override does not count."""
    words = behind_options(call.rest, _GLOBAL)
    if not words:
        return
    verb = words[0].value.text
    arguments = read_arguments(words[1:])
    shared = Install(
        "uv-project" if tool == "uv" else "poetry",
        conditional=call.command.conditional,
        where=call.where(words[0]),
        because=call.command.because,
    )
    bundled = arguments.positional[-1].value if verb == "bundle" and len(arguments.positional) == 2 else None
    if verb in ("install", "sync", "i") or tool == "uv" or bundled is not None:
        groups = chosen_groups(tool, arguments, call.variables if tool == "uv" else {})
        if added:
            to = arguments.last("--group", "--optional")
            part = to.text if to is not None else "dev" if arguments.has("--dev") else ""
            groups = groups._replace(added=added, added_to=part, defaults=False, locked=False)
        groups = groups._replace(unbound=groups.unbound or unbound)
        root = project_folder(tool, call)
        place = of_folder(tool, root, call.variables, call.context.absolute)
        if bundled is not None:  # `poetry bundle venv FOLDER`, of a plugin
            place = of_prefix(call.context.absolute(bundled.text)) if bundled.known else HOLE
        lines = call.context.project(root, groups, tool)
        if added and arguments.has(*_INDEXES):
            locked = call.context.project(root, groups._replace(locked=True), tool).locked
            if locked or _stands_already(lines.requirements, len(added)):
                unread = Unread(UnreadKind.CHANGED, LOCKS[tool])  # whose pins may stay beside another index
                lines = lines._replace(unread=(*lines.unread, unread))
        yield shared._replace(
            requirements=_without(lines.counting(overrides), groups.skipped),
            sources=lines.sources,
            constraints=lines.constraints,
            unread=lines.unread,
            locked=lines.locked,
            older=lines.forks,
            upgrade=tool == "uv" and _upgrades_torch(arguments),
            skipped=groups.skipped,
            no_deps="torch" in groups.skipped or lines.torchless,
            place=place,
            makes=bool(place),
            exact=(verb == "sync" and not arguments.has("--inexact")) or (tool == "poetry" and arguments.has("--sync")),
        )
    elif verb == "add":
        yield shared._replace(tool="poetry", requirements=requirements_of(arguments.positional, call))


def _without(requirements: tuple[Requirement, ...], skipped: frozenset[str]) -> tuple[Requirement, ...]:
    """Requirements without distributions that are left out; what one of these asks for comes all the same."""
    if not skipped:
        return requirements
    from wxlint.images.installs.project_files import may_decide  # only where one is left out

    kept = [one for one in requirements if one.name not in skipped]
    gone = (one for one in requirements if one.name in skipped - {"torch"} and may_decide(one))
    if "torch" not in skipped and not any(one.name == "torch" for one in kept):
        kept += (Requirement("torch", written=one.written, maybe=True, where=one.where) for one in gone)
    return tuple(kept)


def _upgrades_torch(arguments: Arguments) -> bool:
    """Whether `uv sync` looks for a newer torch than its lock has."""
    named = arguments.texts("--upgrade-package", "-P")
    return arguments.has("--upgrade", "-U") or any(normalise(name) == "torch" for name in named)


def _stands_already(requirements: tuple[Requirement, ...], added: int) -> bool:
    """Whether a project asked before for all that a command adds, the last of these: a lock that an earlier command
    made then stays as it is."""
    before = {one.name for one in requirements[:-added]}
    return all(one.name in before for one in requirements[-added:])


def chosen_groups(tool: str, arguments: Arguments, variables: Mapping[str, Value]) -> Groups:
    """The extras and groups that an install of a project takes. variables: uv's, by which it chooses too."""
    names = _split(arguments.texts(*(_CHOSEN_BY_UV if tool == "uv" else _CHOSEN)))
    if any(map(is_options, arguments.positional)):
        names = (*names, HOLE)  # a variable may choose any of them
    only = _split(arguments.texts(*_ONLY))
    left_out = _split(arguments.texts(*_LEFT_OUT))
    production = arguments.has("--prod", "--production")
    if arguments.has("--no-dev") or production or is_on(variables, "UV_NO_DEV"):
        left_out = (*left_out, "dev")
    every = arguments.has("--no-default-groups") or is_on(variables, "UV_NO_DEFAULT_GROUPS")
    if every or (tool == "pdm" and production):
        left_out = (*left_out, "*")
    if "UV_NO_GROUP" in variables:
        left_out = (*left_out, *_split([variables["UV_NO_GROUP"].text]))
    frozen = arguments.has("--frozen") or is_on(variables, "UV_FROZEN")
    unbound = (arguments.has("--no-sources") or is_on(variables, "UV_NO_SOURCES")) and not frozen
    if arguments.has("--only-dev"):
        only = (*only, "dev")
    if arguments.has("--dev", "-d"):
        names = (*names, "dev")
    main_only = only in (("main",), ("default",)) or arguments.has("--only-root")
    return Groups(
        names if not only else () if main_only else only,
        every_extra=arguments.has("--all-extras"),
        every_group=arguments.has("--all-groups") and not only,
        excluded=left_out,
        defaults=not only,
        only=bool(only) and not main_only and "main" not in only,
        skipped=frozenset(
            name.lower().replace("_", "-") for name in arguments.texts("--no-install-package", "--no-install")
        ),
        locked=tool != "uv"
        or frozen
        or not arguments.has("--upgrade", "-U", "--upgrade-package", "-P", "--resolution"),
        unbound=unbound,
        member=_member(tool, arguments),
    )


def _member(tool: str, arguments: Arguments) -> str:
    """The member of a workspace that `uv sync --package NAME` installs."""
    if tool != "uv":
        return ""
    named = arguments.texts("--package")
    if arguments.has("--all-packages") or len(named) > 1:
        return "*"
    return normalise(named[0]) if named else ""


def _split(texts: list[str]) -> tuple[str, ...]:
    return tuple(name.lower() for text in texts for name in text.replace(",", " ").split())


_VERBOSE = frozenset(("-v", "--verbose", "-q", "--quiet", "-c", "--clear"))


def pipenv(call: Call) -> Iterator[Install]:
    """`pipenv install`, `pipenv sync`: what the Pipfile lists, and what is named besides."""
    words = behind_options([word for word in call.rest if word.value.text not in _VERBOSE])
    if not words or words[0].value.text not in ("install", "sync", "update", "upgrade"):
        return
    arguments = read_arguments(words[1:])
    categories = arguments.last("--categories")
    groups = _split([categories.text]) if categories is not None else ("packages",)
    if arguments.has("--dev", "-d"):
        groups = (*groups, "dev-packages")
    variable = call.variables.get("PIPENV_PIPFILE")
    locked = words[0].value.text == "sync" or arguments.has("--deploy", "--ignore-pipfile")
    pipfile = call.context.pipfile(variable.text if variable is not None else "Pipfile", Groups(groups, locked=locked))
    lists = [
        call.context.requirements(path, call.variables)
        for path in arguments.texts("-r", "--requirement", "--requirements")[:1]
    ]
    named = requirements_of(arguments.positional, call)
    if lists or named:
        pipfile = pipfile._replace(unread=())  # pipenv makes one
    found = joined([Lines(named), pipfile, *lists])
    place = "" if arguments.has("--system") else of_folder("pipenv", ".", call.variables, call.context.absolute)
    given = [
        PackageIndex(option.name, option.value, call.context.where(option.start, option.end))
        for option in arguments.given("-i", "--index", "--pypi-mirror")
        if option.value is not None
    ]
    yield Install(
        "pipenv",
        found.requirements,
        found.sources._replace(index=given[0]) if given else found.sources,
        found.constraints,
        found.unread,
        conditional=call.command.conditional,
        where=call.where(words[0]),
        because=call.command.because,
        place=place,
        makes=bool(place),
    )
