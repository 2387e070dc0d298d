"""A compose file for the CPU that is merged over another leaves the GPU of the other in place.

## Why

`docker compose -f docker-compose.yml -f docker-compose.cpu.yml` merges: mappings by key, lists by appending.
`devices: []` appends nothing, and what the file for the CPU does not name stays as it was. The service still asks for
the GPU, and does not start on a host without one. `!reset` takes a value away, `!override` puts another in its place.

A file is one for the CPU by its name, and is laid over another where scripts say so, or where it makes no sense by
itself. A service that it puts behind a profile, or starts no container of, is left alone. `extends` merges alike: a
service that is called for the CPU and extends one with a GPU keeps it.

## Bad

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:1.0
    deploy:
      resources:
        reservations:
          devices:
            - driver: nvidia
              count: 1
              capabilities: [gpu]
```

```yaml docker-compose.cpu.yml
services:
  asr:
    environment:
      DEVICE: cpu
    deploy:
      resources:
        reservations:
          devices: []
```

## Good

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:1.0
    gpus: all
```

```yaml docker-compose.cpu.yml
services:
  asr:
    environment:
      DEVICE: cpu
    gpus: !reset []
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a compose file or service for the CPU that leaves the GPU below it in place"
HINT = "take the GPU away with !reset"
_AWAY = {
    "deploy": "write devices: !reset [] under deploy.resources.reservations",
    "generic": "write generic_resources: !reset [] under deploy.resources.reservations",
    "gpus": "write gpus: !reset []",
    "runtime": "write runtime: runc",
    "device": "write devices: !reset []",
}
"""How each way to ask for a GPU is taken back."""


def check(repository: Repository) -> Iterator[Problem]:
    projects = repository.compose
    if projects is None:
        return
    from wxlint.images.builds.cpu_overlays import kept_devices, may_keep_devices

    if not may_keep_devices(projects):
        return
    for kept in kept_devices(projects):
        if not projects.filled.isdisjoint(kept.service.paths):
            continue  # a template: what it asks for may stand under a condition
        span = kept.own.key.span
        place = kept.device.place.span
        base = kept.own.extends.service if kept.own.extends is not None else None
        where = f"with {span.path} over {place.path}" if base is None else f"of {base.value.shown()}, which it extends"
        text = (
            f"service {kept.service.name} still asks for {'a' if base is None else 'the'} GPU {where}: "
            "lists are appended, and what is not named stays"
        )
        because = (reason_at("build", f"service {kept.service.name} asks for a GPU", place),)
        yield Problem(span, text, because, _AWAY[kept.device.how])
