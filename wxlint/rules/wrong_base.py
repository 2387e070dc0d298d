"""A stage does not descend from its variant's base.

## Why

The base decides what every stage above it can be: a GPU stage that starts from `base:cpu` has no CUDA runtime
whatever its tag says, and a CPU stage on a CUDA image ships gigabytes nobody uses. Lineage is followed, not text:
through stage aliases, ARG defaults and build arguments, and other images that the repository builds. Without a
policy, an image that names call a CPU image and that stands on an accelerator's base is reported, and a GPU image
that stands on one whose name says CPU, or on the CPU image of somebody who has another one for GPUs (`2.17.0-gpu`).

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

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE, Value
from wxlint.images.graph.image import Image
from wxlint.images.graph.names.hints import from_reference
from wxlint.images.graph.producers import same_name
from wxlint.images.graph.repository import Repository
from wxlint.images.model.reference import Reference, parse_reference
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a stage that does not descend from its variant's base"
HINT = "start the stage FROM the base of its variant"
WEIGHT = 0
ABOUT_REFERENCES = True
INSTEAD_OF = ("unbuilt-image", "latest-tag", "untagged-image")


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        if image.expectation is not None and image.expectation.base is not None:
            yield from _by_policy(repository, image, image.expectation.base)
        else:
            yield from _by_names(repository, image)


def _by_policy(repository: Repository, image: Image, base: str) -> Iterator[Problem]:
    wanted = parse_reference(Value(base))
    root = image.base.root
    if wanted is None or root is None:
        return
    for use in (*image.base.lineage, *image.base.partly):  # what some of several builds pass through is not known
        reference = use.reference
        if reference is not None and (_is(reference, wanted) or _is_the_base(repository, image, reference)):
            return
    if root.reference is None and root.value.text != "scratch":
        return  # an unknown ARG decides
    if root.reference is not None and (not root.reference.tag_known or not root.reference.name_known):
        tail = root.reference.path.rpartition("/")[2]
        if (
            not root.reference.tag_known
            or tail.startswith("\0")
            or tail == wanted.path.rpartition("/")[2]
            and _is_tag(root.reference, wanted)
        ):
            return
    use = image.base.lineage[0]
    chain = tuple(reason_at("image", f"FROM {u.value.shown()}", u.span) for u in image.base.lineage[1:])
    shown = base.replace(HOLE, "*")
    yield Problem(
        use.span,
        f"{image.label} starts from {use.value.shown()}, which does not descend from {shown}",
        (*chain, *use.because, *image.why),
        f"start it FROM {shown}",
    )


def _is(reference: Reference, wanted: Reference) -> bool:
    return same_name(reference, wanted) and (_is_tag(reference, wanted) or not reference.tag_known)


def _is_tag(reference: Reference, wanted: Reference) -> bool:
    """Whether a tag is the one that is wanted, of which parts may not be known; any is where none is said."""
    if wanted.tag is None:
        return True
    if HOLE not in wanted.tag:
        return reference.tag == wanted.tag
    from wxlint.policy.part_patterns import literal, may_match

    return may_match(literal(reference.tag or "latest"), wanted.tag)


def _is_the_base(repository: Repository, image: Image, reference: Reference) -> bool:
    """Whether a reference is one of those that a policy of whole references has for the base."""
    base = image.expectation.base_image if image.expectation is not None else None
    if base is None or repository.policy is None or not repository.policy.is_whole:
        return False
    member = repository.family.member(reference)
    if member is None or member.stage not in (None, base.stage):
        return False
    return member.variant == base.variant or not reference.tag_known


def _by_names(repository: Repository, image: Image) -> Iterator[Problem]:
    found = image.base.accelerator
    if not image.base.lineage:
        return
    use = image.base.lineage[0]
    if image.expected in ("cuda", "rocm") and found in (None, "cpu"):
        yield from _from_a_cpu_image(repository, image)
    elif image.expected == "cpu" and found not in (None, "cpu", "other"):
        yield Problem(
            use.span,
            f"{image.label} is meant for cpu, but starts from a {found} image, {image.base.lineage[-1].value.shown()}",
            (*image.why, *use.because),
            severity=None if image.base.sure else Severity.INFO,
        )


def _from_a_cpu_image(repository: Repository, image: Image) -> Iterator[Problem]:
    """A GPU image on one that its name calls a CPU image: a CPU build of torch in that stays, whatever is asked for.

    An image that puts CUDA itself on top of its CPU image, which is not known to hold such a torch, is made so.
    """
    if image.base.torch.channel != "cpu" and any(
        package.row["ecosystem"] == "apt" and not package.conditional for package in image.state.packages
    ):
        return
    for use in image.base.lineage:
        reference = use.reference
        said = from_reference(reference, "base image") if reference is not None and reference.tag_known else []
        if reference is None or not said or said[0].accelerator != "cpu":
            continue
        own = {tag.reference.name for tag in image.evaluated.build.tags if tag.reference is not None}
        ours = reference.name in own or bool(repository.graph.producers(reference))
        yield Problem(
            image.base.lineage[0].span,
            f"{image.label} is meant for {image.expected}, but starts from a cpu image, {use.value.shown()}",
            (said[0].reason, *image.why, *use.because),
            f"start it FROM an image for {image.expected}",
            None if ours or image.expectation is not None else Severity.WARNING,
        )
        return
    yield from _from_a_cpu_twin(image)


def _from_a_cpu_twin(image: Image) -> Iterator[Problem]:
    """A GPU image on the CPU image of somebody who has another one for GPUs, where nothing brings CUDA on top."""
    root, state = image.base.root, image.state
    if root is None or root.reference is None or not root.reference.tag_known or root.reference.digest is not None:
        return
    if (
        state.packages
        or state.torch.channel not in ("none", "cpu")
        or any(install.unread for install in state.installs)
    ):
        return
    name, tag = root.reference.upstream, root.reference.tag or "latest"
    here, twin = facts.base_image(name, tag), facts.base_image(name, f"{tag}-gpu")
    if here is not None and twin is not None and here.accelerator == "cpu" and twin.accelerator == image.expected:
        yield Problem(
            image.base.lineage[0].span,
            f"{image.label} is meant for {image.expected}, but {root.value.shown()} is a cpu image",
            (*image.base.because, *image.why, *root.because),
            f"take a tag of {name} with -gpu",
            Severity.WARNING if image.base.sure else Severity.INFO,
        )
