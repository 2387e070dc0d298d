"""A script builds an image before the base that it starts from.

## Why

The first build takes a base of an earlier day, or of the registry, and the base that is built a line later reaches
nobody until the next run. On a new machine the script ends with an error. Only what one script builds, and builds
nowhere earlier, counts.

## Bad

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```dockerfile app/Dockerfile
FROM example/base:cpu
```

```sh build.sh
docker build -t example/app:cpu app
docker build -t example/base:cpu base
```

## Good

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```dockerfile app/Dockerfile
FROM example/base:cpu
```

```sh build.sh
docker build -t example/base:cpu base
docker build -t example/app:cpu app
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.images.builds.model import Script
from wxlint.images.graph.producers import same_name
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build
from wxlint.images.model.reference import Reference
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "an image that a script builds before its base"
HINT = "build the base first"


def check(repository: Repository) -> Iterator[Problem]:
    kinds = {item.path: item.kind for item in repository.documents.given}
    for path, script in repository.scripts.items():
        if kinds.get(path) in ("shell", "batch") and len(script.builds) > 1:
            yield from _script(repository, script)


def _script(repository: Repository, script: Script) -> Iterator[Problem]:
    certain = [call.docker.command for call in script.calls if call.docker.verb == "build"]
    makers: dict[str, list[int]] = {}
    for number, build in enumerate(script.builds):
        doubtful = number < len(certain) and certain[number].conditional and not certain[number].because
        base = None if doubtful or not build.dockerfile else _base(repository, build)
        if base is None or build.span is None:
            continue
        shown = base.shown()
        if shown not in makers:  # once for each base, not for each build
            makers[shown] = [place for place, other in enumerate(script.builds) if _makes(other, base)]
        if makers[shown] and makers[shown][0] > number:
            later = script.builds[makers[shown][0]]
            text = f"{build.dockerfile} starts from {shown}, which is built later in this script"
            yield Problem(build.span, text, (reason_at("build", f"{shown} is built", later.span),))


def _base(repository: Repository, build: Build) -> Reference | None:
    """The image that a build starts from, where it is known."""
    evaluated = next((e for e in repository.graph.evaluations.evaluated_at(build.dockerfile) if e.build is build), None)
    return evaluated.known_base() if evaluated is not None else None


def _makes(build: Build, base: Reference) -> bool:
    return any(tag.reference is not None and _is(base, tag.reference) for tag in build.tags)


def _is(base: Reference, made: Reference) -> bool:
    if not made.tag_known:
        return same_name(base, made)
    return (made.tag or "latest") == (base.tag or "latest") and same_name(base, made)
