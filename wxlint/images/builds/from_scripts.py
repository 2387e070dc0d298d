"""Who builds and who uses which image: builds and uses found in scripts and compose files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from wxlint.core.findings import Span
from wxlint.core.paths import folders_above, from_root, normal, repository_above
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.images.builds.docker_cli import DockerCommand, docker_command
from wxlint.images.builds.loop_rounds import Rounds
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Problem, Source
    from wxlint.images.builds.piped import Fed
    from wxlint.shell.model import Command, ScriptFile
    from wxlint.shell.substitutions import Substitution


class Call(NamedTuple):
    """A docker command of a script, with its place. hosted: on a machine of GitHub's, which has no GPU."""

    docker: DockerCommand
    span: Span
    path: str
    hosted: bool = False


class Edit(NamedTuple):
    """What a script changes of a Dockerfile. substitutions: None for one that is not understood. dockerfile: its path.

    tool: sed, or PowerShell's -replace.
    """

    substitutions: tuple[Substitution | None, ...]
    dockerfile: str
    span: Span
    because: tuple[Reason, ...]
    tool: str = "sed"


class Undefined(NamedTuple):
    """A variable that nothing defines. others: the names that are defined."""

    name: str
    span: Span
    others: tuple[str, ...]


class Script(NamedTuple):
    """What a script does with docker. problems: what is wrong with the file."""

    calls: tuple[Call, ...]
    builds: tuple[Build, ...]
    uses: tuple[Use, ...]
    edits: tuple[Edit, ...] = ()
    undefined: tuple[Undefined, ...] = ()
    problems: tuple[Problem, ...] = ()


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
    calls: list[Call] = []
    builds: list[Build] = []
    uses: list[Use] = []
    edits: list[Edit] = []
    commands = tuple(commands)
    followed = _with_inner(source, commands)
    rounds = Rounds(source, commands)
    for number, (command, fed) in enumerate(followed):
        docker = docker_command(command)
        if docker is None and command.words[0].value.text != "sed":
            continue
        tried = starts(command.cwd) if starts else folders(source.path, command.cwd)
        if docker is None:
            edits += _edit(command, source, find, tried)
            continue
        span = source.span(command.start, command.end)
        calls.append(Call(docker, span, source.path))
        if docker.verb == "build":
            if fed is None and _reads_input(docker):
                fed = _fed([each for each, _ in followed], number, source.text)
            build = _build(docker, source, span, find, rounds, tried, fed)
            builds.append(build)
            uses.extend(build.tags)
            if fed is not None and fed.tool == "-replace" and build.dockerfile:
                edits.append(Edit(fed.substitutions, build.dockerfile, span, command.because, fed.tool))
        elif docker.verb in ("run", "create", "pull", "push", "tag"):
            uses.extend(_arguments(docker, source, rounds))
    return Script(tuple(calls), tuple(builds), tuple(uses), tuple(edits))


_POWERSHELLS = frozenset(("powershell", "powershell.exe", "pwsh", "pwsh.exe"))


def _with_inner(source: Source, commands: tuple[Command, ...]) -> list[tuple[Command, Fed | None]]:
    """Commands, those of a PowerShell that is given a text among them, with what these read from their input."""
    found: list[tuple[Command, Fed | None]] = []
    for command in commands:
        if command.words[0].value.text.lower() in _POWERSHELLS:
            from wxlint.images.builds.piped import inner_commands

            found += inner_commands(command, source.path)
        else:
            found.append((command, None))
    return found


def _reads_input(docker: DockerCommand) -> bool:
    """Whether a build takes its Dockerfile from standard input."""
    named = docker.values("-f", "--file")
    if named:
        return named[-1].value is not None and named[-1].value.text == "-"
    return any(word.value.text == "-" for word in docker.arguments)


def _fed(commands: list[Command], number: int, text: str) -> Fed | None:
    from wxlint.images.builds.piped import fed_to

    return fed_to(commands, number, text)


def _edit(command: Command, source: Source, find: Callable[[list[str]], str | None], starts: list[str]) -> list[Edit]:
    """The Dockerfiles that a sed changes; none where one of its expressions is not known."""
    from wxlint.images.builds.piped import read_sed

    read = read_sed(command)
    found: list[Edit] = []
    for word in read[1] if read is not None else ():
        value = word.value
        path = find([normal(posixpath.join(start, value.text)) for start in starts]) if value.known else None
        if path is not None and read is not None:
            found.append(Edit(read[0], path, source.span(command.start, command.end), command.because))
    return found


