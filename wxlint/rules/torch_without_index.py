"""torch is installed from the default index, whose build is not the image's.

## Why

On Linux a plain `pip install torch` is a CUDA build. In a CPU image that is the most reported mistake of all:
gigabytes of CUDA that nothing uses. In a CUDA image it is whatever CUDA version the newest release was built for, not
the one the base and the policy have. An installed torch that already satisfies the requirement stays, and is no
finding. In a CPU image on a base of which nothing is known it is a warning: the base may hold that torch already.

In an image that nothing calls a CPU or a GPU image, on a base without CUDA and without a policy, it is information
only, and a warning where something says CPU: the name or the tag of its base; a `Dockerfile.gpu` beside its Dockerfile;
a service `api-gpu` beside the service that runs it, or another image in its place in a `docker-compose.gpu.yml`; what
it, or the service, is set to (`WHISPER_DEVICE=cpu`, `USE_GPU=false`, `CUDA_VISIBLE_DEVICES=""`, `--device cpu`), where
that is written out; an index of CPU builds behind torch in a list, where pip does not look at it. A GPU that a service,
a `docker run` or a pod gives the image, or a variable that chooses CUDA, silences it.

## Bad

```dockerfile Dockerfile.cpu
FROM python:3.11-slim
RUN pip install torch==2.3.1
```

## Good

```dockerfile Dockerfile.cpu
FROM python:3.11-slim
RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cpu
```
"""

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity, Span
from wxlint.core.reasons import Reason
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.image import Image, TorchStep, contributing
from wxlint.images.graph.names.hints import NameHint, from_reference
from wxlint.images.graph.repository import Repository
from wxlint.images.stack.torch.model import PROJECT_HINT, Choice, describe
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "torch from the default index, whose build is not the variant's"
_EITHER = (
    "for a CPU image add --index-url https://download.pytorch.org/whl/cpu; "
    "for a GPU image say so in its name, or give the index of its CUDA channel"
)
_CPU = "https://download.pytorch.org/whl/cpu"
HINT = "give the index of the image's channel: --index-url https://download.pytorch.org/whl/CHANNEL"
WEIGHT = 0


def check(repository: Repository) -> Iterator[Problem]:
    for image, steps in repository.torch_steps:
        for step in steps:
            choice = step.choices[0]
            if (
                step.install.conditional
                or choice.channel != "default"
                or choice.requirement.name not in (*FAMILY, "pytorch")
            ):
                continue
            span = choice.requirement.span or step.install.span
            if span is None:
                continue
            because = (describe(choice), *step.install.reasons, *image.why)
            if step.before.channel == "unknown" and not _is_certain(image, step):
                text = _beside_an_open_base(repository, image, step)
                if text:
                    hint = _hint(image, step.install.tool)
                    yield Problem(span, text, because, hint, Severity.WARNING, image.label)
                continue
            wrong = _wrong(image, choice)
            if wrong:
                severity = (
                    Severity.INFO if image.meant == "other" else image.doubt
                )  # a plugin of its own may go with it
                yield Problem(span, wrong, because, _hint(image, step.install.tool), severity, image.label)
            elif repository.is_undecided(image):
                yield _undecided(repository, image, step, span, because)


def _is_certain(image: Image, step: TorchStep) -> bool:
    """Whether the default index's torch is there, whatever an install before it did that may not have run."""
    return image.base.torch.channel == "none" and step.before.maybe == "default"


def _undecided(
    repository: Repository, image: Image, step: TorchStep, span: Span, because: tuple[Reason, ...]
) -> Problem:
    """What is to be said of torch in an image that no name calls one for the CPU or for a GPU."""
    name = step.choices[0].requirement.name
    text = f"{name} comes from the default index: on Linux a CUDA build, gigabytes of it"
    hint = PROJECT_HINT.get(step.install.tool, "add --index-url {}").format(_CPU)
    of_base = _named_for_cpu(image)
    if of_base is not None:
        return Problem(span, f"{text}; {of_base.reason.text} says CPU", because, hint, Severity.WARNING)
    hints = repository.purposes.for_the_cpu(image.evaluated, image.stage)
    if not hints:
        return Problem(span, text, because, _EITHER, Severity.INFO, image.label)
    text = f"{name} comes from the default index, a CUDA build on Linux, but {image.label} is likely a cpu image"
    return Problem(span, text, (*hints, *because), hint, Severity.WARNING, image.label)


def _named_for_cpu(image: Image) -> NameHint | None:
    """Return what says that the image which this one stands on is for the CPU: its name, or its tag."""
    stages = contributing(image.evaluated, image.stage)
    references = [stage.base.reference for stage in stages if not stage.parents]
    named = [
        one for reference in references if reference is not None for one in from_reference(reference, "base image")
    ]
    return named[0] if {one.accelerator for one in named} == {"cpu"} else None


def _beside_an_open_base(repository: Repository, image: Image, step: TorchStep) -> str:
    """What is to be said of a CPU image whose base may hold the torch already; "" for nothing."""
    if image.expected != "cpu":
        return ""
    from wxlint.images.graph.open_bases import open_base

    base, wanted = open_base(repository, image, step), step.choices[0].requirement
    return base and (
        f"{wanted.name} comes from the default index, a CUDA build on Linux, but {image.label} is a cpu image; "
        f"whether {base} holds {wanted.written or wanted.name} already is not known"
    )


def _wrong(image: Image, choice: Choice) -> str:
    name = choice.requirement.name
    expectation = image.expectation
    if image.expected == "cpu":
        return f"{name} comes from the default index, a CUDA build on Linux, but {image.label} is a cpu image"
    if image.meant == "rocm" and (image.expected is not None or image.state.torch.channel == "default"):
        return f"{name} comes from the default index, a CUDA build on Linux, but {image.label} is a rocm image"
    if image.meant == "other" and image.state.torch.channel == "default" and expectation is None:
        return (
            f"{name} comes from the default index, a CUDA build on Linux, but {image.label} is for another accelerator"
        )
    allowed = expectation.allowed_channels if expectation is not None else ()
    wanted = {facts.cuda_of_channel(channel) for channel in allowed} - {None}
    if not wanted or "any-cuda" in allowed:
        return ""
    pin = choice.requirement.pin if name == "torch" else None
    built = facts.default_cuda(pin) if pin else None
    if built is not None and ".".join(built.split(".")[:2]) in wanted:
        return ""
    what = (
        "is a cpu build"
        if built == "cpu"
        else f"is built for CUDA {built}"
        if built
        else "is built for whatever CUDA version its newest release has"
    )
    from wxlint.facts.channels import shown

    return f"{name} comes from the default index and {what}; {image.label} takes {shown(allowed)}"


def _hint(image: Image, tool: str) -> str:
    channel = (
        image.expectation.torch if image.expectation is not None else "cpu" if image.meant in ("cpu", "other") else None
    )
    if not channel:
        return ""
    index = f"https://download.pytorch.org/whl/{channel}"
    return PROJECT_HINT.get(tool, "add --index-url {}").format(index)
