"""A Dockerfile that nothing builds, beside others of its folder that are built.

## Why

A Dockerfile that no workflow, script or compose file builds any more rots: its base is deleted, its packages move on,
and nobody sees it fail. This is information, and only where the repository shows how it builds: most Dockerfiles of
the folder are built by something in it, every build's Dockerfile is known, and no README names this one.

## Bad

```dockerfile docker/Dockerfile.cpu
FROM python:3.11-slim
```

```dockerfile docker/Dockerfile.cuda
FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
```

```dockerfile docker/Dockerfile.arm
FROM python:3.11-slim
```

```sh build.sh
docker build -f docker/Dockerfile.cpu -t example/asr:cpu .
docker build -f docker/Dockerfile.cuda -t example/asr:cuda .
```

## Good

```dockerfile docker/Dockerfile.cpu
FROM python:3.11-slim
```

```dockerfile docker/Dockerfile.cuda
FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
```

```sh build.sh
docker build -f docker/Dockerfile.cpu -t example/asr:cpu .
docker build -f docker/Dockerfile.cuda -t example/asr:cuda .
```
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from wxlint.core import disk
from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.INFO
SUMMARY = "a Dockerfile that nothing builds, beside others that are built"
HINT = "build it where the others are built, or delete it"
WEIGHT = 2
_ENOUGH = 2
"""Dockerfiles of a folder that are built, for the others to be missed."""


def check(repository: Repository) -> Iterator[Problem]:
    if repository.policy is not None:
        return  # it says which images there are
    built = _built(repository)
    if built is None or len(built) < _ENOUGH:
        return
    folders: dict[str, list[str]] = {}
    for path in repository.dockerfiles:
        folders.setdefault(posixpath.dirname(path), []).append(path)
    for folder, paths in folders.items():
        known = sorted(built.intersection(paths))
        left = [path for path in paths if path not in built]
        if len(known) < _ENOUGH or len(left) >= len(known) or "devcontainer" in folder:
            continue
        for path in left:
            dockerfile = repository.dockerfiles[path]
            first = next((one for one in dockerfile.instructions if one.keyword == "FROM"), None)
            if first is not None and not _is_mentioned(repository, path):
                span = first.span(dockerfile.source, 0, len(first.text))
                text = f"nothing in the repository builds {path}; {len(known)} others of its folder are built"
                yield Problem(span, text)


def _built(repository: Repository) -> set[str] | None:
    """The Dockerfiles that something in the repository builds; None where one of them is not known."""
    found = set()
    for script in repository.scripts.values():
        for build in script.builds:
            if not build.dockerfile and not build.wanted:
                return None
            found.add(build.dockerfile)
    for path, builds in repository.graph.evaluations.builds.items():
        if any(build.built_by for build in builds):
            found.add(path)
    return found


def _is_mentioned(repository: Repository, path: str) -> bool:
    """Whether a README on the way to the Dockerfile, or any file that was read, names it."""
    name = posixpath.basename(path)
    folder = posixpath.dirname(path)
    places = [folder]
    while places[-1] and disk.real(places[-1]) != repository.sources.root and len(places) < 8:
        places.append(posixpath.dirname(places[-1]))
    for place in places:
        for readme in ("README.md", "README.rst", "readme.md"):
            source = repository.sources.read(posixpath.join(place, readme))
            if source is not None and name in source.text:
                return True
    return repository.sources.mentions(name)
