"""An image installs something that brings torch, with no build of torch for it in reach.

## Why

`pip install whisperx` never says torch, and still installs it: from the default index, as a CUDA build. Install torch
from the cpu index first (an installed torch that fits is kept), or give the whole command an index that has the CPU
build. `python -m spacy download en_core_web_trf` is such an install, too: spaCy hands the model to pip. With
`--target` pip looks at nothing that is installed already, so a torch beside that folder does not keep it away. The same
in a ROCm image; in one for another accelerator (OpenVINO, Gaudi) it is information.

In an image that nothing calls a CPU or a GPU image, on a base without CUDA and without a policy, it is a warning where
something around the image says CPU, as in `torch-without-index`, and information elsewhere.

## Bad

```dockerfile Dockerfile.cpu
FROM python:3.11-slim
RUN pip install openai-whisper
```

## Good

```dockerfile Dockerfile.cpu
FROM python:3.11-slim
RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cpu
RUN pip install openai-whisper
```
"""

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.image import Image, TorchStep
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.model import PROJECT_HINT, Choice
from wxlint.images.stack.torch.replacement import is_satisfied
from wxlint.images.stack.torch.selection import carried
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a package that brings torch, in a CPU image with no CPU build in reach"
HINT = "install torch from https://download.pytorch.org/whl/cpu before it"
WEIGHT = 0
_WITHOUT_CUDA: dict[str | None, tuple[str, Severity | None]] = {
    "cpu": ("is a cpu image", None),
    "rocm": ("is a rocm image", None),
    "other": ("is for another accelerator", Severity.INFO),
}
"""Images that a CUDA build of torch is wrong in: what they are, and how grave that is; a plugin may go with it."""
_ROCM = "rocmX.Y"
_EITHER = (
    f"for a CPU image {HINT}; for a GPU image say so in its name, or install torch from its CUDA channel before it"
)


def check(repository: Repository) -> Iterator[Problem]:
    for image, steps in repository.torch_steps:
        if image.expected == "cpu":
            yield from _beside_an_open_base(repository, image, steps)
        if image.expected == "cuda":
            yield from _instead_of_a_channel(image, steps)
        if repository.is_undecided(image):
            yield from _undecided(repository, image, steps)
            continue
        if image.meant not in _WITHOUT_CUDA or (image.expected is None and image.state.torch.channel != "default"):
            continue
        what, severity = _WITHOUT_CUDA[image.meant]
        suits = "rocm" if image.meant == "rocm" else "cpu"
        for step in steps:
            choice = step.choices[0]
            wanted = choice.requirement
            kept = step.before.channel != "none" and (
                accelerator_of(step.before.channel) != suits
                or is_satisfied(step.before, choice) is not False
                or image.state.torch.channel != "default"  # a later install puts the CPU build back
            )
            if kept or step.install.conditional or choice.channel != "default":
                continue
            if _is_carrier(choice) and wanted.span is not None:
                deciding = _deciding(step)
                source = "the default index, a CUDA build on Linux"
                text = f"{deciding.name} {_brings(step)} from {source}, but {image.label} {what}"
                hint = _project_hint(step, _ROCM if suits == "rocm" else "cpu")
                if suits == "rocm":
                    hint = hint or f"install torch from https://download.pytorch.org/whl/{_ROCM} before it"
                of_base = () if image.expected else image.base.because
                because = (*of_base, *step.install.reasons, *image.why)
                yield Problem(deciding.span or wanted.span, text, because, hint, image.doubt or severity, image.label)


def _brings(step: TorchStep) -> str:
    """What a package does that brings torch, by what makes the installer take it."""
    if step.before.channel == "none":
        return "brings torch"
    if step.install.reinstall:
        return "is installed whatever is there, and brings another torch"
    if step.install.eager and step.install.upgrade:
        return "is upgraded with all that it requires, and brings another torch"
    return "does not suit the torch that is there and brings another"


def _undecided(repository: Repository, image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield what brings torch into an image that no name calls one for the CPU or for a GPU, once."""
    step = next((one for one in steps if one.before.channel == "none" and not one.install.conditional), None)
    if step is None or step.choices[0].channel != "default" or not _is_carrier(step.choices[0]):
        return
    wanted = step.choices[0].requirement
    row = facts.accelerated_package(wanted.name)
    if row is not None and row["build"] == "cuda":
        return  # vllm, xformers: the image is for a GPU
    span = wanted.span or step.install.span
    if span is None:
        return
    hints = repository.purposes.for_the_cpu(image.evaluated, image.stage)
    source, because = "torch from the default index", (*hints, *step.install.reasons, *image.why)
    if hints:
        text = f"{wanted.name} brings {source}, a CUDA build on Linux, but {image.label} is likely a cpu image"
        yield Problem(span, text, because, _project_hint(step, "cpu"), Severity.WARNING, image.label)
    else:
        text = f"{wanted.name} brings {source}: on Linux a CUDA build, gigabytes of it"
        yield Problem(span, text, because, _EITHER, Severity.INFO, image.label)


def _is_carrier(choice: Choice) -> bool:
    return choice.implied and choice.requirement.name not in FAMILY


def _project_hint(step: TorchStep, channel: str) -> str:
    """What to do in a project of a tool; "" for a plain install."""
    hint = PROJECT_HINT.get(step.install.tool, "").format(f"https://download.pytorch.org/whl/{channel}")
    return hint and f"name torch among the dependencies and {hint}"


def _beside_an_open_base(repository: Repository, image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield what brings torch into a CPU image, unless a base of which nothing is known holds one."""
    for step in steps:
        wanted = step.choices[0].requirement
        if step.before.channel != "unknown" or wanted.name in FAMILY or wanted.span is None:
            continue
        from wxlint.images.graph.open_bases import open_base

        base = open_base(repository, image, step)
        if base:
            text = (
                f"{wanted.name} brings torch from the default index, a CUDA build on Linux, but {image.label} is a cpu "
                f"image; whether {base} holds a torch already is not known"
            )
            because = (*step.install.reasons, *image.why)
            yield Problem(wanted.span, text, because, "", Severity.WARNING, image.label)
            return


def _deciding(step: TorchStep) -> Requirement:
    """Of what brings torch, that which does not suit the torch that is there; else the first."""
    for choice in carried(step.install) if step.before.channel != "none" else ():
        alone = choice._replace(install=step.install._replace(requirements=(choice.requirement,)))
        if is_satisfied(step.before, alone) is False and choice.requirement.span is not None:
            return choice.requirement
    return step.choices[0].requirement


def _instead_of_a_channel(image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield what brings the default index's torch into an image whose policy names a channel."""
    channel = image.expectation.torch if image.expectation is not None else None
    if image.expectation is None or channel in (None, "default") or image.state.torch.channel != "default":
        return
    from wxlint.facts.channels import shown

    takes = shown(image.expectation.allowed_channels)
    for step in steps:
        choice = step.choices[0]
        wanted = choice.requirement
        if step.before.channel != "none" or choice.channel != "default" or not choice.implied or wanted.span is None:
            continue
        if wanted.name not in FAMILY and not step.install.conditional:
            text = f"{wanted.name} brings torch from the default index, but {image.label} takes {takes}"
            because = (*step.install.reasons, *image.why)
            hint = f"install torch from the {channel} index before it"
            yield Problem(wanted.span, text, because, hint, Severity.WARNING, image.label)
