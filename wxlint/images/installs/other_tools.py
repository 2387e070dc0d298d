"""Install commands of conda, apt and their kin, and of tools that install a whole project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint.core.values import Value
from wxlint.images.installs.model import WITH_VALUE, Install, Place, Source, read_arguments
from wxlint.images.installs.requirement import Requirement, conda_requirement, parse_requirement
from wxlint.shell.options import read_options

if TYPE_CHECKING:
    from wxlint.shell.model import Command, Word


_CONDA_WITH_VALUE = frozenset("-n --name -p --prefix -c --channel -f --file --solver --experimental-solver".split())
_APT_WITH_VALUE = frozenset("-o --option -t --target-release -a --host-architecture -c --config-file --solver".split())


def project_tool(tool: str, words: list[Word], place: Place, command: Command) -> Iterator[Install]:
    """`uv sync`, `poetry install`, `pdm install`: what the project file in the working directory asks for."""
    if not words:
        return
    verb = words[0].value.text
    arguments = read_arguments(words[1:])
    where = place.span(words[0].start, words[0].end)
    if verb in ("install", "sync", "i"):
        chosen = [
            v.text
            for n, v, _, _ in arguments.options
            if v is not None and n in ("--extra", "--extras", "-E", "--group", "--with", "-G")
        ]
        folder = next(
            (
                v.text
                for n, v, _, _ in arguments.options
                if v is not None and n in ("--directory", "--project", "-C", "-p")
            ),
            ".",
        )
        every = any(n in ("--all-extras", "--all-groups") for n, _, _, _ in arguments.options)
        lines = place.project(folder, tuple(chosen) + (("*",) if every else ()))
        kind = "uv-project" if tool == "uv" else "poetry"
        yield Install(
            kind, lines.requirements, lines.index, lines.extra, lines.links, lines.constraints, lines.missing,
            conditional=command.conditional, where=where, because=command.because,
        )  # fmt: skip
    elif verb == "add":
        found = tuple(parse_requirement(w.value, place.span(w.start, w.end)) for w in arguments.positional)
        yield Install("poetry", found, conditional=command.conditional, where=where, because=command.because)


def pipenv(words: list[Word], env: Mapping[str, Value], place: Place, command: Command) -> Iterator[Install]:
    """`pipenv install`, `pipenv sync`: what the Pipfile asks for, and what is named besides."""
    words = [word for word in words if word.value.text not in ("-v", "--verbose", "-q", "--quiet", "-c", "--clear")]
    words = read_options(words, WITH_VALUE, stop=True).positional
    if not words or words[0].value.text not in ("install", "sync", "update", "upgrade"):
        return
    arguments = read_arguments(words[1:])
    given = {name: value for name, value, _, _ in arguments.options}
    categories = given.get("--categories")
    groups = tuple(categories.text.replace(",", " ").split()) if categories is not None else ("packages",)
    if "--dev" in given or "-d" in given:
        groups = (*groups, "dev-packages")
    path = env["PIPENV_PIPFILE"].text if "PIPENV_PIPFILE" in env else "Pipfile"
    listed = given.get("-r") or given.get("--requirements") or given.get("--requirement")
    lines = [place.pipfile(path, groups)]
    if listed is not None:
        lines.append(place.requirements(listed.text, False, words[0].start))
        lines[0] = lines[0]._replace(missing=())  # pipenv makes it of the file
    named = tuple(parse_requirement(w.value, place.span(w.start, w.end)) for w in arguments.positional)
    if named:
        lines[0] = lines[0]._replace(missing=())
    index = next(
        (
            Source(n, v, place.span(a, b))
            for n, v, a, b in arguments.options
            if v is not None and n in ("-i", "--index", "--pypi-mirror")
        ),
        next((item.index for item in reversed(lines) if item.index is not None), None),
    )
    yield Install(
        "pipenv", (*named, *(r for item in lines for r in item.requirements)), index, tuple(s for item in lines for s in item.extra),
        tuple(s for item in lines for s in item.links), tuple(c for item in lines for c in item.constraints),
        tuple(m for item in lines for m in item.missing), conditional=command.conditional,
        where=place.span(words[0].start, words[0].end), because=command.because,
    )  # fmt: skip


def conda(words: list[Word], place: Place, command: Command) -> Iterator[Install]:
    rest = [w for w in words if w.value.text not in ("-y", "--yes", "-q", "--quiet")]
    if not rest:
        return
    verb = rest[0].value.text
    if verb == "env" and len(rest) > 1:
        rest = rest[1:]
        verb = "env " + rest[0].value.text
    if verb not in ("install", "create", "update", "env create", "env update"):
        return
    channels: list[str] = []
    requirements: list[Requirement] = []
    missing: list[str] = []
    arguments = read_options(rest[1:], _CONDA_WITH_VALUE)
    for name, value, _, _ in arguments.options:
        if value is None:
            continue
        if name in ("-c", "--channel"):
            channels.append(value.text)
        elif name in ("-f", "--file"):
            found = place.environment(value.text)
            if found is None:
                missing.append(value.text)
                continue
            requirements.extend(found.requirements)
            channels.extend(found.channels)
            yield (
                found._replace(
                    tool="pip", requirements=found.constraints, constraints=(), conditional=command.conditional
                )
                if found.constraints
                else found._replace(requirements=())
            )
    for word in arguments.positional:
        requirements.append(conda_requirement(word.value, place.span(word.start, word.end)))
    if (
        verb.startswith("env")
        and not requirements
        and not missing
        and not any(option.name in ("-f", "--file") for option in arguments.options)
    ):
        missing.append("environment.yml")
    yield Install(
        "conda", tuple(requirements), channels=tuple(channels), missing=tuple(missing), conditional=command.conditional,
        where=place.span(rest[0].start, rest[0].end), because=command.because,
    )  # fmt: skip


def vendor(words: list[Word], place: Place, command: Command) -> Iterator[Install]:
    """A maker's own installer: amdgpu-install brings ROCm, a cuda_*.run file the CUDA toolkit. Given as packages of the system."""
    rocm = words[0].value.text.endswith("amdgpu-install")
    if rocm and not any("rocm" in w.value.text or "hip" in w.value.text for w in words[1:]):
        return
    where = place.span(words[0].start, words[-1].end)
    name, shown = ("rocm", "amdgpu-install") if rocm else ("nvidia-cuda-toolkit", words[0].value.shown())
    yield Install(
        "apt", (Requirement(name, where=where, written=shown),), conditional=command.conditional, where=where,
        because=command.because,
    )  # fmt: skip


def apt(words: list[Word], place: Place, command: Command) -> Iterator[Install]:
    arguments = read_options(words, _APT_WITH_VALUE).positional
    if not arguments or arguments[0].value.text not in ("install", "reinstall"):
        return
    found = []
    for word in arguments[1:]:
        name = word.value.text.partition("=")[0].lower()
        found.append(Requirement(name, where=place.span(word.start, word.end), written=word.value.shown()))
    yield Install(
        "apt", tuple(found), conditional=command.conditional, where=place.span(arguments[0].start, arguments[0].end),
        because=command.because,
    )  # fmt: skip
