"""A stage does not descend from its variant's base.

## Why

The base decides what every stage above it can be: a GPU stage that starts from `base:cpu` has no CUDA runtime
whatever its tag says, and a CPU stage on a CUDA image ships gigabytes nobody uses. Lineage is followed, not text:
through stage aliases, ARG defaults and build arguments, and other images that the repository builds. Without a
policy, an image that names call a CPU image and that stands on an accelerator's base is reported.

## Bad

```dockerfile Dockerfile.cpu
FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04 AS build
FROM build
```

## Good

```dockerfile Dockerfile.cpu
FROM python:3.11-slim
```

```dockerfile Dockerfile.gpu
FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.core.values import Value
from wxlint.images.graph.image_graph import same_name
from wxlint.images.graph.repository import Repository
from wxlint.images.graph.target import Image
from wxlint.images.model.reference import parse_reference
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a stage that does not descend from its variant's base"
HINT = "start the stage FROM the base of its variant"
ABOUT_REFERENCES = True


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        if image.expectation is None:
            yield from _by_names(image)
        elif image.expectation.base is not None:
            yield from _by_policy(image, image.expectation.base)


def _by_policy(image: Image, base: str) -> Iterator[Problem]:
    wanted = parse_reference(Value(base))
    root = image.base.root
    if wanted is None or root is None:
        return
    for use in image.base.lineage:
        reference = use.reference
        if (
            reference is not None
            and same_name(reference, wanted)
            and (reference.tag == wanted.tag or not reference.tag_known)
        ):
            return
    if root.reference is None and root.value.text != "scratch":
        return  # an unknown ARG decides
    if root.reference is not None and (not root.reference.tag_known or not root.reference.name_known):
        tail = root.reference.path.rpartition("/")[2]
        if (
            not root.reference.tag_known
            or tail.startswith("\0")
            or tail == wanted.path.rpartition("/")[2]
            and root.reference.tag == wanted.tag
        ):
            return
    use = image.base.lineage[0]
    chain = tuple(reason_at("image", f"FROM {u.value.shown()}", u.span) for u in image.base.lineage[1:])
    yield Problem(
        use.span,
        f"{image.label} starts from {use.value.shown()}, which does not descend from {base}",
        (*chain, *use.because, *image.why),
        f"start it FROM {base}",
    )


def _by_names(image: Image) -> Iterator[Problem]:
    found = image.base.accelerator
    if image.expected == "cpu" and found not in (None, "cpu", "other") and image.base.lineage:
        use = image.base.lineage[0]
        yield Problem(
            use.span,
            f"{image.label} is meant for cpu, but starts from a {found} image, {image.base.lineage[-1].value.shown()}",
            (*image.why, *use.because),
        )
