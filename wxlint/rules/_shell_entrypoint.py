"""Images whose ENTRYPOINT is a shell, which takes the program of their CMD for a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.documents.dockerfile.words import json_words
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.records import Evaluated, Stage

_SHELL = late(r"(?:/(?:usr/)?bin/)?(?:ba|da)?sh")
_OPTION = late(r"-[eilux]+|--login|--norc|--noprofile")
"""Options of a shell behind which it expects a script all the same."""
_NO_SCRIPT = late(
    r"(?:/\S+/)?(?:python[\d.]*|pip[\d.]*|(?:ba|da)?sh|nvidia-smi|node|java|ls|cat|env|sleep|tail|uname|uvicorn|gunicorn"
    r"|streamlit|fastapi|pytest|torchrun)"
)
"""Programs that are no scripts of a shell: binaries, and what pip puts beside Python."""
_HINT = "leave the ENTRYPOINT out, or end it with -c and give the CMD as one text"


def problems(repository: Repository) -> Iterator[Problem]:
    """Yield the CMD of each stage that the shell of its ENTRYPOINT cannot run."""
    started: frozenset[str] | None = None
    for evaluated in repository.evaluated:
        if "ENTRYPOINT" not in evaluated.dockerfile.source.text.upper():
            continue
        for stage in evaluated.stages:
            found = _stage(evaluated, stage)
            if found is not None:
                started = _started_otherwise(repository) if started is None else started
                if evaluated.path not in started:
                    yield found


def _stage(evaluated: Evaluated, stage: Stage) -> Problem | None:
    last = {instruction.keyword: instruction for instruction in evaluated.instructions_of(stage)}
    entrypoint, command = last.get("ENTRYPOINT"), last.get("CMD")
    if entrypoint is None or command is None:
        return None
    shell, program = _shell(entrypoint), _program(command)
    if not shell or not program:
        return None
    source = evaluated.dockerfile.source
    own = entrypoint.span(source, 0, len(entrypoint.text))
    text = f"{shell} takes {program} of the CMD for a script, which it is not: the container does not start"
    because = (reason_at("image", f"ENTRYPOINT {entrypoint.args.strip()}", own),)
    return Problem(command.span(source, 0, len(command.text)), text, because, _HINT)


def _shell(entrypoint: Instruction) -> str:
    """The shell that is started with the words of the CMD behind it; "" for anything else."""
    words = json_words(entrypoint.args) or [""]
    return words[0] if _SHELL.fullmatch(words[0]) and all(map(_OPTION.fullmatch, words[1:])) else ""


def _program(command: Instruction) -> str:
    """The program that a CMD starts, where that is no script of a shell: one without brackets starts /bin/sh."""
    words = json_words(command.args)
    if words is None:
        return "the /bin/sh" if command.args.strip() else ""
    return words[0] if words and _NO_SCRIPT.fullmatch(words[0]) else ""


def _started_otherwise(repository: Repository) -> frozenset[str]:
    """The Dockerfiles of services that have an entrypoint, or a command, of their own."""
    services = repository.compose.services() if repository.compose is not None else ()
    return frozenset(
        image.evaluated.path
        for _, service in services
        if service.entrypoint is not None or service.command is not None
        for image in repository.graph.images.images_of(service)
    )
