"""One command starts the services of both variants.

## Why

A compose file often has a service twice, for the CPU and for a GPU, of which one is to run. A service without a profile
always starts: a plain `docker compose up`, or `--profile gpu`, starts both. Where both take one port of the host the
second does not come up (`port is already allocated`), and where the one for the GPU has no profile a host without a GPU
refuses it, though `--profile cpu` was asked for. A profile for each lets one of them start.

It is information where commands of the repository start one of the two by its name.

## Bad

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:1.0-cpu
    ports: ["8000:8000"]
  asr-gpu:
    image: example/asr:1.0-cuda
    ports: ["8000:8000"]
    profiles: [gpu]
    gpus: all
```

```yaml compose.yaml
services:
  asr:
    image: example/asr:1.0-cuda
    ports: ["8000:8000"]
    gpus: all
  asr-cpu:
    image: example/asr:1.0-cpu
    ports: ["8001:8000"]
    profiles: [cpu]
```

## Good

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:1.0-cpu
    ports: ["8000:8000"]
    profiles: [cpu]
  asr-gpu:
    image: example/asr:1.0-cuda
    ports: ["8000:8000"]
    profiles: [gpu]
    gpus: all
```
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.images.graph.repository import Repository
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service

SEVERITY = Severity.WARNING
SUMMARY = "a CPU service and its GPU twin that one command starts together"
HINT = "give each a profile of its own"

_STARTS = ("compose up", "compose run", "compose start", "compose create")
_PART = late(r"[-_.]")
_START_IN_COMMENT = late(r"(?m)^[ \t]*#.*?\b(?:up|run|start)\b(.*)")


def check(repository: Repository) -> Iterator[Problem]:
    projects = repository.compose
    for project in projects.projects if projects is not None else ():
        if project.stands_by_itself and projects is not None and projects.filled.isdisjoint(project.paths):
            yield from _project(repository, project.project.services)


def _project(repository: Repository, services: Iterable[Service]) -> Iterator[Problem]:
    """Yield the services for a GPU of one project that start beside one for the CPU, each once."""
    running = ((service, _accelerator(service)) for service in services if not service.idle and not service.provider)
    reported: set[str] = set()
    for (for_cpu, first), (for_gpu, second) in combinations(sorted(running, key=lambda one: one[1] != "cpu"), 2):
        if first == second or for_gpu.name in reported:
            continue
        problem = _on_one_port(repository, for_cpu, for_gpu) or _beside_the_cpu(repository, for_cpu, for_gpu)
        if problem is not None:
            reported.add(for_gpu.name)
            yield problem


def _accelerator(service: Service) -> str:
    """What a service computes on by its name, else by the devices that it asks for."""
    words = accelerator_words(service.name)
    return min(words) if len(words) == 1 else "cuda" if any(device.gpu for device in service.devices) else "cpu"


def _on_one_port(repository: Repository, first: Service, second: Service) -> Problem | None:
    """Two services that take one port of the host, and that one command starts."""
    command = _starting_both(first, second) if first.ports is not None and second.ports is not None else None
    if command is None:
        return None
    from wxlint.documents.compose.ports import host_ports

    taken = list(host_ports(first))
    clash = next(((one, two) for two in host_ports(second) for one in taken if one.excludes(two)), None)
    named = _started_by_name(repository, first, second) if clash is not None else False
    if clash is None or (named and (first.profiles or second.profiles)):
        return None  # the profile is there to keep one of them from a plain `up`
    text = f"services {first.name} and {second.name} both take port {clash[0].number} of the host, and {command}"
    because = (
        reason_at("name", f"{first.name} takes port {clash[0].number}", clash[0].place.span),
        reason_at("name", f"{second.name} takes port {clash[0].number}", clash[1].place.span),
    )
    return Problem(second.key.span, text, because, severity=Severity.INFO if named else None)


def _starting_both(first: Service, second: Service) -> str | None:
    """What starts two services, in words; None where nothing starts both but their names."""
    profiles = [{text.value.text for text in service.profiles} for service in (first, second)]
    if not any(profiles):
        return "a plain `docker compose up` starts both"
    shared = profiles[0] & profiles[1] if all(profiles) else profiles[0] | profiles[1]
    return f"--profile {min(shared)} starts both" if shared else None


def _beside_the_cpu(repository: Repository, for_cpu: Service, for_gpu: Service) -> Problem | None:
    """A service that asks for a GPU and always starts, though the profile of its twin is one for the CPU."""
    profile = next((text for text in for_cpu.profiles if accelerator_words(text.value.text) == {"cpu"}), None)
    if profile is None or for_gpu.profiles or _stem(for_gpu.name) != _stem(for_cpu.name):
        return None
    asked = next((device for device in for_gpu.devices if device.gpu), None)
    if asked is None or _started_by_name(repository, for_cpu, for_gpu):
        return None
    text = (
        f"service {for_gpu.name} asks for a GPU and has no profile: "
        f"--profile {profile.value.text} starts it beside {for_cpu.name}"
    )
    because = (
        reason_at("name", f"{for_cpu.name} starts in a profile for the CPU", profile.place.span),
        reason_at("build", f"{for_gpu.name} asks for a GPU", asked.place.span),
    )
    return Problem(for_gpu.key.span, text, because, f"give {for_gpu.name} a profile of its own")


def _stem(name: str) -> list[str]:
    """A name without the words for accelerators."""
    return [part for part in _PART.split(name.lower()) if not accelerator_words(part)]


def _started_by_name(repository: Repository, first: Service, second: Service) -> bool:
    """Whether commands of scripts, documents or of the compose file's own comments start one of two by its name."""
    names = {first.name, second.name}
    for script in (*repository.scripts.values(), *repository.documented.values()):
        for call in script.calls:
            words = [word.value for word in call.docker.arguments] if call.docker.verb in _STARTS else ()
            if any(word.text in names or not word.known for word in words):
                return True
    shown = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
    sources = (service.key.source.text for service in (first, second))
    return any(shown.search(match[1]) for text in sources for match in _START_IN_COMMENT.finditer(text))
