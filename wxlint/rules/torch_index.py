"""torch is taken from a channel that is not the image's.

## Why

A GPU stage with the `cpu` index runs, slowly, on the CPU; a CPU stage with `cu121` carries gigabytes of CUDA. The
channel is read from wherever it is given: `-i`, environment, ARG, requirements file, local version, wheel URL, uv
backend, conda, a folder of its own that PYTHONPATH names. With a policy it must be the variant's own; without one it
must fit what the image is for, and a CUDA channel must be of the same major version as the base's CUDA; a CUDA channel
in a plain image beside another one that is for a GPU is a warning. A CPU build that a later install replaces by a GPU's
is `torch-replaced`, not this.

## Bad

```dockerfile
FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04
RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cpu
```

```dockerfile docker/cpu/Dockerfile
FROM python:3.11-slim
RUN pip install torch==2.3.1+cu121 -f https://download.pytorch.org/whl/torch_stable.html
```

## Good

```dockerfile
FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04
RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cu121
```
"""

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.images.graph.image import Image
from wxlint.images.graph.names.hints import said_by_tags
from wxlint.images.graph.repository import Repository
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.model import Choice, describe
from wxlint.images.stack.torch.selection import choices
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "torch from a channel that is not the image's"
HINT = "take torch from the index of the image's own variant"
WEIGHT = 0


def index_option(channel: str) -> str:
    """The option that takes torch from a channel; "" for the default index, and for none."""
    return f"write --index-url https://download.pytorch.org/whl/{channel}" if channel not in ("", "default") else ""


def check(repository: Repository) -> Iterator[Problem]:
    for image, steps in repository.torch_steps:
        tagged = said_by_tags(repository.graph.evaluations.builds_as_written.get(image.evaluated.path, ()))
        for step in steps:
            if step.install.conditional:
                continue
            reported: set[str] = set()
            for choice in step.choices:
                if (
                    choice.how != "default"
                    and accelerator_of(choice.channel)
                    and choice.channel not in ("default", *reported)
                ):
                    found = list(_judge(image, choice, tagged))
                    yield from found or _beside_a_gpu_image(repository, image, choice)
                    reported.update(choice.channel for _ in found)
    for image in repository.images:
        for choice in _searched_folders(image):
            yield from _judge(image, choice, set())


def _searched_folders(image: Image) -> Iterator[Choice]:
    """What decides about the image's torch in a folder of its own (`pip install --target`) that PYTHONPATH names."""
    if not image.state.stored or accelerator_of(image.state.torch.channel) is None:
        return
    for stage in image.evaluated.stages:
        for install in stage.installs:
            for choice in choices(install)[:1] if install.elsewhere and not install.conditional else ():
                if choice.channel != "default" and describe(choice) in image.state.torch.because:
                    yield choice


def _beside_a_gpu_image(repository: Repository, image: Image, choice: Choice) -> Iterator[Problem]:
    """Yield a CUDA channel in an image whose names say nothing, on no CUDA, where another one is there for a GPU."""
    nothing_said = image.expectation is None and image.expected is None and repository.policy is None
    if not nothing_said or accelerator_of(choice.channel) != "cuda" or image.base.accelerator not in (None, "cpu"):
        return
    hints = repository.purposes.beside_a_gpu_image(image.evaluated, image.stage)
    span = choice.requirement.span or choice.install.span
    if hints and span is not None and image.state.torch.channel == choice.channel:
        text = f"{choice.requirement.name} comes from channel {choice.channel}, but {image.label} is likely a cpu image"
        because = (describe(choice), *hints, *choice.install.reasons)
        yield Problem(span, text, because, severity=Severity.WARNING, image=image.label)


def _judge(image: Image, choice: Choice, tagged: set[str]) -> Iterator[Problem]:
    """What is wrong with a channel. tagged: the accelerators that tags of any build of the Dockerfile name."""
    giver = choice.giver
    span = (giver.span if giver else None) or choice.requirement.span or choice.install.span
    if span is None:
        return
    because = (
        describe(choice),
        *(giver.value.because if giver else ()),
        *choice.install.reasons,
        *image.why,
    )
    name = choice.requirement.name or "torch"
    expectation = image.expectation
    allowed = expectation.allowed_channels if expectation is not None else ()
    if expectation is not None and allowed:
        from wxlint.facts import channels

        nightly = choice.source is not None and "/nightly/" in choice.source.value.text
        fits = any(channels.is_of(choice.channel, one, nightly=nightly) for one in allowed)
        if not fits and not _is_overtaken(image, accelerator_of(choice.channel)):
            text = f"{name} comes from channel {choice.channel}; {image.label} takes {channels.shown(allowed)}"
            yield Problem(span, text, because, index_option(expectation.torch or ""), image=image.label)
        return
    found, built = accelerator_of(choice.channel), facts.cuda_of_channel(choice.channel)
    base = image.base.accelerator
    if image.expected == "other" or found == "other" or _is_overtaken(image, found):
        return  # most other accelerators work with the cpu build and a plugin
    if image.expected is not None and found != image.expected:
        by_tag = image.expected in said_by_tags([image.evaluated.build]) and (choice.by_builder or found in tagged)
        if by_tag and expectation is None and image.state.accelerator in (None, "cpu"):
            return  # variant-tag says it where the image is built
        yield Problem(
            span,
            f"{name} comes from channel {choice.channel}, but {image.label} is meant for {image.expected}",
            because,
            image=image.label,
        )
    elif (
        image.expected is None
        and found == "cpu"
        and base == "cuda"
        and image.base.root is not None
        and image.state.torch.channel == "cpu"
    ):
        why = (*image.base.because, *because)
        yield Problem(
            span,
            f"{name} comes from channel cpu in an image that starts from {image.base.root.value.shown()}",
            why,
            severity=image.doubt,
        )
    elif image.expected is None and {found, base} == {"cuda", "rocm"} and image.base.root is not None:
        text = (
            f"{name} comes from channel {choice.channel} in an image that starts from {image.base.root.value.shown()}"
        )
        yield Problem(
            span, text, (*image.base.because, *because), f"take torch from a {base} channel", image.doubt, image.label
        )
    elif image.base.cuda and built is not None and built[:2] != image.base.cuda[:2]:
        why = (*image.base.because, *because)
        text = f"{name} is built for CUDA {built}, but the base holds CUDA {image.base.cuda}"
        yield Problem(
            span,
            text,
            why,
            "use one CUDA major version in the base and in torch's channel",
            image.doubt or Severity.WARNING,
        )


def _is_overtaken(image: Image, found: str | None) -> bool:
    """Whether a CPU build is not what stays: a later install puts a GPU's in its place, and nothing is left of it.

    `torch-replaced` speaks of that; what the last one is, is judged by itself.
    """
    return found == "cpu" and accelerator_of(image.state.torch.channel) in ("cuda", "rocm")
