"""A stage of the policy has no Dockerfile, or no service in the compose file.

## Why

The policy says which images the family has. One whose Dockerfile is gone, or that the pipeline's compose file does
not know, is noticed when somebody calls it. Optional stages may be missing. An image whose Dockerfile is built under
other tags only is information: it may be built elsewhere.

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

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.findings import Severity, Span
from wxlint.core.reasons import reason_at
from wxlint.core.suggest import did_you_mean
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation, Policy

_NAMED = 3
"""Images that one finding names."""

SEVERITY = Severity.ERROR
SUMMARY = "a stage of the policy without a Dockerfile or a compose service"
HINT = "add what is missing, or take the stage out of the policy (or make it optional)"


def check(repository: Repository) -> Iterator[Problem]:
    policy = repository.policy
    if policy is None:
        return
    lacking: dict[str, list[Expectation]] = {}
    for expectation in repository.family.expectations:
        path = repository.family.in_root(expectation.dockerfile)
        if expectation.optional or path in repository.dockerfiles or disk.lexists(path):
            continue
        lacking.setdefault(path, []).append(expectation)
    for path, images in lacking.items():
        span = _dockerfile_key(policy, images[0]) or Span(policy.path, 1, 1, 1, 1)
        near = did_you_mean(path, repository.dockerfiles)
        have = "has" if len(images) == 1 else "have"
        names = ", ".join(image.image for image in images[:_NAMED])
        names += f" and {len(images) - _NAMED} more" if len(images) > _NAMED else ""
        yield Problem(span, f"{names} {have} no Dockerfile: {path} does not exist{near}")
    yield from _services(repository)
    yield from _unbuilt(repository, policy)


def _unbuilt(repository: Repository, policy: Policy) -> Iterator[Problem]:
    """Yield images whose Dockerfile scripts, services or CI build under other tags only, all of them known."""
    for path, expectations in repository.family.by_dockerfile.items():
        builds = [build for build in repository.graph.evaluations.builds.get(path, ()) if build.built_by]
        tags = [tag for build in builds for tag in build.tags]
        references = [tag.reference for tag in tags if tag.reference is not None and tag.reference.tag_known]
        if not tags or len(references) < len(tags) or any(build.more or not build.tags for build in builds):
            continue
        because = (reason_at("build", f"{tags[0].kind} {tags[0].value.shown()}", tags[0].span),)
        for expectation in expectations:
            if expectation.optional or expectation.is_base or repository.family.tagged([expectation], tags):
                continue
            span = policy.span("variants", expectation.variant) or Span(policy.path, 1, 1, 1, 1)
            text = f"nothing builds {expectation.image}: its Dockerfile is built under other tags only"
            hint = "build it, too, or make it optional in the policy"
            yield Problem(span, text, because, hint, severity=Severity.INFO, image=expectation.image)


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
    """A service counts where it stands in any project made of files that the variant lists; each lack is said once."""
    if repository.policy is None or repository.compose is None:
        return
    reported: set[tuple[str, tuple[str, ...]]] = set()
    for expectation in repository.family.expectations:
        service = expectation.service
        files = repository.family.listed_files(expectation.compose)
        if expectation.optional or expectation.is_base or not service or (service, files) in reported:
            continue
        projects = [one for one in repository.compose.projects if set(one.paths) & set(files)]
        if not projects or any(one.project.unknown for one in projects):
            continue
        if any(found.name == service for one in projects for found in one.project.services):
            continue
        reported.add((service, files))
        names = sorted({found.name for one in projects for found in one.project.services})
        first = next(path for path in files if any(path in one.paths for one in projects))
        yield Problem(
            Span(first, 1, 1, 1, 1),
            f"{expectation.image} has no service {service!r} in {' + '.join(files)}{did_you_mean(service, names)}",
            hint=f"add the service, or write in the policy stages: {{{expectation.stage}: {{service: NAME}}}} "
            f"(false for none), or variants: {{{expectation.variant}: {{service: false}}}} for all of a variant",
        )
