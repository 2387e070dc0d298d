"""Install commands of conda, apt and their kin, and of tools that install a whole project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.images.install import Install, Place, read_arguments
from wxlint.images.requirement import Requirement, conda_requirement, parse_requirement

if TYPE_CHECKING:
    from wxlint.documents.shell import Command, Word


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
        yield Install(
            "poetry", found, conditional=command.conditional, where=where, because=command.because
        )


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
    at = 1
    while at < len(rest):
        word = rest[at]
        text = word.value.text
        at += 1
        name, equals, attached = text.partition("=")
        if name.startswith("-"):
            takes = name in (
                "-n",
                "--name",
                "-p",
                "--prefix",
                "-c",
                "--channel",
                "-f",
                "--file",
                "--solver",
                "--experimental-solver",
            )
            value = attached if equals else rest[at].value.text if takes and at < len(rest) else ""
            at += 1 if takes and not equals else 0
            if name in ("-c", "--channel"):
                channels.append(value)
            elif name in ("-f", "--file"):
                found = place.environment(value)
                if found is None:
                    missing.append(value)
                else:
                    requirements.extend(found.requirements)
                    channels.extend(found.channels)
                    yield (
                        found._replace(
                            tool="pip", requirements=found.constraints, constraints=(), conditional=command.conditional
                        )
                        if (found.constraints)
                        else found._replace(requirements=())
                    )
            continue
        requirements.append(conda_requirement(word.value, place.span(word.start, word.end)))
    if (
        verb.startswith("env")
        and not requirements
        and not missing
        and not any(w.value.text in ("-f", "--file") for w in rest)
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
    arguments = []
    takes = False
    for word in words:
        text = word.value.text
        if not takes and not text.startswith("-"):
            arguments.append(word)
        takes = not takes and text in _APT_WITH_VALUE
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
