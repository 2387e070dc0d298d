"""What a devcontainer.json builds and starts, by the reference of its keys on containers.dev."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.documents.json_text import json_problem
from wxlint.documents.source import Source, TextProblem
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, parse
from wxlint.images.builds.github.actions import Find
from wxlint.images.builds.model import Devcontainer, NamedFile, Script
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference

_COMMENT = late(r'"(?:[^"\\\n]|\\.)*"|(?P<out>//[^\n]*|/\*.*?\*/)', re.DOTALL)
_LAST_COMMA = late(r'"(?:[^"\\\n]|\\.)*"|(?P<out>,(?=\s*[}\]]))', re.DOTALL)
_AT_START = ("onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand")
"""Commands that run in the container, the first time or each time that it starts."""
_GETS_MORE = late(r"install|sync|conda|mamba|pixi|poetry|pdm|\buvx?\b|\bmake\b|\bjust\b|\btask\b|\.sh\b|pip")
_BRINGS_MORE = late(r"cuda|nvidia|gpu|rocm|conda|mamba|python|poetry|/uv\b|pip|torch|pixi|nix|jupyter")
"""In the name of a feature: it may bring what computes on a GPU, or another Python."""
_DEVICES = ("--device", "--runtime", "--volumes-from", "--privileged")
"""Options of `docker run` that may bring a GPU into a container otherwise."""


def devcontainer_script(source: Source, find: Find) -> Script:
    """What a devcontainer.json builds, or the image that it names, and what its container asks for."""
    text = source.text
    for left_out in (_COMMENT, _LAST_COMMA):
        text = left_out.sub(lambda m: " " * len(m[0]) if m["out"] else m[0], text)
    documents, problems, _ = parse(Source(source.path, text))
    refused = json_problem(text)
    wrong = (refused,) if refused is not None else tuple(TextProblem(*each) for each in problems)
    root = documents[0] if documents else None
    if not isinstance(root, Mapping):
        return Script((), (), (), problems=wrong)
    image, use = _scalar(root, "image"), None
    if image is not None:
        value = Value(image.text) if "${" not in image.text else Value(HOLE, (image.text,))
        span = source.span(*image.inner(source.text))
        use = Use("devcontainer image", value, parse_reference(value), span)
    build = _build(source, root, find)
    composed = tuple(_compose_files(source, root))
    started = _started(source, root)._replace(use=use, build=build, compose_files=composed)
    uses = (use,) if use is not None else ()
    return Script((), (build,) if build is not None else (), uses, problems=wrong, devcontainers=(started,))


def _scalar(node: Node | None, key: str) -> Scalar | None:
    found = node.get(key) if isinstance(node, Mapping) else None
    return found if isinstance(found, Scalar) and found.kind == "str" and found.text else None


def _build(source: Source, root: Mapping, find: Find) -> Build | None:
    """The build of the container's image; None where it has none, or its Dockerfile is not known."""
    given = root.get("build")
    file = _scalar(given, "dockerfile") or _scalar(root, "dockerFile")
    if file is None or "${" in file.text:
        return None
    folder = posixpath.dirname(source.path) or "."
    context = _scalar(given, "context") or _scalar(root, "context")
    target = _scalar(given, "target")
    path = normal(posixpath.join(folder, file.text))
    span = source.span(*file.inner(source.text))
    dockerfile = find([path])
    base = posixpath.dirname(path) or "."
    below = context.text if context is not None else "."
    return Build(
        dockerfile or "",
        (normal(posixpath.join(folder if context is not None else base, below)),) if "${" not in below else (),
        target.text if target is not None else None,
        tuple(_arguments(source, given.get("args") if isinstance(given, Mapping) else None)),
        (),
        (reason_at("build", "devcontainer", span),),
        span,
        wanted=() if dockerfile else (path,),
    )


def _arguments(source: Source, node: Node | None) -> Iterator[tuple[str, Value]]:
    for key, value in node.entries if isinstance(node, Mapping) else ():
        if isinstance(value, Scalar):
            known = "${" not in value.text
            made = Value(value.text) if known else Value(HOLE, (value.text,))
            line = source.position(key.start)[0]
            reason = Reason("build-arg", f"args {key.text}={made.shown()}", source.path, line, key.text)
            yield key.text, made._replace(because=(reason,))


def _compose_files(source: Source, root: Mapping) -> Iterator[NamedFile]:
    """The compose files of a container that is a service, the base first."""
    given = root.get("dockerComposeFile")
    folder = posixpath.dirname(source.path) or "."
    for item in given.items if isinstance(given, Sequence) else (given,):
        if isinstance(item, Scalar) and item.kind == "str" and item.text:
            known = "${" not in item.text and not item.text.startswith("/")
            path = normal(posixpath.join(folder, item.text)) if known else ""
            yield NamedFile(path, source.span(*item.inner(source.text)))


def _started(source: Source, root: Mapping) -> Devcontainer:
    """What a container asks for when it starts."""
    args = root.get("runArgs")
    items = [item for item in args.items if isinstance(item, Scalar)] if isinstance(args, Sequence) else []
    asked = next((item for item in items if item.text.partition("=")[0] == "--gpus"), None)
    needs = root.get("hostRequirements")
    needed = needs.get("gpu") if isinstance(needs, Mapping) else None
    refused = isinstance(needed, Scalar) and needed.text.lower() in ("false", "null")
    service, name = _scalar(root, "service"), _scalar(root, "name")
    entry = needs.entry("gpu") if isinstance(needs, Mapping) and needed is not None and not refused else None
    settings = {}
    for key in ("containerEnv", "remoteEnv"):
        given = root.get(key)
        for variable, value in given.entries if isinstance(given, Mapping) else ():
            settings[variable.text] = value.text if isinstance(value, Scalar) else HOLE
    return Devcontainer(
        source.span(0, 0),
        name=name.text if name is not None else "",
        gpus=source.span(asked.start, asked.end) if asked is not None else None,
        needs=source.span(entry.key.start, entry.key.end) if entry is not None else None,
        optional=isinstance(needed, Scalar) and needed.text == "optional",
        otherwise=any(item.text.startswith(_DEVICES) or "${" in item.text for item in items),
        service=NamedFile(service.text, source.span(*service.inner(source.text))) if service is not None else None,
        settings=tuple(settings.items()),
        gets_more=_gets_more(root),
    )


def _gets_more(root: Mapping) -> bool:
    """Whether commands at the start or features may bring more than the image holds."""
    features = root.get("features")
    named = features.entries if isinstance(features, Mapping) else ()
    if any(_BRINGS_MORE.search(key.text.lower()) for key, _ in named):
        return True
    return any(_GETS_MORE.search(text) for key in _AT_START for text in _texts(root.get(key)))


def _texts(node: Node | None) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, Sequence):
        yield " ".join(item.text for item in node.items if isinstance(item, Scalar))
    elif isinstance(node, Mapping):
        for _, value in node.entries:
            yield from _texts(value) if not isinstance(value, Mapping) else ()
