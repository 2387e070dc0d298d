"""What a call of pip or of `uv pip` asks for: requirements, indexes in their order, constraints, what it removes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.images.installs.model import WITH_VALUE, Install, Lines, Place, Source, read_arguments
from wxlint.images.installs.requirement import Requirement, parse_requirement
from wxlint.shell.options import Option, read_options

if TYPE_CHECKING:
    from wxlint.shell.model import Command, Word

_OPTIONS = late(r"\$\{?\w*(?:OPT|ARG|FLAG|INDEX|MIRROR|CACHE|TRUST)\w*[^/]*\}?", re.I)
"""An unquoted variable whose name says that it holds options: it may be empty, and names nothing to install."""

_SEARCHED = frozenset(("var/task", "${LAMBDA_TASK_ROOT}", "$LAMBDA_TASK_ROOT"))
"""Folders that Python looks in without being told: that of a function's code in AWS Lambda's images."""
_UPGRADES = frozenset(("-U", "--upgrade", "--force-reinstall", "--reinstall"))


def pip(
    tool: str, words: list[Word], env: Mapping[str, Value], place: Place, command: Command, elsewhere: bool
) -> Iterator[Install]:
    """What one call of pip, or of `uv pip`, is asked to install or remove. words: behind the program's name."""
    words = read_options(words, WITH_VALUE, stop=True).positional  # behind the global options
    if words and words[0].value.text == "uninstall" and not elsewhere:
        yield from _removal(tool, words, place, command)
        return
    if not words or words[0].value.text not in ("install", "sync", "add", "wheel"):
        return
    arguments = read_arguments(words[1:])
    names = {name for name, _, _, _ in arguments.options}
    if "--dry-run" in names:
        return
    requirements: list[Requirement] = []
    missing: list[str] = []
    constraints: list[Requirement] = []
    extra, links = _from_environment(tool, env)
    index = next(
        (Source(name, env[name], None) for name in _index_variables(tool) if name in env and env[name].text), None
    )
    backend = env.get("UV_TORCH_BACKEND") if tool == "uv" else None
    given = ""
    alone = "--no-deps" in names
    target = env.get("PIP_TARGET") if tool == "pip" else None
    lines: list[Lines] = []
    for name, value, start, end in arguments.options:
        if value is None:
            continue
        source = Source(name, _without_name(value), place.span(start, end))
        if name in ("-i", "--index-url", "--pypi-url", "--default-index"):
            index, given = source, name
        elif name in ("--extra-index-url", "--index"):
            extra.append(source)
        elif name in ("-f", "--find-links"):
            links.append(source)
        elif name in ("-r", "--requirement", "--requirements"):
            lines.append(_listed(tool, value, arguments.options, place, start))
        elif name in ("-c", "--constraint", "--constraints"):
            lines.append(place.requirements(value.text, True, start))
        elif name in ("-e", "--editable") and not alone:
            lines.append(_local(value, place, start, end))
        elif name == "--torch-backend":
            backend = value
        elif name in ("-t", "--target", "--root"):
            target = value
    folder = ""
    if target is not None and target.text and target.shown().strip("/") not in _SEARCHED:
        elsewhere, folder = True, place.absolute(target.text)
    constraint = env.get("PIP_CONSTRAINT" if tool == "pip" else "UV_CONSTRAINT")
    if constraint is not None:
        lines.extend(place.requirements(name, True, -1) for name in constraint.text.split())
    for word in arguments.positional:
        if _is_options(word):
            continue
        requirement = parse_requirement(word.value, place.span(word.start, word.end))
        if words[0].value.text == "sync":
            lines.append(place.requirements(word.value.text, False, word.start))
        elif requirement.kind == "path" and alone:
            continue
        elif requirement.kind == "path":
            lines.append(_local(word.value, place, word.start, word.end))
        else:
            requirements.append(requirement)
    for item in lines:
        requirements.extend(item.requirements)
        constraints.extend(item.constraints)
        missing.extend(item.missing)
        extra.extend(item.extra)
        links.extend(item.links)
        if item.index is not None and not given:
            index = item.index
    strategy = next((v.text for n, v, _, _ in arguments.options if n == "--index-strategy" and v is not None), "")
    if "UV_INDEX_STRATEGY" in env and not strategy:
        strategy = env["UV_INDEX_STRATEGY"].text
    yield Install(
        tool,
        tuple(requirements),
        index,
        tuple(extra),
        tuple(links),
        tuple(constraints),
        tuple(missing),
        (),
        not names.isdisjoint(_UPGRADES),
        alone,
        "--no-index" in names or any(item.no_index for item in lines),
        backend,
        strategy.startswith("unsafe"),
        command.conditional,
        elsewhere,
        place.span(words[0].start, words[0].end),
        command.because,
        _redirected(command, place),
        any(_is_options(word) for word in arguments.positional),
        builds=words[0].value.text == "wheel",
        folder=folder,
    )


