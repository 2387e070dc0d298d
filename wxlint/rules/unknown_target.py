"""A build names a target that its Dockerfile does not have.

## Why

`docker build --target` and compose's `build.target` end with `target stage could not be found` when no stage is called
so: after a stage was renamed, or where every variant has a stage of its own and the plain name is none of them.

## Bad

```yaml docker-compose.yml
services:
  app:
    build:
      context: .
      target: default
```

```dockerfile
FROM python:3.11-slim AS default-cpu
```

## Good

```yaml docker-compose.yml
services:
  app:
    build:
      context: .
      target: default-cpu
```

```dockerfile
FROM python:3.11-slim AS default-cpu
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity, Span
from wxlint.core.suggest import did_you_mean
from wxlint.documents.dockerfile.templated import is_template
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a build target that is no stage of its Dockerfile"
HINT = "name a stage that the Dockerfile has"


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        build, target = evaluated.build, evaluated.build.target
        span = _span(repository, build)
        if target is None or span is None or not evaluated.stages or evaluated.target(target) is not None:
            continue
        if is_template(evaluated.dockerfile) or evaluated.dockerfile.problems:
            continue
        names = [stage.name for stage in evaluated.stages if stage.name]
        has = f"it has {', '.join(names)}" if names else "its stages have no names"
        text = f"{evaluated.path} has no stage {target!r}; {has}{did_you_mean(target, names)}"
        yield Problem(span, text, build.built_by)


def _span(repository: Repository, build: Build) -> Span | None:
    """Where a build names its target."""
    service = build.service
    if service is not None and service.build is not None and service.build.target is not None:
        return service.build.target.place.span
    if build.image and repository.policy is not None:
        stage, _, tag = build.image.rpartition(":")
        variant = next((v.name for v in repository.policy.variants.values() if v.tag == tag), "")
        keys = (("stages", stage, "variants", variant, "target"), ("stages", stage, "target"))
        more = (("variants", variant, "target"), ("variants", variant, "base", "target"))
        found = (repository.policy.span(*key) for key in (*keys, *more))
        return next((span for span in found if span is not None), None)
    return build.span
