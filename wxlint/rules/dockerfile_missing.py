"""A build names a Dockerfile that is not there.

## Why

After a Dockerfile was renamed or moved, whoever builds it by its old name fails: a workflow at its next run, a Makefile
on somebody's machine. A file that the same script, workflow or Makefile mentions elsewhere may be made by it, and one
that git ignores by something else; both are left alone.

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

import os
import posixpath
from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.suggest import did_you_mean
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build
from wxlint.rules import Problem

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
