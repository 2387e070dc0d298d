"""An image carries the tag of a variant it is not.

## Why

The tag is all that a person sees of an image. `asr:cpu` that was built from a CUDA Dockerfile, or a stage that the
policy has in one variant only used under another's tag, is found out in production. With a policy a build of one
image's Dockerfile, or target, under the tag of another is found whatever is in it, and so is one that forgets the
target. Without a policy the tag that a build gives is held against what the Dockerfile's base and torch channel prove,
and, where they prove nothing, against what the Dockerfile's name says. Where the tag, and all other names, speak
against torch's channel alone, that is one cause: `torch-index` says it where torch is installed, unless the builder
chose the channel.

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

import posixpath
from collections.abc import Iterator

from wxlint.core.findings import Severity, Span
from wxlint.core.reasons import Reason
from wxlint.images.graph.image import Image
from wxlint.images.graph.names.hints import forgotten_target, from_path, said_by_tag, said_by_tags
from wxlint.images.graph.repository import Repository
from wxlint.images.graph.state import State
from wxlint.images.model.records import Stage
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "an image tagged with a variant that is not its own"
HINT = "use the tag of the variant that is built here, or build the variant that the tag names"
ABOUT_REFERENCES = True


def check(repository: Repository) -> Iterator[Problem]:
    said: set[tuple[Span, str]] = set()
    yield from _by_policy(repository, said)
    yield from _by_dockerfile(repository, said)
    yield from _by_target(repository, said)
    yield from _by_content(repository)


def _by_policy(repository: Repository, said: set[tuple[Span, str]]) -> Iterator[Problem]:
    """Tags of variants that the image does not have. said: what is reported, to which it adds."""
    policy = repository.policy
    if policy is None:
        return
    whole = repository.family.is_whole
    variants = {variant.tag: variant for variant in policy.variants.values()}
    for use in repository.uses:
        reference = use.reference
        if reference is None or not whole and (not reference.tag_known or reference.tag not in variants):
            continue
        member = repository.family.member(reference)
        if member is None or not member.known or member.stage is None:
            continue
        own = [v for v in policy.variants.values() if member.stage in v.members]
        wrong = not member.listed if whole else variants[reference.tag or ""] not in own
        if wrong:
            said.add((use.span, use.value.text))
            tags = " or ".join(v.name if whole else f":{v.tag}" for v in own)
            yield Problem(
                use.span,
                f"{use.kind} names {reference.shown()}, but {member.stage} is built as {tags} only",
                (*use.because, Reason("policy", "the policy", policy.path)),
                image=reference.shown(),
            )


def _by_dockerfile(repository: Repository, said: set[tuple[Span, str]]) -> Iterator[Problem]:
    """Tags of one image of the policy on a build of another one's Dockerfile, or of another one's target.

    said: what is reported already.
    """
    for path, listed in repository.family.by_dockerfile.items():
        if path not in repository.dockerfiles_in_scope:
            continue
        for build in repository.graph.evaluations.builds_as_written.get(path, ()):
            of_target = [e for e in listed if e.target is not None and e.target == build.target]
            own = of_target or listed
            named = {(one.stage, one.variant) for one in own}
            for use in build.tags:
                if use.reference is None or use.reference.untagged or (use.span, use.value.text) in said:
                    continue  # untagged-image says it, or the tag itself
                member = repository.family.member(use.reference)
                if member is None or member.stage is None or member.variant is None or not member.listed:
                    continue
                if (member.stage, member.variant) not in named:
                    what = f"the target {build.target} of {path}" if of_target else path
                    images = ", ".join(dict.fromkeys(one.image for one in own))
                    text = f"{use.kind} names {use.value.shown()}, but {what} is for {images} in the policy"
                    because = (*use.because, *build.built_by, Reason("policy", "the policy", repository.family.path))
                    yield Problem(use.span, text, because, image=use.value.shown())


def _by_target(repository: Repository, said: set[tuple[Span, str]]) -> Iterator[Problem]:
    """Tags of images that the policy has a target for, on builds of the last stage since they name none.

    said: what is reported already.
    """
    for image in repository.images:
        build = image.evaluated.build
        meant = repository.graph.images.expectation_of(build)
        if meant is None or build.target is not None or not repository.graph.images.misses_target(image.evaluated):
            continue
        stage = image.stage.name or "which has no name"
        for use in (tag for each in repository.graph.evaluations.alike(build) for tag in each.tags):
            if not repository.family.is_named(meant, use) or (use.span, use.value.text) in said:
                continue
            text = (
                f"{use.kind} names {use.value.shown()}, but builds the last stage of {image.evaluated.path}, {stage}; "
                f"the policy has the target {meant.target} for {meant.image}"
            )
            because = (*use.because, *build.built_by, Reason("policy", "the policy", repository.family.path))
            hint = f"build it with the target {meant.target}"
            yield Problem(use.span, text, because, hint, image=use.value.shown())


def _by_content(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        if repository.graph.images.misses_target(image.evaluated):
            continue
        base, channel = image.state.accelerator, image.state.torch.channel
        proven = base if base not in (None, "cpu") else accelerator_of(channel) if channel != "default" else None
        forgotten = forgotten_target(image.evaluated)
        if proven is None:
            yield from _by_names(repository, image, forgotten) if image.expectation is None else ()
            continue
        for use in (tag for build in repository.graph.evaluations.alike(image.evaluated.build) for tag in build.tags):
            said = said_by_tag(use.reference)
            if not said or said[0].accelerator == proven or "other" in (said[0].accelerator, proven):
                continue
            if said[0].any_gpu and proven == "rocm":
                continue
            if image.expectation is not None and (said[0].accelerator == image.expected or repository.is_listed(use)):
                continue  # what the policy says of the image, or of the tag, is judged elsewhere
            if said[0].accelerator == image.expected and _is_said_of_torch(repository, image, proven):
                continue
            because = (*image.state.because, *image.state.torch.because, *use.because)
            doubtful = _is_of_doubtful_base(image.state) or _is_set_apart(image, said[0].accelerator)
            yield Problem(
                use.span,
                f"{use.kind} names {use.value.shown()}, but {image.evaluated.path} builds a {proven} image",
                because,
                f"build it with the target {forgotten.name}" if forgotten is not None else "",
                severity=Severity.INFO if doubtful else None,
                image=use.value.shown(),
            )


def _is_set_apart(image: Image, accelerator: str) -> bool:
    """Whether a Dockerfile is called for what the tag says, and only changes settings of another image."""
    called = accelerator in accelerator_words(posixpath.basename(image.evaluated.path))
    return called and image.state.torch.channel == "none" and not image.stage.steps


def _is_of_doubtful_base(state: State) -> bool:
    """Whether what an image computes on is what its base is taken for, and nothing that it installs itself."""
    own = state.accelerator in (None, "cpu") and state.torch.channel != state.external_torch.channel
    return not state.sure and not own


def _is_said_of_torch(repository: Repository, image: Image, proven: str) -> bool:
    """Whether torch-index says of the install itself that its channel is not what all names say."""
    if image.state.accelerator not in (None, "cpu") or proven in said_by_tags(
        repository.graph.evaluations.builds_as_written.get(image.evaluated.path, ())
    ):
        return False
    return any(
        choice.channel == image.state.torch.channel
        and choice.how != "default"
        and not step.install.conditional
        and not choice.by_builder
        for of, steps in repository.torch_steps
        if of is image
        for step in steps
        for choice in step.choices
    )


def _by_names(repository: Repository, image: Image, forgotten: Stage | None) -> Iterator[Problem]:
    """Compare the tag with the stage's name or the Dockerfile's, where the content proves neither.

    forgotten: the stage that the tag names, where the build makes one that is named for another variant.
    """
    if forgotten is not None and not image.evaluated.build.more:
        yield from _of_last_stage(repository, image, forgotten)
        return
    named = from_path(image.evaluated.path)
    if not named or named[0].accelerator not in ("cpu", "cuda"):
        return
    build = image.evaluated.build
    for use in (tag for each in repository.graph.evaluations.alike(build) for tag in each.tags):
        said = said_by_tag(use.reference)
        if not said or said[0].accelerator not in ("cpu", "cuda") or said[0].accelerator == named[0].accelerator:
            continue
        if build.args and (said[0].accelerator == "cpu" or image.state.torch.channel == "default"):
            continue  # its arguments may make the image that the tag names
        yield Problem(
            use.span,
            f"{use.kind} names {use.value.shown()}, but {image.evaluated.path} is a {named[0].accelerator} Dockerfile",
            (named[0].reason, *use.because, *build.built_by),
            severity=Severity.WARNING,
            image=use.value.shown(),
        )


def _of_last_stage(repository: Repository, image: Image, forgotten: Stage) -> Iterator[Problem]:
    build = image.evaluated.build
    for use in (tag for each in repository.graph.evaluations.alike(build) for tag in each.tags):
        said = said_by_tag(use.reference)
        if said and {said[0].accelerator} == accelerator_words(forgotten.name):
            yield Problem(
                use.span,
                f"{use.kind} names {use.value.shown()}, but builds the last stage of {image.evaluated.path}, "
                f"{image.stage.name}, and not {forgotten.name}",
                (*use.because, *build.built_by),
                f"build it with the target {forgotten.name}",
                Severity.WARNING,
                use.value.shown(),
            )
