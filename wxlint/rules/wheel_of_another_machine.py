"""A wheel by its address is for another processor than the image is built for.

## Why

pip takes a wheel by its address as it is, and ends with `is not a supported wheel on this platform` where it was made
for another processor. A job that builds for linux/arm64 too fails on a wheel of `linux_x86_64`. Only builds that say
their platforms are looked at, each evaluated as it is on that platform: what a RUN installs only where `TARGETARCH` or
`uname -m` fits is right.

## Bad

```dockerfile Dockerfile
FROM python:3.11-slim
RUN pip install https://wheels.example/flash_attn-2.8.3-cp311-cp311-linux_x86_64.whl
```

```sh
docker buildx build --platform linux/amd64,linux/arm64 -t example/asr:1.0 --push .
```

## Good

```dockerfile Dockerfile
FROM python:3.11-slim
RUN pip install https://wheels.example/flash_attn-2.8.3-cp311-cp311-linux_x86_64.whl
```

```sh
docker buildx build --platform linux/amd64 -t example/asr:1.0 --push .
```
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.machines import PROCESSORS
from wxlint.core.values import HOLE
from wxlint.images.graph.image_stages import stages_of_build
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.installs.requirement import Requirement
    from wxlint.images.model.records import Build, Evaluated

SEVERITY = Severity.ERROR
SUMMARY = "a wheel by its address that is for another processor than the image"
HINT = "leave the platform out, or take the wheel of each processor"
_ENDING = ".whl"


def check(repository: Repository) -> Iterator[Problem]:
    evaluations = repository.graph.evaluations
    for path in repository.dockerfiles_in_scope:
        for build in evaluations.builds[path]:
            every = evaluations.alike(build)
            builders = {_plain(platform): each for each in every[::-1] for platform in each.platforms}
            for platform, builder in builders.items():
                if platform.startswith("linux/") and any(map(_of_machine, _wheels(repository, build))):
                    (evaluated,) = evaluations.evaluated_as([build._replace(platform=platform)])
                    yield from _wrong(evaluated, builder, platform)


def _plain(platform: str) -> str:
    """A platform without the version of its processor."""
    return "/".join(platform.split("/")[:2])


def _wheels(repository: Repository, build: Build) -> Iterator[str]:
    """The wheels that a Dockerfile speaks of, so that only those with some are evaluated anew."""
    text = repository.dockerfiles[build.dockerfile].source.text
    return (word for word in text.split() if _ENDING in word)


def _wrong(evaluated: Evaluated, builder: Build, platform: str) -> Iterator[Problem]:
    """Yield the wheels that a build on a platform takes and that are not for it."""
    for number in sorted(stages_of_build(evaluated)):
        for install in evaluated.stages[number].installs:
            if install.conditional or install.handled or install.removes or install.elsewhere:
                continue
            for wanted in install.requirements:
                machines = _of_machine(_address(wanted))
                if machines and platform.removeprefix("linux/") not in machines and wanted.span:
                    name = posixpath.basename(_address(wanted)).partition("-")[0]
                    text = f"the wheel of {name} is for {' and '.join(sorted(machines))}, and the image is built for "
                    yield Problem(wanted.span, f"{text}{platform}", (*install.reasons, *builder.built_by))


def _address(wanted: Requirement) -> str:
    return (wanted.url or "").partition("#")[0].partition("?")[0]


def _of_machine(address: str) -> frozenset[str]:
    """The processors that a wheel is for, as its name says; none where that is not known, or it is for any."""
    name = posixpath.basename(address.partition("#")[0].strip("\"';&|"))
    if not name.endswith(_ENDING) or name.count("-") < len(("version", "python", "abi", "platform")):
        return frozenset()
    tags = name[: -len(_ENDING)].rpartition("-")[2]
    if HOLE in tags or "$" in tags:
        return frozenset()
    known = [{made for machine, made in PROCESSORS.items() if tag.endswith(f"_{machine}")} for tag in tags.split(".")]
    return frozenset().union(*known) if all(known) else frozenset()
