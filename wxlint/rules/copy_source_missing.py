"""A COPY of a file that is not in the build context: not there at all, or kept out by .dockerignore.

## Why

The build stops there, on every machine. The usual causes are a build context that is another folder than the Dockerfile
was written for, a file that was moved, and a `.dockerignore` that grew. Only builds that the repository makes itself
count, since a context is what the builder says it is. Left alone are names with variables or wildcards, files that git
ignores or has, folders of which it ignores everything, submodules, and files that whoever builds the image mentions: it
may make them. A file that is nowhere is information only where git does not say which files belong to the repository:
it may be a part of one.

## Bad

```dockerfile docker/Dockerfile
FROM python:3.11-slim
COPY requirements/base.txt /tmp/
```

```text requirements/base.txt
flask==3.0.0
```

```sh build.sh
docker build -t example/asr:1.0 docker
```

## Good

```dockerfile docker/Dockerfile
FROM python:3.11-slim
COPY requirements/base.txt /tmp/
```

```text requirements/base.txt
flask==3.0.0
```

```sh build.sh
docker build -f docker/Dockerfile -t example/asr:1.0 .
```
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.findings import Severity
from wxlint.core.paths import folders_above, normal
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.git_index import repository as git_repository
from wxlint.documents.dockerfile.words import json_words, listed_words
from wxlint.images.graph.image import contributing
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.core.span import Span
    from wxlint.discovery.dockerignore import Ignored
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.model.records import Build, Evaluated

SEVERITY = Severity.WARNING
SUMMARY = "a COPY of what is not in the build context"
HINT = "build in the folder that the Dockerfile was written for, or correct the path or .dockerignore"

_PLAIN = late(r"[\w./@+-]+")
_MOUNT = late(r"--mount=(\S+)")
_ANYTHING = "anything"
"""A name that stands for all of a folder, whose files git may ignore: `models/*`."""
_DOCKER = late(r"\b(?:docker|podman|buildah)(?=[ \t]+[a-z])|(?:(?:-f|--file|--dockerfile)[= \t]+|file:[ \t]*)\S+")
"""What command lines of builders name that makes no file: their program, and the Dockerfile."""


class _Missing(NamedTuple):
    """sure: it lies elsewhere, is kept out, or git tracks other files here: this is a whole checkout."""

    why: str
    sure: bool


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.dockerfiles_in_scope:
        for evaluated in repository.graph.evaluated_at(path):
            build = evaluated.build
            if build.span is not None and build.contexts and not build.more:
                yield from _build(repository, evaluated, build)


def _build(repository: Repository, evaluated: Evaluated, build: Build) -> Iterator[Problem]:
    stage = evaluated.target(build.target)
    contexts = [context for context in build.contexts if disk.is_folder(context)]
    if stage is None or not contexts:
        return
    for one in contributing(evaluated, stage):
        for instruction in evaluated.instructions_of(one):
            for source, span in _sources(evaluated, instruction):
                missing = _missing(repository, evaluated, contexts, source)
                if missing is not None:
                    copied = build.built_by[:1] and build.built_by[0].text == "devcontainer"  # often a template
                    severity = None if missing.sure and not copied else Severity.INFO
                    verb = "RUN --mount" if instruction.keyword == "RUN" else instruction.keyword
                    text = f"{verb} {source}: {missing.why}"
                    yield Problem(span, text, build.built_by, severity=severity)


def _from_elsewhere(instruction: Instruction) -> bool:
    return bool(instruction.flags) and any(flag.name in ("from", "parents", "exclude") for flag in instruction.flags)


def _sources(evaluated: Evaluated, instruction: Instruction) -> Iterator[tuple[str, Span]]:
    """What an instruction takes out of the build context, as far as it is written as it is, with its places."""
    source = evaluated.dockerfile.source
    if instruction.keyword == "RUN":
        for start, end in _bound(instruction):
            yield instruction.text[start:end], instruction.span(source, start, end)
    if instruction.keyword not in ("COPY", "ADD") or _from_elsewhere(instruction) or "<<" in instruction.text:
        return
    listed = json_words(instruction.args)
    if listed is not None:
        words = [word for word in listed if isinstance(word, str)]
        places = [instruction.text.find(f'"{word}"', instruction.args_at) + 1 for word in words]
        stretches = [(at, at + len(word)) for at, word in zip(places, words) if at > 0]
    else:
        stretches = listed_words(instruction.text, instruction.args_at)
    for start, end in stretches[:-1]:
        text = instruction.text[start:end]
        if _PLAIN.fullmatch(text) and posixpath.normpath(text) not in (".", "/", ".."):
            yield text, instruction.span(source, start, end)


def _bound(instruction: Instruction) -> Iterator[tuple[int, int]]:
    """The sources of bind mounts of the build context."""
    for match in _MOUNT.finditer(instruction.text, 0, instruction.args_at):
        parts = (part.partition("=") for part in match[1].split(","))
        given: dict[str, str] = {name: value for name, _, value in parts}
        named = given.get("source") or given.get("src") or ""
        if given.get("type", "bind") != "bind" or "from" in given or not _PLAIN.fullmatch(named):
            continue
        if posixpath.normpath(named) not in (".", "/", ".."):
            start = instruction.text.find(f"={named}", match.start(1)) + 1
            yield start, start + len(named)


def _missing(repository: Repository, evaluated: Evaluated, contexts: list[str], source: str) -> _Missing | None:
    """What keeps a source out of every folder that may be the context; None where nothing does."""
    name = posixpath.normpath(source.lstrip("/"))
    if name.startswith("..") or name == ".git":
        return None  # git itself makes the latter
    paths = [normal(posixpath.join(context, name)) for context in contexts]
    if any(map(disk.lexists, paths)):
        ignored = [_ignore_file(repository, evaluated.path, context, name) for context in contexts]
        return _Missing(f"{ignored[0]} keeps it out of the build context", True) if all(ignored) else None
    tracked = _tracked(paths[0])
    if tracked is None or _may_be_made(repository, evaluated.build, paths, name, tracked):
        return None
    folders = [folder for folder in _folders(evaluated.path) if disk.lexists(posixpath.join(folder, name))]
    hint = f"; there is one in {folders[0]}" if folders else ""
    return _Missing(f"there is none in the build context {contexts[0]}{hint}", bool(folders or tracked))


def _folders(path: str) -> list[str]:
    """The folders above a Dockerfile, from its own on."""
    return folders_above(posixpath.dirname(path))


def _ignore_file(repository: Repository, dockerfile: str, context: str, name: str) -> str:
    """The file that keeps a path out of a build context; "" for none."""
    from wxlint.discovery.dockerignore import parse

    own, shared = f"{dockerfile}.dockerignore", normal(posixpath.join(context, ".dockerignore"))
    for path in (own, shared):
        source = repository.sources.read(path)
        if source is not None and source.foreign:
            return ""  # its lines are other patterns to the builder
        if source is not None:
            return path if _is_out(parse(source.text), source.text, context, name) else ""
    return ""


def _is_out(ignored: Ignored, text: str, context: str, name: str) -> bool:
    """Whether nothing of a path is in the context. An exception may bring back files of an ignored folder."""
    if not ignored(name):
        return False
    return disk.is_file(posixpath.join(context, name)) or not re.search(r"(?m)^[ \t]*!", text)


def _tracked(path: str) -> frozenset[str] | None:
    """The files that git tracks around a path; None where it cannot be said."""
    found = git_repository(os.path.dirname(disk.real(path)))
    try:
        return frozenset(map(os.fsdecode, found.tracked())) if found is not None else frozenset()
    except OSError:
        return None


def _may_be_made(repository: Repository, build: Build, paths: list[str], name: str, tracked: frozenset[str]) -> bool:
    """Whether a path that is not there may be there when somebody builds."""
    builders = {reason.path for reason in build.built_by} | ({build.span.path} if build.span is not None else set())
    texts = [_DOCKER.sub("", source.text) for path in builders if (source := repository.sources.read(path)) is not None]
    words = {name.split("/")[0], posixpath.basename(name)}
    if any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for text in texts for word in words):
        return True
    return any(_is_git_s(path, tracked) for path in paths)


def _is_git_s(path: str, tracked: frozenset[str]) -> bool:
    """Whether git ignores a path or all below it, has it without a file here, or has it in a submodule."""
    found = git_repository(os.path.dirname(disk.real(path)))
    if found is None:
        return False
    below = os.path.relpath(disk.real(path), found.root)
    if any(each == below or each.startswith(f"{below}/") or below.startswith(f"{each}/") for each in tracked):
        return True
    try:
        real = disk.real(path)
        return found.ignores(real) or found.ignores(os.path.join(real, _ANYTHING))
    except OSError:
        return True