def _use(
    kind: str, value: Value, source: Source, start: int, end: int, because: tuple[Reason, ...], produces: bool = False
) -> Use:
    return Use(
        kind, value, parse_reference(value), source.span(start, end), produces, because=(*value.because, *because)
    )


def _arguments(docker: DockerCommand, source: Source, rounds: Rounds) -> list[Use]:
    """The images that run, create, pull, push and tag name."""
    count = 2 if docker.verb == "tag" else 1 if docker.verb in ("run", "create") else len(docker.arguments)
    flags = {option.name for option in docker.options} | {word.value.text for word in docker.arguments}
    every_tag = docker.verb in ("push", "pull") and not flags.isdisjoint(("-a", "--all-tags"))
    found = []
    for index, word in enumerate(docker.arguments[:count]):
        value = word.value
        if value.text in ("", HOLE) or value.text.startswith(("-", "sha256:")):
            continue
        if docker.verb in ("tag", "push") and "/" not in value.text and ":" not in value.text and _is_id(value.text):
            continue
        produces = docker.verb == "tag" and index == 1
        because = rounds.reasons(docker, value, word.start, word.end)
        use = _use(f"docker {docker.verb}", value, source, word.start, word.end, because, produces)
        found.append(_with_every_tag(use) if every_tag else use)
    return found


def _with_every_tag(use: Use) -> Use:
    """A use that means all tags of a repository: none of them is known, and none is left out."""
    value = use.value._replace(text=f"{use.value.text}:{HOLE}", holes=(*use.value.holes, "every tag"))
    reference = parse_reference(value)
    return use._replace(reference=reference) if use.reference is not None and use.reference.untagged else use


def _is_id(text: str) -> bool:
    return len(text) >= 12 and all(c in "0123456789abcdef" for c in text)


def _build(
    docker: DockerCommand,
    source: Source,
    span: Span,
    find: Callable[[list[str]], str | None],
    rounds: Rounds,
    starts: list[str],
    fed: Fed | None = None,
) -> Build:
    because = docker.command.because
    tags = tuple(
        _use(
            "docker build -t",
            o.value,
            source,
            o.start,
            o.end,
            rounds.reasons(docker, o.value, o.start, o.end),
            produces=True,
        )
        for o in docker.values("-t", "--tag")
        if o.value is not None and o.value.text not in ("", HOLE)
    )
    args: list[tuple[str, Value]] = []
    for option in docker.values("--build-arg"):
        assert option.value is not None
        name, equals, text = option.value.text.partition("=")
        line = source.position(option.start)[0]
        shown = option.value.shown().partition("=")[2]
        if equals and HOLE not in name:
            value = option.value._replace(
                text=text, because=(Reason("build-arg", f"--build-arg {name}={shown}", source.path, line, name),)
            )
            args.append((name, value))
        elif HOLE not in name:
            text = f"--build-arg {name} is taken from the environment"
            reason = Reason("build-arg", text, source.path, line, name)
            args.append((name, Value(HOLE, (f"${{{name}}}",), (reason,))))
    context = next((w.value for w in docker.arguments if w.value.text not in ("",)), Value(HOLE, ("context",)))
    named = docker.values("-f", "--file")
    starts = _own_first(docker, source, starts, context, find)
    contexts = [normal(posixpath.join(f, _slashes(context.text))) for f in starts] if context.known else []
    tried: list[str] = []
    if named:
        given = named[-1].value
        if given is not None and given.known and given.text != "-":
            kaniko = "kaniko" in docker.command.words[0].value.text  # looks below the context first
            below = [*contexts, *starts] if kaniko else starts
            tried = [normal(posixpath.join(f, _slashes(given.text))) for f in below]
    elif fed is not None:
        pass
    elif context.known and "://" not in context.text and context.text != "-":
        tried = [posixpath.join(c, n) for c in contexts for n in ("Dockerfile", "Containerfile")]
    edits: tuple[Substitution, ...] = ()
    if fed is not None and fed.file.known and None not in fed.substitutions:
        tried = [normal(posixpath.join(f, _slashes(fed.file.text))) for f in starts]
        edits = tuple(each for each in fed.substitutions if each is not None)
        because = (reason_at("build", f"{fed.tool} edits its Dockerfile", span), *because) if edits else because
    dockerfile = find(tried)
    if dockerfile is not None and not named:
        contexts = [posixpath.dirname(dockerfile) or "."]
    elif dockerfile is not None and contexts:  # both paths start in the same folder
        contexts.insert(0, contexts[tried.index(dockerfile) % len(contexts)])
    target = docker.values("--target")
    platform = docker.values("--platform")
    chosen = platform[-1].value.text if platform and platform[-1].value is not None else ""
    named_contexts = tuple(
        (o.value.text.partition("=")[0], o.value._replace(text=o.value.text.partition("=")[2]))
        for o in docker.values("--build-context")
        if o.value
    )
    unknown_options = any(o.name in ("", HOLE) for o in docker.options)
    more = any(
        HOLE in o.value.text.partition("=")[0] for o in docker.values("--build-arg") if o.value is not None
    ) or any(o.name == HOLE and may_give_arguments(source, o.start, o.end) for o in docker.options)
    return Build(
        dockerfile or "",
        tuple(dict.fromkeys(contexts)),
        target[-1].value.text if target and target[-1].value is not None and target[-1].value.known else None,
        tuple(args),
        tags,
        (reason_at("build", "docker build", span), *because),
        span,
        chosen
        if chosen.startswith(("linux/", "windows/")) and "," not in chosen and HOLE not in chosen
        else "linux/amd64",
        None,
        named_contexts,
        more=more,
        platforms=tuple(one for one in chosen.split(",") if "/" in one and HOLE not in one),
        wanted=() if dockerfile or unknown_options else tuple(tried),
        edits=edits,
    )


