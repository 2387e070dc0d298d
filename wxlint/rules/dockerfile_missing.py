"""A build names a Dockerfile that is not there.

## Why

After a Dockerfile was renamed or moved, whoever builds it by its old name fails: a workflow at its next run, a Makefile
on somebody's machine, a compose service at its next build. So does who names only its folder (`docker build asr`,
`build: asr`) when all that is left there are Dockerfiles of other names. A file that the same script, workflow or
Makefile mentions elsewhere than in its builds may be made by it, and one that git ignores by something else; both are
left alone.

## Bad

```dockerfile docker/Dockerfile.cuda
FROM python:3.11-slim
```

```sh build.sh
docker build -f docker/Dockerfile.gpu -t example/asr:1.0-cuda .
```

## Good

```dockerfile docker/Dockerfile.cuda
FROM python:3.11-slim
```

```sh build.sh
docker build -f docker/Dockerfile.cuda -t example/asr:1.0-cuda .
```
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.findings import Severity, Span
from wxlint.core.paths import folders_above, normal
from wxlint.core.patterns import late
from wxlint.core.suggest import did_you_mean
from wxlint.core.values import HOLE
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.merge import Text
    from wxlint.documents.compose.services import Service
    from wxlint.documents.source import Source
    from wxlint.images.builds.model import Script

SEVERITY = Severity.WARNING
SUMMARY = "a build whose Dockerfile is not there"
HINT = "name the Dockerfile that is meant"


def check(repository: Repository) -> Iterator[Problem]:
    for script in repository.scripts.values():
        for build in script.builds:
            if not build.wanted or build.span is None or any(disk.lexists(path) for path in build.wanted):
                continue
            found = _named(repository, script, build) or _in_a_loop(script, build)
            found = found or _of_a_folder(repository, script, build)
            if found is not None and not _is_ignored(build.span.path, build.wanted):
                path, span = found
                yield Problem(span, f"there is no {path}{_near(repository, path)}", build.built_by, image=path)
    yield from _of_services(repository)


def _of_services(repository: Repository) -> Iterator[Problem]:
    """Yield what compose services name as their Dockerfile, in a context that is there."""
    projects = repository.compose
    if projects is None:
        return
    seen = set()
    elsewhere = {service.key.span.path for _, service in projects.services() if _is_run_elsewhere(repository, service)}
    every = [*(service for _, service in projects.services()), *(s for file in projects.files for s in file.services)]
    chosen = {each.name for each in every if each.build is not None and each.build.dockerfile is not None}
    for _, service in projects.services():
        written, path = _wanted_by(service)
        folder = service.build.folder if service.build is not None else None
        if written is None or folder is None or service.key.span.path in elsewhere:
            continue
        if service.name in chosen and service.build is not None and service.build.dockerfile is None:
            continue  # another file that is laid over this one names it
        span = written.place.span
        if span in seen or not projects.filled.isdisjoint(service.paths):
            continue
        seen.add(span)
        if _is_gone(repository, written, folder, path):
            yield Problem(span, f"there is no {path}{_near(repository, path)}", image=path)


def _wanted_by(service: Service) -> tuple[Text | None, str]:
    """The Dockerfile of a service, with what names it: `dockerfile`, else its folder; None where none is known."""
    build = service.build
    if build is None or build.folder is None or build.remote:
        return None, ""
    if build.dockerfile is not None:
        path = build.dockerfile_path
        return (build.dockerfile, normal(path)) if path is not None else (None, "")
    if build.dockerfile_inline is not None or build.context is None or disk.lexists(f"{build.folder}/Containerfile"):
        return None, ""
    return build.context, normal(posixpath.join(build.folder, _PLAIN_NAMES[0]))


def _near(repository: Repository, path: str) -> str:
    """A suggestion: of one with the same numbers, and of two that are both just called Dockerfile their folders have to
    be alike."""
    folder, name = posixpath.split(path)
    own, numbers = posixpath.basename(folder), re.findall(r"\d+", path)
    others = [
        other
        for other in repository.dockerfiles
        if re.findall(r"\d+", other) == numbers
        and (posixpath.basename(other) != name or did_you_mean(own, [posixpath.basename(posixpath.dirname(other))]))
    ]
    return did_you_mean(path, others, str)


def _is_run_elsewhere(repository: Repository, service: Service) -> bool:
    """Whether what a service builds is there from a folder above its file on only: it is copied there first, or run
    with --project-directory."""
    build = service.build
    if build is None or build.dockerfile is None or build.dockerfile_path is None:
        return False
    written, folder = build.dockerfile.value.text, posixpath.dirname(service.key.span.path)
    if not folder or HOLE in written or written.startswith("/") or disk.lexists(build.dockerfile_path):
        return False
    known = repository.dockerfiles
    return any(normal(posixpath.join(each, written)) in known for each in folders_above(folder)[1:])


def _is_gone(repository: Repository, written: Text, folder: str, path: str) -> bool:
    """Whether the Dockerfile that a service names is not there, and nothing may make it.

    An empty context is a submodule that is not checked out, or a folder that is mounted.
    """
    source, text = written.place.source, written.value.text
    line = source.line_text(written.place.span.line)
    if not text or HOLE in path or text.startswith("/") or text not in line or "$" in line:
        return False  # made of variables, which a host may set
    if disk.lexists(path) or not disk.is_folder(folder) or not disk.names(folder):
        return False
    if not Path(disk.real(path)).is_relative_to(repository.sources.root):
        return False
    above = posixpath.dirname(path)
    if disk.is_folder(above) and not disk.names(above):
        return False
    if _is_ignored(source.path, (path,)):
        return False
    plain, named = posixpath.basename(path) in _PLAIN_NAMES, posixpath.basename(text) in _PLAIN_NAMES
    by_folder = plain and (text in _PLAIN_NAMES or not named) and _is_left_alone(repository, folder)
    if plain and not named and not by_folder:
        return False
    beside = {posixpath.dirname(source.path) or ".", folder}
    files = [normal(posixpath.join(where, name)) for where in beside for name in disk.names(where)]
    own = normal(source.path)
    moved = re.compile(rf"\b(?:cp|mv)\b.*{re.escape(posixpath.basename(source.path))}")
    for name in {*repository.scripts, *filter(_MAKER.search, files)} - {own}:
        maker = repository.sources.read(name)
        if maker is None:
            continue
        if moved.search(maker.text) or (by_folder and _may_make(repository, maker, path)):
            return False
        may_make = name in repository.scripts or not name.endswith(_YAML)
        if may_make and not by_folder and text in maker.text:
            return False
    return True


_MAKER = late(r"(?i)(?:\.(?:sh|bash|bat|cmd|ps1|py|mk|md|rst|ya?ml)|(?:^|/)(?:Makefile|justfile|configure))$")
"""Files that may make a Dockerfile, say how one is made, or put a compose file elsewhere."""
_YAML = (".yaml", ".yml")


_PLAIN_NAMES = ("Dockerfile", "Containerfile")


def _named(repository: Repository, script: Script, build: Build) -> tuple[str, Span] | None:
    """The Dockerfile that a build names as it is, with its place; None where something else in the file may make it."""
    assert build.span is not None
    source = repository.sources.read(build.span.path)
    if source is None:
        return None
    text = source.text.replace("\\", "/")
    path = max((path for path in build.wanted if _places(path, text)), key=len, default="")
    places = _places(path, text) if path else []
    builds = {each.span for each in script.builds if path in each.wanted}
    if not places or len(places) > len(builds):
        return None
    folder, name = posixpath.split(path)
    if folder and not disk.is_folder(path.split("/")[0]):
        return None  # a submodule, or another repository that is checked out here
    if name not in _PLAIN_NAMES:
        elsewhere = len(_places(name, text)) > len(places)
    elif folder:
        rest = _beside_builds(script, source).replace("\\", "/")
        elsewhere = len(_mentions(folder, rest)) > len(_places(path, rest))
    else:
        elsewhere = text.count(name) > len(places)
    inside = [at for at in places if source.position(at)[0] == build.span.line]
    at = (inside or places)[0]
    return None if elsewhere else (path, source.span(at, at + len(path)))


def _of_a_folder(repository: Repository, script: Script, build: Build) -> tuple[str, Span] | None:
    """The plain Dockerfile of a folder that a build names as it is: the folder is there, and no Dockerfile in it."""
    assert build.span is not None
    source = repository.sources.read(build.span.path)
    folders = {posixpath.dirname(path) or "." for path in build.wanted}
    there = [folder for folder in folders if disk.is_folder(folder)]
    if source is None or len(there) != 1 or any(posixpath.basename(path) not in _PLAIN_NAMES for path in build.wanted):
        return None
    folder, start, end = there[0], *_offsets(source, build.span)
    if folder == "." or not _is_left_alone(repository, folder) or "ockerfile" in source.text[start:end]:
        return None
    last = re.escape(posixpath.basename(folder))
    word = rf"""(?<![^\s"'])([\w./\\-]*(?<![\w.-]){last})[/\\]?["']?(?=[\s;&|)]|$)"""
    named = list(re.compile(word).finditer(source.text, start, end))
    if not named:
        named = list(re.compile(rf"""(?m)^[ \t-]*context:[ \t]*["']?{word}""").finditer(source.text))
    if not named:
        return None
    rest = _beside_builds(script, source).replace("\\", "/")
    if _mentions(folder, rest) or _mentions(posixpath.basename(folder), rest) or _MADE.search(rest):
        return None
    path = posixpath.join(folder, _PLAIN_NAMES[0])
    others = (repository.sources.read(name) for name in repository.scripts if name != build.span.path)
    if any(other is not None and _may_make(repository, other, path) for other in others):
        return None
    return path, source.span(named[-1].start(1), named[-1].end(1))


def _is_left_alone(repository: Repository, folder: str) -> bool:
    """Whether a folder without a plain Dockerfile holds another, so that it is checked out and was filled by hand."""
    return any((posixpath.dirname(path) or ".") == normal(folder) for path in repository.dockerfiles)


def _may_make(repository: Repository, source: Source, path: str) -> bool:
    """Whether a file may make a plain Dockerfile: it mentions it other than to build it, or makes some."""
    script = repository.scripts.get(source.path)
    rest = _beside_builds(script, source) if script is not None else _SAID.sub("", source.text)
    return bool(_places(path, rest)) or _MADE.search(rest) is not None


def _beside_builds(script: Script, source: Source) -> str:
    """A script without its builds, the images that it names and what it prints."""
    spans = [span for build in script.builds for span in (build.span, *(tag.span for tag in build.tags))]
    spans += [use.span for use in script.uses]
    kept, at = [], 0
    for start, end in sorted(_offsets(source, span) for span in spans if span and span.path == source.path):
        kept.append(source.text[at:start])
        at = max(at, end)
    return _SAID.sub("", " ".join((*kept, source.text[at:])))


def _offsets(source: Source, span: Span) -> tuple[int, int]:
    starts = source.starts
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1


_SAID = late(r"(?m)^[ \t]*@?echo\b[^>|;&\n]*$|^[ \t-]*(?:context|(?:docker)?file)[ \t]*[:=].*$")
"""What is printed, and what an action or a target builds."""
_MADE = late(
    r"(?m)(?:\b(?:cp|mv|ln|copy|move|ren|renam\w*|tee|rsync|install|curl|wget|git|envsubst)\b|>|open\(|write).*"
    r"\b(?:Docker|Container)file\b(?![.-])"
)
"""A line that may make a plain Dockerfile somewhere."""


def _mentions(folder: str, text: str) -> list[int]:
    """Where a text names a folder, not a program that is called like it."""
    return [at for at in _places(folder, text) if not _PROGRAM.match(text, at)]


_PROGRAM = late(r"(?:docker|podman|buildah|make|build)[ \t]+[a-z]")
"""A folder's name that is a program's where it stands: `docker build`."""


def _places(path: str, text: str) -> list[int]:
    """Where a text names a path, whatever stands in front of it."""
    return [match.start() for match in re.finditer(rf"(?<![\w.-]){re.escape(path)}(?![\w.-])", text)]


def _in_a_loop(script: Script, build: Build) -> tuple[str, Span] | None:
    """The Dockerfile of one round of a loop, or of a workflow's matrix, whose other rounds have theirs."""
    assert build.span is not None
    path = min(build.wanted, key=len)
    if disk.is_folder(posixpath.dirname(path) or "."):
        return None
    others = [each for each in script.builds if each.span == build.span and each.dockerfile]
    calls = [call for call in script.calls if call.span == build.span]
    if not others or not calls or any(call.docker.command.conditional for call in calls):
        return None
    return path, build.span


def _is_ignored(path: str, wanted: tuple[str, ...]) -> bool:
    """Whether git ignores one of these paths, as files do that are made."""
    from wxlint.discovery.git_index import repository
    from wxlint.discovery.gitignore import is_ignored

    found = repository(os.path.dirname(disk.real(path)))
    if found is None:
        return False
    for each in wanted:
        real = disk.real(each)
        below = os.path.relpath(real, found.root)
        try:
            if is_ignored(os.fsencode(below), False, found.rules(os.path.dirname(real))):
                return True
        except OSError:
            return True
    return False
