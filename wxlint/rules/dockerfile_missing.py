"""A build names a Dockerfile, or a script a compose file, that is not there.

## Why

After a Dockerfile was renamed or moved, whoever builds it by its old name fails: a workflow at its next run, a Makefile
on somebody's machine, a compose service at its next build. So does who names only its folder (`docker build asr`,
`build: asr`) when all that is left there are Dockerfiles of other names, a step with `docker/build-push-action` and no
`file` in a repository whose Dockerfiles all lie in folders, and one round of a loop or of a workflow's
matrix where the others have theirs. Where a variable names the Dockerfile (`-f "$DOCKERFILE"`), each value that the
script gives it is looked at, in branches that are not taken too. A file that the same script, workflow or Makefile
mentions elsewhere than in its builds may be made by it, and one that git ignores by something else; both are left out.

Compose takes `dockerfile:` from the build context, not from the folder of its own file. Where the context is that
folder, and the Dockerfile is above it, the finding is information: somebody may start the services from there.

Behind a compose file of another folder (`-f docker-compose.yml -f docker/gpu.yml`) all paths begin in the folder of the
first, and so does a build context of the second.

`docker compose -f docker-compose.yml -f docker-compose.gpu.yml up` ends with `no such file` where the second is gone.
That is said where other compose files, or Dockerfiles, are in its folder, and no script names it other than to use it.

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

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.findings import Severity
from wxlint.core.paths import folders_above, normal
from wxlint.core.suggest import did_you_mean
from wxlint.core.values import HOLE
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.merge import Text
    from wxlint.documents.compose.services import Service
    from wxlint.images.graph.missing.dockerfiles import Search

SEVERITY = Severity.WARNING
SUMMARY = "a build whose Dockerfile, or a command whose compose file, is not there"
HINT = "name the file that is meant"


_COMPOSE = ("compose ", "stack deploy")


def check(repository: Repository) -> Iterator[Problem]:
    for gone in repository.gone_dockerfiles:
        yield Problem(gone.span, f"there is no {gone.path}{gone.near}", gone.because, image=gone.path)
    yield from _of_services(repository)
    yield from _compose_files(repository)
    yield from _contexts(repository)


def _compose_files(repository: Repository) -> Iterator[Problem]:
    """Yield the compose files that commands and dev containers name and that are not there."""
    if any(one.compose_files for script in repository.scripts.values() for one in script.devcontainers):
        from wxlint.rules._devcontainer_gpus import missing_compose_files

        yield from missing_compose_files(repository)
    if not any(call.docker.verb.startswith(_COMPOSE) for s in repository.scripts.values() for call in s.calls):
        return
    for missing in repository.missing_compose_files:
        near = did_you_mean(missing.path, missing.near, str)
        yield Problem(missing.span, f"there is no {missing.path}{near}", image=missing.path)


def _contexts(repository: Repository) -> Iterator[Problem]:
    """Yield the contexts that are not there when their file is given behind one of another folder."""
    if (
        repository.compose is None
        or len({posixpath.dirname(file.source.path) for file in repository.compose.files}) < 2
    ):
        return
    from wxlint.images.graph.services.laid_contexts import (
        lost_contexts,  # where files of two folders may be given together
    )

    for lost in lost_contexts(repository):
        text = f"there is no {lost.path}: behind a file of another folder, paths begin there; {lost.meant} is meant"
        yield Problem(lost.span, text, lost.because, "write the path as it is from the folder of the first file")


def _search(repository: Repository) -> Search:
    from wxlint.images.graph.missing.dockerfiles import Search  # where there is something to look for

    return Search(repository.documents, repository.sources)


def _of_services(repository: Repository) -> Iterator[Problem]:
    """Yield what compose services name as their Dockerfile, in a context that is there."""
    projects = repository.compose
    if projects is None:
        return
    seen = set()
    search: Search | None = None
    elsewhere = {service.key.span.path for _, service in projects.services() if _from_above(repository, service)}
    every = [*(service for _, service in projects.services()), *(s for file in projects.files for s in file.services)]
    chosen = {each.name for each in every if each.build is not None and each.build.dockerfile is not None}
    for _, service in projects.services():
        written, path = _wanted_by(service)
        folder = service.build.folder if service.build is not None else None
        if written is None or folder is None:
            continue
        if service.name in chosen and service.build is not None and service.build.dockerfile is None:
            continue  # another file that is laid over this one names it
        span = written.place.span
        if span in seen or not projects.filled.isdisjoint(service.paths):
            continue
        seen.add(span)
        if disk.lexists(path):
            continue
        search = search or _search(repository)
        if service.key.span.path in elsewhere:
            there = _from_above(repository, service)
            started = search.is_started_in(posixpath.dirname(there) or ".", span.path)
            if there and "/" not in written.value.text and not started:
                yield Problem(span, f"there is no {path}; did you mean {there}?", image=path, severity=Severity.INFO)
        elif search.is_gone(written, folder, path):
            beside = search.beside(written)
            hint = f"; {beside} is there, but the path is taken from the context" if beside else search.near(path)
            yield Problem(span, f"there is no {path}{hint}", image=path)


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
    return build.context, normal(posixpath.join(build.folder, "Dockerfile"))


def _from_above(repository: Repository, service: Service) -> str:
    """The Dockerfile of a service that is there from a folder above its file only, "" where it is not: the file is
    copied there first, or run with --project-directory."""
    build = service.build
    if build is None or build.dockerfile is None or build.dockerfile_path is None:
        return ""
    written, folder = build.dockerfile.value.text, posixpath.dirname(service.key.span.path)
    if not folder or HOLE in written or written.startswith("/") or disk.lexists(build.dockerfile_path):
        return ""
    above = [normal(posixpath.join(each, written)) for each in folders_above(folder)[1:]]
    return next((path for path in above if path in repository.dockerfiles), "")
