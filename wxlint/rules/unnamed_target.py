"""A build names no target, and so makes the last stage of a Dockerfile, which is not what it is for.

## Why

Without `--target` or `target:` a build makes the last stage. Where that one runs the tests, or loads data for another
container, the image that gets the tag of the application is the wrong one, and everything of the stage runs in the
build. It is reported where a stage of another purpose stands last (`tests`, `lint`, `docs`) and others build an earlier
one by its name, and where a compose service has the name of an earlier stage. Where further options may name the
target (`docker build $OPTIONS`) it is information.

## Bad

```dockerfile
FROM python:3.12-slim AS prod
RUN pip install fastapi
FROM prod AS tests
RUN pip install pytest && pytest
```

```sh
docker build -t example/api:1.0 .
docker build -t example/api:ci --target prod .
```

## Good

```dockerfile
FROM python:3.12-slim AS prod
RUN pip install fastapi
FROM prod AS tests
RUN pip install pytest && pytest
```

```sh
docker build -t example/api:1.0 --target prod .
docker build -t example/api:tests --target tests .
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.image_stages import copied_from
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.core.reasons import Reason
    from wxlint.images.model.records import Build, Evaluated

SEVERITY = Severity.WARNING
SUMMARY = "a build without a target, of a Dockerfile whose last stage is for something else"
HINT = "name the stage with --target, or with target: in compose"

_ASIDE = late(
    r"(?<![a-zA-Z0-9])(?:tests?|testing|unittests?|lint(?:er|ing)?|docs?|coverage|benchmarks?)(?![a-zA-Z0-9])"
)
"""Words in the names of stages that no application runs from."""


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.dockerfiles_in_scope:
        if len(repository.dockerfiles[path].instructions) > 1:
            built = [
                one
                for one in repository.graph.evaluations.evaluated_at(path)
                if one.build.built_by and len(one.stages) > 1
            ]
            for evaluated in built:
                place = _place(evaluated.build)
                if place is not None:
                    yield from _build(evaluated, built, place)


def _build(evaluated: Evaluated, others: Sequence[Evaluated], place: Span) -> Iterator[Problem]:
    build, last = evaluated.build, evaluated.stages[-1].name
    if build.target is not None or not last:
        return
    wanted = _meant(evaluated) or _named_by(others)
    if wanted is None or wanted[0] == last or _says(evaluated, last):
        return
    target, because = wanted
    text = f"the build names no target and makes {last}, the last stage of {evaluated.path}, instead of {target}"
    severity = Severity.INFO if build.more else None
    yield Problem(place, text, (*build.built_by, *because), f"name the target {target}", severity)


def _place(build: Build) -> Span | None:
    """Where a build says what it builds: of a compose service its Dockerfile or context."""
    section = build.service.build if build.service is not None else None
    written = (section.dockerfile or section.context) if section is not None else None
    return written.place.span if written is not None else build.span


def _meant(evaluated: Evaluated) -> tuple[str, tuple[Reason, ...]] | None:
    """The stage that has the name of the service that builds, where no other stage starts from it or copies out of it:
    such a service is often there to be extended by others, or is what the copied files are for."""
    service = evaluated.build.service
    below = {parent for stage in evaluated.stages for parent in stage.parents}
    copied = copied_from(evaluated)
    names = [
        stage.name
        for stage in evaluated.stages[:-1]
        if stage.index not in below and copied.isdisjoint((stage.name, str(stage.index)))
    ]
    return (service.name, ()) if service is not None and service.name in names else None


def _named_by(others: Sequence[Evaluated]) -> tuple[str, tuple[Reason, ...]] | None:
    """The stage that other builds name, where the last one is for something else."""
    for other in others:
        target = other.target(other.build.target) if other.build.target else None
        if target is not None and _ASIDE.search(other.stages[-1].name) and not _ASIDE.search(target.name):
            return target.name, other.build.built_by
    return None


def _says(evaluated: Evaluated, last: str) -> bool:
    """Whether a tag, or the name of the service, says that the last stage is meant."""
    build = evaluated.build
    names = [tag.value.text for tag in build.tags] + ([build.service.name] if build.service is not None else [])
    return any(last.lower() in name.lower() or _ASIDE.search(name) for name in names)
