"""An image is built, or started, for a platform that its variant does not have.

## Why

The policy says with `platforms` where a variant runs. A job that builds the CUDA variant for linux/arm64 too publishes
an image that nobody tests and that most often computes on the CPU; a compose service that asks for a platform that is
not built finds no image. What says a platform counts: `platform` and `platforms` of a compose service, `--platform` of
a command, bake targets, workflows, and a fixed `FROM --platform` of the stage that becomes the image.

## Bad

```yaml wxlint.yaml
wxlint: 1
image: "acme/app:{variant}"
dockerfile: Dockerfile.{variant}
variants:
  cuda: {platforms: [linux/amd64]}
```

```dockerfile Dockerfile.cuda
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
```

```sh
docker buildx build --platform linux/amd64,linux/arm64 -f Dockerfile.cuda -t acme/app:cuda .
```

## Good

```yaml wxlint.yaml
wxlint: 1
image: "acme/app:{variant}"
dockerfile: Dockerfile.{variant}
variants:
  cuda: {platforms: [linux/amd64, linux/arm64]}
```

```dockerfile Dockerfile.cuda
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
```

```sh
docker buildx build --platform linux/amd64,linux/arm64 -f Dockerfile.cuda -t acme/app:cuda .
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.machines import PROCESSORS
from wxlint.core.reasons import Reason
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.graph.image import Image
    from wxlint.images.model.records import Build
    from wxlint.policy.model import Expectation

SEVERITY = Severity.ERROR
SUMMARY = "an image that is built or started for a platform that its variant does not have"
HINT = "leave the platform out, or add it to the variant's platforms in the policy"

_OTHER_NAMES = {**PROCESSORS, "x86-64": "amd64"}
_SAME = {"arm64/v8": "arm64", "amd64/v1": "amd64", "arm": "arm/v7"}
"""What a processor is called besides, and which version is meant without one (containerd's platforms)."""


def check(repository: Repository) -> Iterator[Problem]:
    listed = _listed(repository.family.expectations)
    if not listed:
        return
    for path in repository.dockerfiles_in_scope:
        for build in repository.graph.evaluations.builds_as_written[path]:
            expectation = repository.graph.images.expectation_of(build)
            own = listed.get(_key(expectation)) if expectation is not None else None
            if expectation is not None and own:
                yield from _of_build(repository, build, expectation.image, own)
    for image in repository.images:
        own = listed.get(_key(image.expectation)) if image.expectation is not None else None
        if own:
            yield from _of_stage(repository, image, own)
    yield from _of_services(repository, listed)


def _key(expectation: Expectation) -> tuple[str, str]:
    return expectation.stage, expectation.variant


def _listed(expectations: Iterable[Expectation]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The platforms of each image for which the policy says some."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for one in expectations:
        if one.platforms:
            found[_key(one)] = (*found.get(_key(one), ()), *one.platforms)
    return found


def _of_build(repository: Repository, build: Build, label: str, own: tuple[str, ...]) -> Iterator[Problem]:
    for platform in build.platforms:
        if build.span is not None and not _has(own, platform):
            why = (*build.built_by, _why(repository, label))
            yield Problem(build.span, _text(label, platform, "built", own), why)


def _of_stage(repository: Repository, image: Image, own: tuple[str, ...]) -> Iterator[Problem]:
    """An image whose stage is for one platform, whoever builds it."""
    stage = image.stage
    while len(stage.parents) == 1 and not stage.external:
        stage = image.evaluated.stages[stage.parents[0]]
    fixed = stage.platform
    if fixed is None or not fixed.known or any(reason.kind in ("assumed", "platform") for reason in fixed.because):
        return
    if "/" in fixed.text and not _has(own, fixed.text):
        text = _text(image.label, fixed.text, "built", own)
        yield Problem(stage.base.span, text, (*fixed.because, _why(repository, image.label)))


def _of_services(repository: Repository, listed: dict[tuple[str, str], tuple[str, ...]]) -> Iterator[Problem]:
    """Services that start an image of the family; those that build it are builds."""
    for _, service in repository.compose.services() if repository.compose is not None else ():
        platform, image = service.platform, service.image
        if platform is None or image is None or service.build is not None or not platform.value.known:
            continue
        from wxlint.images.model.reference import parse_reference

        reference = parse_reference(image.value)
        member = repository.family.member(reference) if reference is not None else None
        if member is None or member.stage is None or member.variant is None:
            continue
        own = listed.get((member.stage, member.variant))
        if own and not _has(own, platform.value.text):
            label = image.value.shown()
            yield Problem(
                platform.place.span,
                _text(label, platform.value.text, "started", own),
                (*platform.value.because, _why(repository, f"{member.stage}:{member.variant}")),
            )


def _text(label: str, platform: str, done: str, own: tuple[str, ...]) -> str:
    return f"{label} is {done} for {platform}, but the policy has it for {' and '.join(dict.fromkeys(own))} only"


def _why(repository: Repository, label: str) -> Reason:
    return Reason("policy", f"the platforms of {label} in the policy", repository.family.path)


def _has(own: tuple[str, ...], platform: str) -> bool:
    """Whether a platform is one of these; that of a processor's later versions is its own."""
    wanted = _plain(platform)
    return any(wanted == one or wanted.startswith(f"{one}/") for one in map(_plain, own))


def _plain(platform: str) -> str:
    """A platform under its usual name."""
    system, _, processor = platform.lower().partition("/")
    name, slash, version = processor.partition("/")
    processor = f"{_OTHER_NAMES.get(name, name)}{slash}{version}"
    return f"{system}/{_SAME.get(processor, processor)}"
