"""A `docker build` of a script as a build: its Dockerfile, context, arguments and tags."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from wxlint.core.findings import Span
from wxlint.core.paths import normal
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.images.builds.docker_cli import DockerCommand
from wxlint.images.builds.loop_rounds import Rounds
from wxlint.images.builds.script_folders import slashes
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.piped import Fed
    from wxlint.shell.substitutions import Substitution


def use_at(
    kind: str, value: Value, source: Source, start: int, end: int, because: tuple[Reason, ...], produces: bool = False
) -> Use:
    return Use(
        kind, value, parse_reference(value), source.span(start, end), produces, because=(*value.because, *because)
    )


def build_of(
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
        use_at(
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
    contexts = [normal(posixpath.join(f, slashes(context.text))) for f in starts] if context.known else []
    tried: list[str] = []
    if named:
        given = named[-1].value
        if given is not None and given.known and given.text != "-":
            kaniko = "kaniko" in docker.command.words[0].value.text  # looks below the context first
            below = [*contexts, *starts] if kaniko else starts
            tried = [normal(posixpath.join(f, slashes(given.text))) for f in below]
    elif fed is not None:
        pass
    elif context.known and "://" not in context.text and context.text != "-":
        tried = [posixpath.join(c, n) for c in contexts for n in ("Dockerfile", "Containerfile")]
    edits: tuple[Substitution, ...] = ()
    if fed is not None and fed.file.known and None not in fed.substitutions:
        tried = [normal(posixpath.join(f, slashes(fed.file.text))) for f in starts]
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
    ) or any(o.name == HOLE and _may_give_arguments(source, o.start, o.end) for o in docker.options)
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
    path = normal(posixpath.join(own, slashes(given.text)))
    names = [path] if named else [posixpath.join(path, name) for name in ("Dockerfile", "Containerfile")]
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
