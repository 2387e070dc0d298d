"""A build names a Dockerfile that is not there.

## Why

After a Dockerfile was renamed or moved, whoever builds it by its old name fails: a workflow at its next run, a Makefile
on somebody's machine, a compose service at its next build. A file that the same script, workflow or Makefile mentions
elsewhere may be made by it, and one that git ignores by something else; both are left alone.

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

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.suggest import did_you_mean
from wxlint.core.values import HOLE
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.merge import Text

SEVERITY = Severity.WARNING
SUMMARY = "a build whose Dockerfile is not there"
HINT = "name the Dockerfile that is meant"


def check(repository: Repository) -> Iterator[Problem]:
    for script in repository.scripts.values():
        for build in script.builds:
            if build.wanted and build.span is not None and _is_missing(repository, build):
                path = build.wanted[0]
                near = did_you_mean(path, list(repository.dockerfiles), str)
                yield Problem(build.span, f"there is no {path}{near}", build.built_by, image=path)
    yield from _of_services(repository)


def _of_services(repository: Repository) -> Iterator[Problem]:
    """Yield what compose services name as their Dockerfile, in a context that is there."""
    projects = repository.compose
    if projects is None:
        return
    seen = set()
    for _, service in projects.services():
        build = service.build
        if build is None or build.dockerfile is None or build.folder is None or build.dockerfile_path is None:
            continue
        path, span = posixpath.normpath(build.dockerfile_path), build.dockerfile.place.span
        if span in seen or not projects.filled.isdisjoint(service.paths):
            continue
        seen.add(span)
        if _is_gone(repository, build.dockerfile, build.folder, path):
            near = did_you_mean(path, list(repository.dockerfiles), str)
            yield Problem(span, f"there is no {path}{near}", image=path)


def _is_gone(repository: Repository, written: Text, folder: str, path: str) -> bool:
    """Whether the Dockerfile that a service names is not there, and nothing may make it.

    An empty context is a submodule that is not checked out, or a folder that is mounted.
    """
    source, text = written.place.source, written.value.text
    line = source.line_text(written.place.span.line)
    if not text or HOLE in path or text.startswith("/") or text not in line or "$" in line:
        return False  # made of variables, which a host may set
    if os.path.lexists(path) or not os.path.isdir(folder) or not os.listdir(folder):
        return False
    if not Path(os.path.realpath(path)).is_relative_to(repository.sources.root):
        return False
    above = posixpath.dirname(path)
    if os.path.isdir(above) and not os.listdir(above):
        return False
    if _is_ignored(source.path, (path,)):
        return False
    beside = {posixpath.dirname(source.path) or ".", folder}
    files = [posixpath.normpath(posixpath.join(where, name)) for where in beside for name in os.listdir(where)]
    own = posixpath.normpath(source.path)
    moved = re.compile(rf"\b(?:cp|mv)\b.*{re.escape(posixpath.basename(source.path))}")
    for name in {*repository.scripts, *filter(_MAKER.search, files)} - {own}:
        maker = repository.sources.read(name)
        may_make = name in repository.scripts or not name.endswith(_YAML)
        if maker is not None and (moved.search(maker.text) or may_make and text in maker.text):
            return False
    return True


_MAKER = late(r"(?i)(?:\.(?:sh|bash|bat|cmd|ps1|py|mk|md|rst|ya?ml)|(?:^|/)(?:Makefile|justfile|configure))$")
"""Files that may make a Dockerfile, say how one is made, or put a compose file elsewhere."""
_YAML = (".yaml", ".yml")


def _is_missing(repository: Repository, build: Build) -> bool:
    """Whether none of the places where a Dockerfile was looked for has one, and nothing may make it."""
    if any(os.path.lexists(path) for path in build.wanted):
        return False
    span = build.span
    source = repository.sources.read(span.path) if span is not None else None
    if source is None or span is None:
        return False
    name = posixpath.basename(build.wanted[0])
    own = "\n".join(source.line_text(line) for line in range(span.line, span.end_line + 1))
    explicit = any(path in own for path in build.wanted)  # written as it is, not made of variables
    folders = {posixpath.dirname(path) or "." for path in build.wanted}
    if not explicit and any(map(os.path.isdir, folders)):
        return False  # `docker build .` where the working folder is not known
    return explicit and source.text.count(name) == own.count(name) and not _is_ignored(source.path, build.wanted)


def _is_ignored(path: str, wanted: tuple[str, ...]) -> bool:
    """Whether git ignores one of these paths, as files do that are made."""
    from wxlint.discovery.git_index import repository
    from wxlint.discovery.gitignore import is_ignored

    found = repository(os.path.dirname(os.path.realpath(path)))
    if found is None:
        return False
    for each in wanted:
        real = os.path.realpath(each)
        below = os.path.relpath(real, found.root)
        try:
            if is_ignored(os.fsencode(below), False, found.rules(os.path.dirname(real))):
                return True
        except OSError:
            return True
    return False