def _removal(tool: str, words: list[Word], place: Place, command: Command) -> Iterator[Install]:
    found = tuple(parse_requirement(w.value, place.span(w.start, w.end)) for w in read_arguments(words[1:]).positional)
    yield Install(
        tool, found, conditional=command.conditional, where=place.span(words[0].start, words[0].end),
        because=command.because, removes=True,
    )  # fmt: skip


def _is_options(word: Word) -> bool:
    return bool(word.value.holes) and not word.quoted and _OPTIONS.fullmatch(word.value.shown()) is not None


def _redirected(command: Command, place: Place) -> tuple[tuple[str, Span], ...]:
    """`pydantic>=2.0`: a redirection that touches the word before it and goes to something like a version."""
    if not command.redirects:
        return ()
    ends = {word.end: word for word in command.words}
    found = []
    for redirect in command.redirects:
        word = ends.get(redirect.start)
        target = redirect.target.value.text
        if (
            word is not None
            and redirect.operator in (">", "<", ">>")
            and re.match(r"=?\s*\d", target)
            and not redirect.target.quoted
        ):
            found.append((f"{word.value.shown()}{redirect.operator}{target}", place.span(word.start, redirect.end)()))
    return tuple(found)


def _listed(tool: str, value: Value, options: list[Option], place: Place, start: int) -> Lines:
    """A file of requirements; uv takes a pyproject.toml for one, with the extras and groups that are asked for."""
    folder, _, name = value.text.rpartition("/")
    if tool != "uv" or name != "pyproject.toml":
        return place.requirements(value.text, False, start)
    groups = [v.text.lower() for n, v, _, _ in options if v is not None and n in ("--extra", "--group")]
    every = any(n in ("--all-extras", "--all-groups") for n, _, _, _ in options)
    return place.project(folder or ("/" if value.text.startswith("/") else "."), (*groups, *(("*",) if every else ())))


def _local(value: Value, place: Place, start: int, end: int) -> Lines:
    """A project folder (`.`, `-e .[gpu]`, `/app`), or a local wheel whose name tells nothing."""
    text = value.text.removeprefix("file://")
    folder, _, extras = text.partition("[")
    if folder.startswith(("git+", "http")):
        return Lines(requirements=(parse_requirement(value, place.span(start, end)),))
    if place.brought(folder):
        return Lines()
    if folder.endswith((".whl", ".tar.gz", ".zip")):
        return Lines(missing=(value.shown(),))
    return place.project(folder, tuple(e.strip() for e in extras.rstrip("]").split(",") if e.strip()))


def _without_name(value: Value) -> Value:
    """uv takes `name=URL` for an index."""
    return value._replace(text=re.sub(r"^[\w.-]+=(?=https?:)", "", value.text))


def _index_variables(tool: str) -> tuple[str, ...]:
    return ("PIP_INDEX_URL", "PIP_CONFIG_INDEX_URL") if tool == "pip" else ("UV_DEFAULT_INDEX", "UV_INDEX_URL")


def _from_environment(tool: str, env: Mapping[str, Value]) -> tuple[list[Source], list[Source]]:
    """Extra indexes and find-links that the environment gives; uv ignores PIP_* and pip.conf."""
    names = ("PIP_EXTRA_INDEX_URL",) if tool == "pip" else ("UV_EXTRA_INDEX_URL", "UV_INDEX")
    extra = [
        Source(n, _without_name(env[n]._replace(text=url)), None)
        for n in names
        if n in env
        for url in env[n].text.split()
    ]
    name = "PIP_FIND_LINKS" if tool == "pip" else "UV_FIND_LINKS"
    links = [Source(name, env[name]._replace(text=url), None) for url in env[name].text.split()] if name in env else []
    return extra, links
