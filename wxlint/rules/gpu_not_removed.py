"""A compose file for the CPU, or for AMD's GPUs, that is merged over another leaves the GPU of the other in place.

## Why

`docker compose -f docker-compose.yml -f docker-compose.cpu.yml` merges: mappings by key, lists by appending.
`devices: []` appends nothing, and what the file for the CPU does not name stays as it was. The service still asks for
the GPU, and does not start on a host without one. `!reset` takes a value away, `!override` puts another in its place.

A file is one for the CPU by its name, and is laid over another where scripts say so, or where it makes no sense by
itself. A service that it puts behind a profile, or starts no container of, is left alone. `extends` merges alike: a
service that is called for the CPU and extends one with a GPU keeps it. A file called for ROCm that gives a service
AMD's devices leaves it `gpus: all` or a reservation, too: the engine looks for NVIDIA's driver then.

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
SUMMARY = "a compose file or service for the CPU or AMD that leaves the GPU below it in place"
HINT = "take the GPU away with !reset"
_AWAY = {
    "deploy": "write devices: !reset [] under deploy.resources.reservations",
    "generic": "write generic_resources: !reset [] under deploy.resources.reservations",
    "gpus": "write gpus: !reset []",
    "runtime": "write runtime: runc",
    "device": "write devices: !reset []",
}
"""How each way to ask for a GPU is taken back."""
_FIELDS = {"generic": "deploy", "device": "devices"}
"""The fields of a service in which GPUs are asked for, where they have another name than the way to ask."""


def check(repository: Repository) -> Iterator[Problem]:
    projects = repository.compose
    if projects is None:
        return
    from wxlint.images.builds.compose.cpu_overlays import is_for_cpu, kept_devices, may_keep_devices

    if not may_keep_devices(projects):
        return
    for kept in kept_devices(projects):
        if not projects.filled.isdisjoint(kept.service.paths):
            continue  # a template: what it asks for may stand under a condition
        field = kept.own.says.get(_FIELDS.get(kept.device.how, kept.device.how))
        span, place = (field or kept.own.key).span, kept.device.place.span
        base = kept.own.extends.service if kept.own.extends is not None else None
        where = f"with {span.path} over {place.path}" if base is None else f"of {base.value.shown()}, which it extends"
        gpu = "the GPU" if base is not None else "a GPU" if is_for_cpu(span.path) else "NVIDIA's GPU"
        text = (
            f"service {kept.service.name} still asks for {gpu} {where}: lists are appended, and what is not named stays"
        )
        because = (reason_at("build", f"service {kept.service.name} asks for a GPU", place),)
        yield Problem(span, text, because, _AWAY[kept.device.how])
