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

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.documents.dockerfile.words import json_words, listed_words
from wxlint.images.graph.image import contributing
from wxlint.images.graph.joined_texts import JoinedTexts
from wxlint.images.graph.missing.context_files import Absent, ContextFolders, inside_context, is_nowhere
from wxlint.images.graph.missing.made_files import says_how_to_make
from wxlint.images.graph.repository import Repository
from wxlint.rules import ARCHIVED, Problem

if TYPE_CHECKING:
    from wxlint.core.reasons import Reason
    from wxlint.core.span import Span
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.documents.source import Source
    from wxlint.images.model.records import Build, Evaluated

SEVERITY = Severity.WARNING
SUMMARY = "a COPY of what is not in the build context"
HINT = "build in the folder that the Dockerfile was written for, or correct the path or .dockerignore"

_PLAIN = late(r"[\w./@+-]+")
_MOUNT = late(r"--mount=(\S+)")
_WRITTEN = late(
    r"\.(?:py|sh|txt|toml|cfg|conf|ini|ya?ml|jinja2?|j2|js|ts|go|mod)$"
    r"|^(?:[\w-]+/)*(?:src|apps?|api|backend|frontend|server|services?|common|core|utils|config|scripts|tests?)$"
)
"""Files that people write, and folders of such files."""
_NOT_USED = late(rf"{ARCHIVED.pattern}|(?i:(?:^|[/._-])(?:examples?|samples?|templates?|tutorials?)(?:[/._-]|$))")
"""Dockerfiles that nobody uses any more, and those that somebody copies first."""
_MADE_BY_TOOLS = frozenset(("build", "dist", "node_modules", "out", "target", "wheels"))
"""Folders that builds of other languages fill."""
_TEXTS = (".md", ".rst", ".txt", ".sh", ".py", "makefile")


def check(repository: Repository) -> Iterator[Problem]:
    texts = JoinedTexts(repository, lambda name: name.lower().endswith(_TEXTS))
    for path in repository.dockerfiles_in_scope:
        known: dict[tuple[str, ...], ContextFolders] = {}
        for evaluated in repository.graph.evaluations.evaluated_at(path):
            build = evaluated.build
            if build.span is not None and build.contexts and not build.more:
                if build.contexts not in known:
                    known[build.contexts] = ContextFolders(repository.sources, path, build.contexts)
                yield from _build(known[build.contexts], evaluated, build)
            elif build.span is None and not build.image and not _NOT_USED.search(path):
                told = [each for each in repository.told_builds.get(path, ()) if each.contexts and not each.more]
                yield from _as_told(repository, evaluated, told) if told else _by_hand(repository, evaluated, texts)


def _by_hand(repository: Repository, evaluated: Evaluated, texts: JoinedTexts) -> Iterator[Problem]:
    """Yield what a Dockerfile which nothing builds copies, and no folder has that may be its context."""
    for instruction in evaluated.dockerfile.instructions:
        for source, span in _sources(evaluated.dockerfile.source, instruction):
            name = inside_context(source)
            if _WRITTEN.search(name) and is_nowhere(repository.sources, span.path, name):
                text = f"{instruction.keyword} {source}: no folder of the repository has one"
                # a script, or a text beside the Dockerfile, that names it may make it, or say to put it there by hand
                if not texts.name(posixpath.basename(name), (posixpath.dirname(evaluated.path),)):
                    yield Problem(span, text, severity=Severity.INFO)


def _as_told(repository: Repository, evaluated: Evaluated, told: list[Build]) -> Iterator[Problem]:
    """Yield what is in the context of no command of the documentation that builds a Dockerfile which nothing else
    builds."""
    folders = [ContextFolders(repository.sources, evaluated.path, each.contexts[:1]) for each in told]
    documents = [repository.sources.read(each.span.path) for each in told if each.span is not None]
    for instruction in evaluated.dockerfile.instructions:
        for source, span in _sources(evaluated.dockerfile.source, instruction):
            absent = [one.absent(source, evaluated.build) if one.folders else None for one in folders]
            first, name = absent[0], posixpath.basename(source)
            made = name in _MADE_BY_TOOLS or any(_is_brought(text.text, name) for text in documents if text is not None)
            if first is not None and None not in absent and not made:
                text = f"{instruction.keyword} {source}: {_why(first)}"
                yield Problem(span, text, told[0].built_by, severity=Severity.INFO)


def _is_brought(text: str, name: str) -> bool:
    """Whether a document says how a file or folder comes to be there."""
    brought = rf"\b(?:clone|submodule|unzip|tar|mkdir|ln)\b[^\n]{{0,200}}(?<![\w.-]){re.escape(name)}(?![\w-])"
    return says_how_to_make(text, name) or re.search(brought, text) is not None


def _build(contexts: ContextFolders, evaluated: Evaluated, build: Build) -> Iterator[Problem]:
    stage = evaluated.target(build.target)
    if stage is None or not contexts.folders:
        return
    for one in contributing(evaluated, stage):
        for instruction in evaluated.instructions_of(one):
            for source, span in _sources(evaluated.dockerfile.source, instruction):
                absent = contexts.absent(source, build)
                if absent is not None:
                    copied = build.built_by[:1] and build.built_by[0].text == "devcontainer"  # often a template
                    severity = None if absent.sure and not copied else Severity.INFO
                    verb = "RUN --mount" if instruction.keyword == "RUN" else instruction.keyword
                    because = (*build.built_by, *_context_of(build))
                    yield Problem(span, f"{verb} {source}: {_why(absent)}", because, severity=severity)


def _context_of(build: Build) -> Iterator[Reason]:
    """Yield where a compose file says what the build context is."""
    written = build.service.build.context if build.service is not None and build.service.build is not None else None
    if written is not None:
        yield reason_at("build", f"context {written.value.shown()}", written.place.span)


def _why(absent: Absent) -> str:
    if absent.ignored_by:
        return f"{absent.ignored_by} keeps it out of the build context"
    hint = f"; there is one in {absent.elsewhere}" if absent.elsewhere else ""
    return f"there is none in the build context {absent.context}{hint}"


def _from_elsewhere(instruction: Instruction) -> bool:
    return bool(instruction.flags) and any(flag.name in ("from", "parents", "exclude") for flag in instruction.flags)


def _sources(source: Source, instruction: Instruction) -> Iterator[tuple[str, Span]]:
    """What an instruction takes out of the build context, as far as it is written as it is, with its places."""
    if instruction.keyword == "RUN":
        for start, end in _bound(instruction):
            yield instruction.text[start:end], instruction.span(source, start, end)
    if instruction.keyword not in ("COPY", "ADD") or _from_elsewhere(instruction) or "<<" in instruction.text:
        return
    listed = json_words(instruction.args)
    if listed is not None:
        words = [word for word in listed if isinstance(word, str)]
        places = [instruction.text.find(f'"{word}"', instruction.args_at) + 1 for word in words]
        stretches = tuple([(at, at + len(word)) for at, word in zip(places, words) if at > 0])
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
