"""A build names a target that its Dockerfile does not have.

## Why

`docker build --target` and compose's `build.target` end with `target stage could not be found` when no stage is called
so: after a stage was renamed, or where every variant has a stage of its own and the plain name is none of them.

Without a target the last stage is built. Where a service is called like another stage, and the last one takes nothing
of that or is what another service names as its target, that stage was meant.

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

import re
from collections.abc import Iterator

from wxlint.core.findings import Severity, Span
from wxlint.core.suggest import did_you_mean
from wxlint.documents.dockerfile.templated import is_template
from wxlint.images.graph.image import contributing
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build, Evaluated
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a build target that is no stage of its Dockerfile"
HINT = "name a stage that the Dockerfile has"


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        build, target = evaluated.build, evaluated.build.target
        span = _span(repository, build)
        if target is None:
            targets = {each.target for each in repository.graph.builds_as_written.get(evaluated.path, ())}
            for alike in repository.graph.alike(build):
                yield from _without_target(evaluated, alike, targets)
        if target is None or span is None or not evaluated.stages or evaluated.target(target) is not None:
            continue
        if is_template(evaluated.dockerfile) or evaluated.dockerfile.problems:
            continue
        names = [stage.name for stage in evaluated.stages if stage.name]
        has = f"it has {', '.join(names)}" if names else "its stages have no names"
        text = f"{evaluated.path} has no stage {target!r}; {has}{did_you_mean(target, names)}"
        yield Problem(span, text, build.built_by)


def _without_target(evaluated: Evaluated, build: Build, targets: set[str | None]) -> Iterator[Problem]:
    """Yield a service that is built as the last stage, and called like another: one of which the last takes nothing, or
    that is beside a service for the last.

    targets: those of all builds of the Dockerfile.
    """
    service, stages = build.service, evaluated.stages
    if service is None or service.build is None or is_template(evaluated.dockerfile) or evaluated.dockerfile.problems:
        return
    stage = next((each for each in stages[:-1] if each.name and each.name.lower() == service.name.lower()), None)
    if stage is None or stage in contributing(evaluated, stages[-1]):
        return
    copied = re.compile(rf"from=(?:{re.escape(stage.name or '')}|{stage.index})(?![\w.-])", re.IGNORECASE)
    copies = any(copied.search(instruction.text) for instruction in evaluated.dockerfile.instructions)
    if not copies or stages[-1].name is not None and stages[-1].name in targets:
        written = service.build.dockerfile or service.build.context
        last = stages[-1].name or "a stage without a name"
        text = f"{service.name} is built as the last stage of {evaluated.path}, {last}, not as its stage {stage.name}"
        span = written.place.span if written is not None else service.key.span
        yield Problem(span, text, build.built_by, f"write target: {stage.name}", Severity.WARNING)


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
