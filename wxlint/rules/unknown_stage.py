"""A family image or Dockerfile of a stage that the policy does not list.

## Why

A stage that the policy does not know is a stage that nobody checks: a misspelt image name, or a new stage that was
added everywhere but in the policy.

## Bad

```yaml wxlint.yaml
wxlint: 1
name: example
registry: example
image: "{registry}/app-{stage}"
dockerfile: docker/{stage}/Dockerfile
compose: [docker-compose.yml]
variants:
  cpu: {tag: cpu, stages: [demux]}
```

```dockerfile docker/demux/Dockerfile
FROM python:3.11-slim
```

```yaml docker-compose.yml
services:
  demux:
    image: example/app-demuxer:cpu
```

## Good

```yaml wxlint.yaml
wxlint: 1
name: example
registry: example
image: "{registry}/app-{stage}"
dockerfile: docker/{stage}/Dockerfile
compose: [docker-compose.yml]
variants:
  cpu: {tag: cpu, stages: [demux]}
```

```dockerfile docker/demux/Dockerfile
FROM python:3.11-slim
```

```yaml docker-compose.yml
services:
  demux:
    image: example/app-demux:cpu
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity, Span
from wxlint.core.suggest import did_you_mean
from wxlint.images.graph.repository import Repository
from wxlint.policy.templates import stage_in
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.policy.model import Policy

SEVERITY = Severity.ERROR
SUMMARY = "a family image or Dockerfile of a stage that the policy does not list"
HINT = "correct the name, or add the stage to the policy"
ABOUT_REFERENCES = True


def check(repository: Repository) -> Iterator[Problem]:
    policy = repository.policy
    if policy is None or not policy.variants:
        return
    for use in repository.uses:
        if use.reference is None or repository.family.is_other(use.reference):
            continue
        member = repository.family.member(use.reference)
        if member is not None and member.stage is not None and not member.known:
            yield Problem(
                use.span,
                f"{use.kind} names {use.reference.shown()}; "
                f"{policy.path} has no stage {member.stage!r}{_near(member.stage, policy)}",
                use.because,
            )
    pattern = policy.settings.dockerfile
    if not pattern or "{stage}" not in pattern:
        return
    patterns = _of_variants(pattern, policy)
    for path in repository.dockerfiles:
        below = repository.family.below_root(path)
        stage = next(filter(None, (stage_in(below, one) for one in patterns)), None)
        if stage is None or path in repository.family.by_dockerfile or _is_of_others(repository, path):
            continue
        yield Problem(Span(path, 1, 1, 1, 1), f"{policy.path} has no stage {stage!r}{_near(stage, policy)}")


def _of_variants(pattern: str, policy: Policy) -> tuple[str, ...]:
    """The pattern as each variant has it: a file for something that is no variant is none of the family's."""
    filled = (pattern.replace("{variant}", v.name).replace("{tag}", v.tag) for v in policy.variants.values())
    return tuple(dict.fromkeys(filled))


def _is_of_others(repository: Repository, path: str) -> bool:
    """Whether every name that a Dockerfile is built under is one that the policy lists as none of the family's."""
    tags = [use.reference for build in repository.graph.evaluations.builds.get(path, ()) for use in build.tags]
    return bool(tags) and all(tag is not None and repository.family.is_other(tag) for tag in tags)


def _near(stage: str, policy: Policy) -> str:
    return did_you_mean(stage, sorted({name for v in policy.variants.values() for name in v.members}))
