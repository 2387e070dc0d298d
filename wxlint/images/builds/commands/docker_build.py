"""A `docker build` of a script as a build: its Dockerfile, context, arguments and tags."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Span
from wxlint.core.paths import normal
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.images.builds.commands.docker_cli import DockerCommand
from wxlint.images.builds.commands.loop_rounds import Rounds
from wxlint.images.builds.commands.script_folders import slashes
from wxlint.images.model.records import DEFAULT_PLATFORM, Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.commands.piped import Fed
    from wxlint.shell.substitutions import Substitution

_NAMES = ("Dockerfile", "Containerfile")
"""What is built where no file is named."""


def use_at(
    kind: str, value: Value, source: Source, start: int, end: int, because: tuple[Reason, ...], produces: bool = False
) -> Use:
    """A place in a script that names an image."""
    return Use(
        kind, value, parse_reference(value), source.span(start, end), produces, because=(*value.because, *because)
    )


class _Files(NamedTuple):
    """The files of a build. tried: where the Dockerfile was looked for."""

    dockerfile: str | None
    contexts: list[str]
    tried: list[str]


def build_of(
    docker: DockerCommand,
    source: Source,
    span: Span,
    find: Callable[[list[str]], str | None],
    rounds: Rounds,
    starts: list[str],
    fed: Fed | None = None,
) -> Build:
    """What a `docker build` builds.

    find: the first of several paths that is a known Dockerfile. starts: where relative paths may start. fed: the
    Dockerfile that it reads from standard input.
    """
    edits = _edits(fed)
    edited = (reason_at("build", f"{fed.tool} edits its Dockerfile", span),) if fed is not None and edits else ()
    files = _files(docker, source, find, starts, fed)
    target, platform = docker.last("--target"), docker.last("--platform")
    chosen = platform.text if platform is not None else ""
    single = chosen.startswith(("linux/", "windows/")) and "," not in chosen and HOLE not in chosen
    unknown_options = any(option.name in ("", HOLE) for option in docker.options)
    return Build(
        files.dockerfile or "",
        tuple(dict.fromkeys(files.contexts)),
        target.text if target is not None and target.known else None,
        tuple(_arguments(docker, source)),
        tuple(_tags(docker, source, rounds)),
        (reason_at("build", "docker build", span), *edited, *docker.command.because),
        span,
        chosen if single else DEFAULT_PLATFORM,
        None,
        tuple(_named_contexts(docker)),
        more=_may_have_more(docker, source),
        platforms=tuple(one for one in chosen.split(",") if "/" in one and HOLE not in one),
        wanted=() if files.dockerfile or unknown_options else tuple(files.tried),
        edits=edits or (),
        pushes=_pushes(docker),
        open_tags=unknown_options or any(_is_open(option.value) for option in docker.values("-t", "--tag")),
    )


def _pushes(docker: DockerCommand) -> bool:
    """Whether a build pushes what it makes: `--push`, or an output of that kind; kaniko pushes of itself."""
    outputs = [option.value.text for option in docker.values("-o", "--output") if option.value is not None]
    said = any("push=true" in text or "type=registry" in text for text in outputs)
    return said or any(option.name == "--push" for option in docker.options)


def _is_open(value: Value | None) -> bool:
    return value is None or value.text in ("", HOLE)


def _tags(docker: DockerCommand, source: Source, rounds: Rounds) -> Iterator[Use]:
    for option in docker.values("-t", "--tag"):
        if option.value is not None and option.value.text not in ("", HOLE):
            because = rounds.reasons(docker, option.value, option.start, option.end)
            yield use_at("docker build -t", option.value, source, option.start, option.end, because, produces=True)


def _arguments(docker: DockerCommand, source: Source) -> Iterator[tuple[str, Value]]:
    """The build arguments with their values; one that is taken from the environment has none that is known."""
    for option in docker.values("--build-arg"):
        assert option.value is not None
        name, equals, text = option.value.text.partition("=")
        if HOLE in name:
            continue
        line = source.position(option.start)[0]
        if equals:
            shown = option.value.shown().partition("=")[2]
            reason = Reason("build-arg", f"--build-arg {name}={shown}", source.path, line, name)
            yield name, option.value._replace(text=text, because=(reason,))
        else:
            said = f"--build-arg {name} is taken from the environment"
            reason = Reason("build-arg", said, source.path, line, name)
            yield name, Value(HOLE, (f"${{{name}}}",), (reason,))


def _named_contexts(docker: DockerCommand) -> Iterator[tuple[str, Value]]:
    for option in docker.values("--build-context"):
        if option.value is not None:
            name, _, text = option.value.text.partition("=")
            yield name, option.value._replace(text=text)


def _edits(fed: Fed | None) -> tuple[Substitution, ...] | None:
    """What is changed of the file that a build reads from standard input; None where that is not known."""
    if fed is None or not fed.file.known or None in fed.substitutions:
        return None
    return tuple(each for each in fed.substitutions if each is not None)


def _files(
    docker: DockerCommand,
    source: Source,
    find: Callable[[list[str]], str | None],
    starts: list[str],
    fed: Fed | None,
) -> _Files:
    context = next((w.value for w in docker.arguments if w.value.text != ""), Value(HOLE, ("context",)))
    named = docker.last("-f", "--file")
    starts = _own_first(docker, source, starts, context, find)
    contexts = [normal(posixpath.join(start, slashes(context.text))) for start in starts] if context.known else []
    tried: list[str] = []
    if fed is not None and _edits(fed) is not None:
        tried = [normal(posixpath.join(start, slashes(fed.file.text))) for start in starts]
    elif named is not None:
        if named.known and named.text != "-":
            kaniko = "kaniko" in docker.command.words[0].value.text  # looks below the context first
            below = [*contexts, *starts] if kaniko else starts
            tried = [normal(posixpath.join(start, slashes(named.text))) for start in below]
    elif fed is None and context.known and "://" not in context.text and context.text != "-":
        tried = [posixpath.join(folder, name) for folder in contexts for name in _NAMES]
    dockerfile = find(tried)
    if dockerfile is not None and named is None:
        contexts = [posixpath.dirname(dockerfile) or "."]
    elif dockerfile is not None and contexts:  # both paths start in the same folder
        number = next(number for number, path in enumerate(tried) if find([path]) is not None)
        contexts.insert(0, contexts[number % len(contexts)])
    return _Files(dockerfile, contexts, tried)


def _may_have_more(docker: DockerCommand, source: Source) -> bool:
    """Whether there may be build arguments that are not known."""
    unnamed = any(
        HOLE in option.value.text.partition("=")[0]
        for option in docker.values("--build-arg")
        if option.value is not None
    )
    return unnamed or any(
        option.name == HOLE and _may_give_arguments(source, option.start, option.end) for option in docker.options
    )


def _own_first(
    docker: DockerCommand, source: Source, starts: list[str], context: Value, find: Callable[[list[str]], str | None]
) -> list[str]:
    """Where paths start: first in the script's own folder, where the Dockerfile that it names lies beside it."""
    own = posixpath.dirname(source.path) or "."
    named = docker.last("-f", "--file")
    given = context if named is None else named
    if docker.command.cwd is not None or own not in starts[1:] or not given.known:
        return starts
    path = normal(posixpath.join(own, slashes(given.text)))
    names = [path] if named is not None else [posixpath.join(path, name) for name in _NAMES]
    beside = [name for name in names if (posixpath.dirname(name) or ".") == own]
    return [own, *(start for start in starts if start != own)] if beside and find(beside) is not None else starts


def _may_give_arguments(source: Source, start: int, end: int) -> bool:
    """Whether options that are not known may hold build arguments: not where each value that the file gives their
    variable is written out, and none is one."""
    name = re.fullmatch(r"""["']?\$[{(]?(\w+)(?:\[[@*]\])?[)}]?["']?""", source.text[start:end])
    if name is None:
        return True
    given = re.findall(rf"(?m)\b{re.escape(name[1])}[ \t]*[+:?]?=(.*)", source.text)
    return not given or any("build-arg" in text or "$" in text for text in given)