def _own_first(
    docker: DockerCommand, source: Source, starts: list[str], context: Value, find: Callable[[list[str]], str | None]
) -> list[str]:
    """Where paths start: first in the script's own folder, where the Dockerfile that it names lies beside it."""
    own = posixpath.dirname(source.path) or "."
    named = docker.values("-f", "--file")
    given = named[-1].value if named else context
    if docker.command.cwd is not None or own not in starts[1:] or given is None or not given.known:
        return starts
    path = normal(posixpath.join(own, _slashes(given.text)))
    names = [path] if named else [posixpath.join(path, name) for name in ("Dockerfile", "Containerfile")]
    beside = [name for name in names if (posixpath.dirname(name) or ".") == own]
    return [own, *(start for start in starts if start != own)] if beside and find(beside) is not None else starts


def may_give_arguments(source: Source, start: int, end: int) -> bool:
    """Whether options that are not known may hold build arguments: not where each value that the file gives their
    variable is written out, and none is one."""
    name = re.fullmatch(r"""["']?\$[{(]?(\w+)(?:\[[@*]\])?[)}]?["']?""", source.text[start:end])
    if name is None:
        return True
    given = re.findall(rf"(?m)\b{re.escape(name[1])}[ \t]*[+:?]?=(.*)", source.text)
    return not given or any("build-arg" in text or "$" in text for text in given)


def _slashes(path: str) -> str:
    return path.replace("\\", "/")


def folders(script: str, cwd: Value | None) -> list[str]:
    """Where a script's relative paths may start. After a `cd` that is not known: nowhere."""
    starts = folders_above(posixpath.dirname(script))[::-1]
    if cwd is None:
        return starts
    if not cwd.known:
        return []
    moved = _slashes(cwd.text)
    if moved.startswith("/"):
        return []
    folder, top = posixpath.dirname(from_root(script)), repository_above() or "."
    if folder and (moved == folder or moved.startswith(f"{folder}/")):  # `cd "$(dirname "$0")/.."`
        return [normal(posixpath.join(top, moved))]
    return [posixpath.join(start, moved) for start in starts]


def sourced_file(read: Callable[[str], Source | None], script: str, path: str, cwd: Value | None) -> ScriptFile | None:
    """The file of the repository that a script names with `source`; None where there is none, or it may be several.

    read: a file inside the repository. script: the path of the script. path: as it is written there. cwd: the folder
    in which it runs then.
    """
    from wxlint.shell.model import ScriptFile

    if path.startswith(("/", "~")):
        return None
    tried = dict.fromkeys(normal(posixpath.join(start, path)) for start in folders(script, cwd))
    found = [source for each in tried if each != script and (source := read(each)) is not None]
    if not found or any(source.text != found[0].text for source in found):
        return None
    return ScriptFile(found[0].path, found[0].text)


def uses_by_place(uses: Iterable[Use]) -> Mapping[tuple[Span, str], Use]:
    """One use per place and text: a Dockerfile that several builds evaluate alike names an image once."""
    found: dict[tuple[Span, str], Use] = {}
    for use in uses:
        found.setdefault((use.span, use.value.text), use)
    return found
