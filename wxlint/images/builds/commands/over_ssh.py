"""What a script runs on another machine: `ssh HOST COMMAND`, `ssh HOST <<EOF`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from wxlint.core.values import Value, concat
from wxlint.images.builds.commands.docker_cli import docker_command
from wxlint.images.model.embedded_shell import EmbeddedText
from wxlint.shell.options import read_options

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.shell.model import Command

TAKES = ("run", "create", "pull")
"""What takes an image by its name. The files of the repository are not there, so nothing else is followed."""
_VALUED = frozenset(f"-{letter}" for letter in "BbcDEeFIiJLlmOopQRSWw")
"""ssh's options with a value. Source: its manual."""


def remote_commands(command: Command, source: Source) -> list[Command] | None:
    """The commands that take an image on the machine that a command connects to, each at the place of the whole; None
    where images are built there, since what runs on it is likely one of these."""
    names = [posixpath.basename(word.value.text) for word in command.words]
    if "ssh" not in names:
        return []
    arguments = read_options(command.words[names.index("ssh") + 1 :], _VALUED, stop=True).positional[1:]
    given = [redirect.target for redirect in command.redirects if redirect.operator.startswith("<<")]
    parts = arguments or tuple(given[-1:])
    if not parts:
        return []
    start, end = parts[0].start, parts[-1].end
    text = EmbeddedText()
    text.filled(concat([each for word in parts for each in (word.value, Value(" "))]), start, end)
    inner = text.commands(source, {}, end, "bash")
    if any(map(may_build, inner)):
        return None
    verbs = [docker.verb if docker is not None else "" for docker in map(docker_command, inner)]
    return [
        each._replace(
            words=tuple(word._replace(start=start, end=end) for word in each.words),
            start=start,
            end=end,
            conditional=command.conditional or each.conditional,
            because=command.because,
            cwd=None,
        )
        for each, verb in zip(inner, verbs)
        if verb in TAKES
    ]


def may_build(command: Command) -> bool:
    """Return whether a command may build an image: `docker build`, `docker compose up --build`, `make`."""
    return any(word.value.text in ("build", "--build", "buildx", "bake", "make") for word in command.words)
