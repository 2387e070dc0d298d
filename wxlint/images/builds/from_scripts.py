"""What a script builds and uses, by its docker commands."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from wxlint.core.paths import normal
from wxlint.core.values import HOLE, Value
from wxlint.images.builds.commands.docker_build import build_of, use_at
from wxlint.images.builds.commands.docker_cli import DockerCommand, docker_command
from wxlint.images.builds.commands.loop_rounds import Rounds
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.builds.model import DockerCall, DockerfileEdit, Script
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.commands.piped import Fed
    from wxlint.shell.model import Command


def read_script(
    source: Source,
    commands: Iterable[Command],
    find: Callable[[list[str]], str | None],
    starts: Callable[[Value | None], list[str]] | None = None,
) -> Script:
    """Take the docker commands of a script apart.

    find: the first of several paths that is a known Dockerfile. starts: where relative paths may start behind a `cd`.
    Without it, paths are tried from the script's `cd`, the working folder's root and the script's own folder, since a
    script rarely says where it is started.
    """
    calls: list[DockerCall] = []
    builds: list[Build] = []
    uses: list[Use] = []
    edits: list[DockerfileEdit] = []
    commands = tuple(commands)
    followed = _with_inner(source, commands)
    rounds = Rounds(source, commands)
    for number, (command, fed) in enumerate(followed):
        docker = docker_command(command)
        if docker is None and command.words[0].value.text != "sed":
            uses += _copied(command, None, source)
            continue
        tried = starts(command.cwd) if starts else folders(source.path, command.cwd)
        if docker is None:
            edits += _edit(command, source, find, tried)
            continue
        span = source.span(command.start, command.end)
        calls.append(DockerCall(docker, span, source.path, starts=tuple(tried)))
        if docker.verb == "build":
            if fed is None and _reads_input(docker):
                fed = _fed([each for each, _ in followed], number, source.text)
            build = build_of(docker, source, span, find, rounds, tried, fed)
            builds.append(build)
            uses.extend(build.tags)
            if fed is not None and fed.tool == "-replace" and build.dockerfile:
                edits.append(DockerfileEdit(fed.substitutions, build.dockerfile, span, command.because, fed.tool))
        elif docker.verb in ("run", "create", "pull", "push", "tag"):
            uses.extend(_copied(command, docker, source) or _arguments(docker, source, rounds))
        elif docker.verb in ("buildx imagetools", "manifest"):
            uses += _copied(command, docker, source)
    return Script(tuple(calls), tuple(builds), tuple(uses), tuple(edits))


_POWERSHELLS = frozenset(("powershell", "powershell.exe", "pwsh", "pwsh.exe"))


def _with_inner(source: Source, commands: tuple[Command, ...]) -> list[tuple[Command, Fed | None]]:
    """Commands, those of a PowerShell that is given a text and of another machine among them, with what these read from
    their input."""
    found: list[tuple[Command, Fed | None]] = []
    remote: set[int] = set()  # by their places among what is found
    built_there = False
    for command in commands:
        program = command.words[0].value.text
        if program.lower() in _POWERSHELLS:
            from wxlint.images.builds.commands.piped import inner_commands

            found += inner_commands(command, source.path)
        elif program.endswith(("ssh", "sshpass")):
            from wxlint.images.builds.commands.over_ssh import remote_commands

            taken = remote_commands(command, source)
            built_there = built_there or taken is None
            remote |= set(range(len(found), len(found) + len(taken or ())))
            found += [(each, None) for each in taken or ()]
        else:
            found.append((command, None))
    return [each for at, each in enumerate(found) if at not in remote] if built_there else found


def _reads_input(docker: DockerCommand) -> bool:
    """Whether a build takes its Dockerfile from standard input."""
    named = docker.last("-f", "--file")
    if named is not None:
        return named.text == "-"
    return any(word.value.text == "-" for word in docker.arguments)


def _fed(commands: list[Command], number: int, text: str) -> Fed | None:
    from wxlint.images.builds.commands.piped import fed_to

    return fed_to(commands, number, text)


def _edit(
    command: Command, source: Source, find: Callable[[list[str]], str | None], starts: list[str]
) -> list[DockerfileEdit]:
    """The Dockerfiles that a sed changes; none where one of its expressions is not known."""
    from wxlint.images.builds.commands.piped import read_sed

    read = read_sed(command)
    found: list[DockerfileEdit] = []
    for word in read[1] if read is not None else ():
        value = word.value
        path = find([normal(posixpath.join(start, value.text)) for start in starts]) if value.known else None
        if path is not None and read is not None:
            found.append(DockerfileEdit(read[0], path, source.span(command.start, command.end), command.because))
    return found


def _says_every_tag(docker: DockerCommand) -> bool:
    """Whether `--all-tags` is given, which docker takes behind the image's name, too."""
    said = [(option.name, option.value.text if option.value is not None else "") for option in docker.options]
    said += [(name, value) for name, _, value in (word.value.text.partition("=") for word in docker.arguments)]
    given = (value.lower() for name, value in said if name in ("-a", "--all-tags"))
    return any(value not in ("0", "f", "false") for value in given)


def _arguments(docker: DockerCommand, source: Source, rounds: Rounds) -> list[Use]:
    """The images that run, create, pull, push and tag name."""
    count = 2 if docker.verb == "tag" else 1 if docker.verb in ("run", "create") else len(docker.arguments)
    every_tag = docker.verb in ("push", "pull") and _says_every_tag(docker)
    found = []
    for index, word in enumerate(docker.arguments[:count]):
        value = word.value
        if value.text in ("", HOLE) or value.text.startswith(("-", "sha256:")):
            continue
        if docker.verb in ("tag", "push") and "/" not in value.text and ":" not in value.text and _is_id(value.text):
            continue
        produces = docker.verb == "tag" and index == 1
        because = rounds.reasons(docker, value, word.start, word.end)
        use = use_at(f"docker {docker.verb}", value, source, word.start, word.end, because, produces)
        found.append(_with_every_tag(use) if every_tag else use)
    return found


_COPIES = frozenset(("skopeo", "crane", "regctl", "imagetools", "manifest", "push"))
"""Words of commands that may copy an image."""


def _copied(command: Command, docker: DockerCommand | None, source: Source) -> list[Use]:
    """The images that a command copies, and the names that it gives them."""
    if _COPIES.isdisjoint([word.value.text for word in command.words[:5]]):
        return []
    from wxlint.images.builds.commands.image_copies import KIND, copy_of, copy_of_docker, placed

    copy = copy_of(command) if docker is None else copy_of_docker(docker)
    return [
        use_at(KIND, word.value, source, word.start, word.end, command.because, produces)
        for word, produces in (placed(copy) if copy is not None else ())
    ]


def _with_every_tag(use: Use) -> Use:
    """A use that means all tags of a repository: none of them is known, and none is left out."""
    value = use.value._replace(text=f"{use.value.text}:{HOLE}", holes=(*use.value.holes, "every tag"))
    reference = parse_reference(value)
    return use._replace(reference=reference) if use.reference is not None and use.reference.untagged else use


def _is_id(text: str) -> bool:
    return len(text) >= 12 and all(c in "0123456789abcdef" for c in text)
