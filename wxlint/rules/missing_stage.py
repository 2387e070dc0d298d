"""A stage of the policy has no Dockerfile, or no service in the compose file.

## Why

The policy says which images the family has. One whose Dockerfile is gone, or that the pipeline's compose file does
not know, is noticed when somebody calls it. Optional stages may be missing.

## Bad

```yaml wxlint.yaml
wxlint: 1
name: example
registry: example
image: "{registry}/app-{stage}"
dockerfile: docker/{stage}/Dockerfile
variants:
  cpu: {tag: cpu, stages: [demux, mux]}
```

```dockerfile docker/demux/Dockerfile
FROM python:3.11-slim
```

## Good

```yaml wxlint.yaml
wxlint: 1
name: example
registry: example
image: "{registry}/app-{stage}"
dockerfile: docker/{stage}/Dockerfile
variants:
  cpu: {tag: cpu, stages: [demux]}
```

```dockerfile docker/demux/Dockerfile
FROM python:3.11-slim
```
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity, Span
from wxlint.core.suggest import did_you_mean
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation, Policy

SEVERITY = Severity.ERROR
SUMMARY = "a stage of the policy without a Dockerfile or a compose service"
HINT = "add what is missing, or take the stage out of the policy (or make it optional)"


def check(repository: Repository) -> Iterator[Problem]:
    policy = repository.policy
    if policy is None:
        return
    for expectation in repository.family.expectations:
        path = repository.family.in_root(expectation.dockerfile)
        if expectation.optional or path in repository.dockerfiles or os.path.lexists(path):
            continue
        span = _dockerfile_key(policy, expectation) or Span(policy.path, 1, 1, 1, 1)
        near = did_you_mean(path, repository.dockerfiles)
        yield Problem(span, f"{expectation.image} has no Dockerfile: {path} does not exist{near}")
    yield from _services(repository)


def _dockerfile_key(policy: Policy, expectation: Expectation) -> Span | None:
    """Where the policy says the path of a Dockerfile; without a word on it, where it lists the stage's variant."""
    stage, variant = expectation.stage, expectation.variant
    places = (
        ("stages", stage, "variants", variant, "dockerfile"),
        ("stages", stage, "dockerfile"),
        ("variants", variant, "base", "dockerfile") if expectation.is_base else (),
    )
    found = (policy.span(*keys) for keys in places if keys)
    return next((span for span in found if span is not None), None) or policy.span("variants", variant)


def _services(repository: Repository) -> Iterator[Problem]:
    policy = repository.policy
    if policy is None or repository.compose is None:
        return
    for project in repository.compose.projects:
        names = {service.name for service in project.project.services}
        if project.project.unknown:
            continue
        for expectation in repository.family.expectations:
            files = tuple(repository.family.in_root(p) for p in expectation.compose)
            if expectation.optional or expectation.is_base or not expectation.service or files != project.paths:
                continue
            if expectation.service not in names:
                yield Problem(
                    Span(project.paths[0], 1, 1, 1, 1),
                    f"{expectation.image} has no service {expectation.service!r} in {' + '.join(project.paths)}",
                )
