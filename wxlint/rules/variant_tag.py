"""An image carries the tag of a variant it is not.

## Why

The tag is all that a person sees of an image. `asr:cpu` that was built from a CUDA Dockerfile, or a stage that the
policy has in one variant only used under another's tag, is found out in production. Without a policy the tag that a
build gives is held against what the Dockerfile's base and torch channel prove.

## Bad

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:cpu
    build:
      context: .
```

```dockerfile
FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04
```

## Good

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:cuda
    build:
      context: .
```

```dockerfile
FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.images.graph.name_hints import said_by
from wxlint.images.graph.repository import Repository
from wxlint.images.torch.channels import accelerator_of
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "an image tagged with a variant that is not its own"
HINT = "use the tag of the variant that is built here, or build the variant that the tag names"
ABOUT_REFERENCES = True


def check(repository: Repository) -> Iterator[Problem]:
    yield from _by_policy(repository)
    yield from _by_content(repository)


def _by_policy(repository: Repository) -> Iterator[Problem]:
    policy = repository.policy
    if policy is None:
        return
    variants = {variant.tag: variant for variant in policy.variants.values()}
    for use in repository.uses:
        reference = use.reference
        if reference is None or not reference.tag_known or reference.tag not in variants:
            continue
        member = policy.match(Value(reference.name, use.value.holes))
        if member is None or not member.known or member.stage is None:
            continue
        own = [v for v in policy.variants.values() if member.stage in v.members]
        if variants[reference.tag] not in own:
            tags = " or ".join(f":{v.tag}" for v in own)
            yield Problem(
                use.span,
                f"{use.kind} names {reference.shown()}, but {member.stage} is built as {tags} only",
                (*use.because, Reason("policy", "the policy", policy.path)),
            )


def _by_content(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        if image.expectation is not None:
            continue
        base, channel = image.state.accelerator, image.state.torch.channel
        proven = base if base not in (None, "cpu") else accelerator_of(channel) if channel != "default" else None
        if proven is None:
            continue
        for use in image.evaluated.build.tags:
            tag = use.reference.tag if use.reference else None
            said = said_by(tag, "tag") if tag and use.reference and use.reference.tag_known else []
            if said and said[0].accelerator != proven and not (said[0].accelerator == "other" or proven == "other"):
                because = (*image.state.because, *image.state.torch.because, *use.because)
                yield Problem(
                    use.span,
                    f"{use.kind} names {use.value.shown()}, but {image.evaluated.path} builds a {proven} image",
                    because,
                )
