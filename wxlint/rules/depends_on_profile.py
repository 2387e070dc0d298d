"""A service depends on one that starts in another profile only.

## Why

`docker compose up` without the profile refuses the whole project: the service depends on one that is not enabled. The
same holds between profiles: a proxy of the profile `proxy` that depends on the service for the CPU cannot be started
beside the one for a GPU, and a service of the profiles `cpu` and `gpu` that depends on one of `cpu` keeps `--profile
gpu` from starting. That is information, as somebody may always name both profiles; where a command of the repository
starts the one without the other, it is a warning. Profiles that are to be combined, and of which no service has a twin
for another device, are left alone. A dependency with `required: false` is left out instead, and is left alone here.
231 public trees had 1 service without a profile that depends on one with a profile, a true one.

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

```yaml docker-compose.yml
services:
  proxy:
    image: example/proxy:1.0
    profiles: [proxy]
    depends_on: [asr]
  asr:
    image: example/asr:1.0-cpu
    profiles: [cpu]
  asr-gpu:
    image: example/asr:1.0-cuda
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

```yaml docker-compose.yml
services:
  proxy:
    image: example/proxy:1.0
    profiles: [proxy]
    depends_on:
      asr: {condition: service_started, required: false}
      asr-gpu: {condition: service_started, required: false}
  asr:
    image: example/asr:1.0-cpu
    profiles: [cpu]
  asr-gpu:
    image: example/asr:1.0-cuda
    profiles: [gpu]
```
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.images.graph.repository import Repository
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service, ServiceDependency
    from wxlint.images.builds.compose.projects import ComposeProject

SEVERITY = Severity.WARNING
SUMMARY = "a service that depends on one of another profile"
HINT = "give both the profile, or set required: false for the dependency"

_PART = late(r"[-_.]")
_MOST_COMMANDS = 30
"""Commands with profiles of their own that are tried for a project; of more the rest is not looked at."""
_Started = dict[frozenset[str], Reason]
"""The profiles that commands start together, each with the first such command."""


def check(repository: Repository) -> Iterator[Problem]:
    projects = repository.compose
    if projects is None:
        return
    for project in projects.projects:
        if not project.stands_by_itself or not projects.filled.isdisjoint(project.paths):
            continue
        services = {service.name: service for service in project.project.services}
        started: _Started | None = None
        for service in services.values():
            for dependency in service.depends_on:
                needed = services.get(dependency.service)
                if needed is None or not needed.profiles or _optional(repository, dependency.place.span.path):
                    continue
                if service.profiles and started is None:
                    started = _commands(repository, project)
                problem = _dependency(service, dependency, needed, services.values(), started or {})
                if problem is not None:
                    yield problem


def _dependency(
    service: Service, dependency: ServiceDependency, needed: Service, services: Iterable[Service], started: _Started
) -> Problem | None:
    """What a dependency on a service with profiles keeps from starting."""
    own, others = _profiles(service), _profiles(needed)
    names = ", ".join(others)
    because = (reason_at("name", f"profiles: {names}", needed.key.span),)
    span, text = (
        dependency.place.span,
        f"{service.name} depends on {needed.name}, which starts in the profile {names} only",
    )
    if not own:
        return Problem(span, text, because)
    alone = [profile for profile in own if profile not in others]
    if not alone or not all(profile.value.known for profile in (*service.profiles, *needed.profiles)):
        return None
    for enabled, command in started.items():
        if not enabled.isdisjoint(own) and enabled.isdisjoint(others):
            return Problem(span, f"{text}: a command without that profile is refused", (*because, command))
    if len(alone) < len(own):
        text = f"{text}: --profile {alone[0]}, which starts {service.name} too, is refused"
        return Problem(span, text, because, severity=Severity.INFO)
    twin = _twin(needed, services)
    if twin is None:
        return None
    text = f"{text}: beside {twin.name}, its twin of the profile {', '.join(_profiles(twin))}, it is refused"
    return Problem(span, text, because, severity=Severity.INFO)


def _profiles(service: Service) -> list[str]:
    return [profile.value.text for profile in service.profiles]


def _twin(service: Service, services: Iterable[Service]) -> Service | None:
    """The service that is another but for the device that its name says, and that starts in other profiles."""
    own, stem = _profiles(service), _stem(service.name)
    for other in services:
        others = _profiles(other)
        if others and set(others).isdisjoint(own) and _stem(other.name) == stem:
            if accelerator_words(other.name) != accelerator_words(service.name):
                return other
    return None


def _stem(name: str) -> list[str]:
    """A name without the words for accelerators."""
    return [part for part in _PART.split(name.lower()) if not accelerator_words(part)]


def _commands(repository: Repository, project: ComposeProject) -> _Started:
    """The profiles with which commands of scripts and documents start a project, that of its folder."""
    from wxlint.images.builds.commands.script_folders import folders
    from wxlint.rules.unknown_service import has_plain_options

    found: _Started = {}
    folder = _folder(project)
    projects = repository.compose.projects if repository.compose is not None else ()
    others = {_folder(one) for one in projects if one.whole} - {folder}
    if not project.whole or _sets_profiles(repository, posixpath.join(folder, ".env")):
        return found
    for script in (*repository.scripts.values(), *repository.documented.values()):
        for call in script.calls:
            given = [option.value for option in call.docker.values("--profile")]
            if call.docker.verb != "compose up" or call.docker.arguments or not given or len(found) == _MOST_COMMANDS:
                continue
            starts = folders(call.path, call.docker.command.cwd)
            if folder not in starts or not others.isdisjoint(starts) or not has_plain_options(call.docker):
                continue
            profiles = frozenset(value.text for value in given if value is not None and value.known)
            if len(profiles) == len(given) and "*" not in profiles and not _sets_profiles(repository, call.path):
                shown = " ".join(f"--profile {value.text}" for value in given if value is not None)
                found.setdefault(profiles, reason_at("build", f"docker compose {shown} up", call.span))
    return found


def _folder(project: ComposeProject) -> str:
    return posixpath.dirname(project.paths[0]) or "."


def _sets_profiles(repository: Repository, path: str) -> bool:
    """Whether a file may enable profiles that no command names."""
    source = repository.sources.read(path)
    return source is not None and "COMPOSE_PROFILES" in source.text


def _optional(repository: Repository, path: str) -> bool:
    """Whether a file may say that dependencies are not required."""
    source = repository.sources.read(path)
    return source is None or "required:" in source.text
