"""A service that always starts depends on one that starts in a profile only.

## Why

`docker compose up` without the profile refuses the whole project: the service depends on one that is not enabled.
A dependency with `required: false` is left out instead, and is left alone here.
231 public trees had 1 such service, a true one.

## Bad

```yaml docker-compose.yml
services:
  web:
    image: example/web:1.0
    depends_on: [worker]
  worker:
    image: example/worker:1.0
    profiles: [gpu]
```

## Good

```yaml docker-compose.yml
services:
  web:
    image: example/web:1.0
    profiles: [gpu]
    depends_on: [worker]
  worker:
    image: example/worker:1.0
    profiles: [gpu]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a service without a profile that depends on one with a profile"
HINT = "give both the profile, or set required: false for the dependency"


def check(repository: Repository) -> Iterator[Problem]:
    projects = repository.compose
    if projects is None:
        return
    for project in projects.projects:
        services = {service.name: service for service in project.project.services}
        if not project.stands_by_itself or not projects.filled.isdisjoint(project.paths):
            continue
        for service in services.values():
            if service.profiles:
                continue
            for dependency in service.depends_on:
                needed = services.get(dependency.service)
                if needed is None or not needed.profiles or _optional(repository, dependency.place.span.path):
                    continue
                names = ", ".join(profile.value.text for profile in needed.profiles)
                text = f"{service.name} depends on {needed.name}, which starts in the profile {names} only"
                yield Problem(dependency.place.span, text, (reason_at("name", f"profiles: {names}", needed.key.span),))


def _optional(repository: Repository, path: str) -> bool:
    """Whether a file may say that dependencies are not required."""
    source = repository.sources.read(path)
    return source is None or "required:" in source.text
