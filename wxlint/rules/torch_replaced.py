"""A later install replaces the torch that an earlier step or the base image chose.

## Why

Installers keep a torch that suits and replace one that does not, without a word: `xformers==0.0.31` asks for torch
2.7.1 exactly, a pin in a requirements list for another release. The new one comes from the index of that command,
most often the default one: another CUDA generation, or CUDA in an image of another kind. The old one stays in its
layer, and its libraries may stay beside the new ones. A fallback (`pip install torch… || pip install torch`) gives an
image of another kind on a bad day. What is only likely is information: a range whose newest release asks for a later
torch. So is the newest torch of a channel where a pin of the same channel follows: it is downloaded for nothing.

## Bad

```dockerfile
FROM nvidia/cuda:12.8.1-cudnn-devel-ubuntu24.04
RUN pip install torch==2.8.0 --index-url https://download.pytorch.org/whl/cu128
RUN pip install xformers==0.0.31
```

```dockerfile
FROM nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04
RUN pip install torch torchvision
RUN pip install torch==2.3.1 torchvision==0.18.1 --index-url https://download.pytorch.org/whl/cu121
```

## Good

```dockerfile
FROM nvidia/cuda:12.8.1-cudnn-devel-ubuntu24.04
RUN pip install torch==2.8.0 --index-url https://download.pytorch.org/whl/cu128
RUN pip install xformers==0.0.32.post2
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.reasons import Reason, reason_at
from wxlint.images.graph.image import Image, TorchStep
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.model import Install
from wxlint.images.installs.places import SYSTEM
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.model import ANY, Choice, Torch, shown
from wxlint.images.stack.torch.selection import carried
from wxlint.images.stack.torch.state import after
from wxlint.rules import Problem

_OWN_ENVIRONMENT = ("uv-project", "poetry", "pdm", "pipenv")
"""Tools that install into an environment of the project, beside what the base image holds."""

SEVERITY = Severity.WARNING
SUMMARY = "an install that replaces the torch which an earlier step or the base chose"
HINT = "install torch once, with every package that asks for a release of it, or hold it with a constraint (-c)"
WEIGHT = 0


def check(repository: Repository) -> Iterator[Problem]:
    for image, every in repository.torch_steps:
        steps = tuple(step for step in every if not step.install.elsewhere)
        found = [*_makers_own(image, steps), *_replaced(image, steps)]
        yield from found
        yield from _left_behind(image, steps)
        if any(install.handled for install in image.installs):
            from wxlint.rules._torch_besides import fallbacks

            yield from fallbacks(image)
        if image.state.environments:
            from wxlint.rules._second_torch import second_torch  # only where there are several environments

            yield from second_torch(image, {problem.span for problem in found})


def _replaced(image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield each install by which the torch that is there gives way, or may."""
    for place, step in enumerate(steps):
        choice = step.choices[0]
        if step.install.conditional or choice.requirement.span is None and step.install.span is None:
            continue
        now = after(step.before, step.install)
        if _is_replaced(step, choice, now) and not _said_elsewhere(image, step, now):
            again = any(one.before.channel == now.channel for one in steps[:place])
            problem = _problem(image, step, _deciding(step, choice, now), now, _chosen_by(step, steps[:place]))
            yield problem._replace(hint=HINT) if again else problem
        elif _comes_late(step, choice, now):
            yield _late(image, step, choice)
        elif step.before.channel != "none":
            from wxlint.rules._torch_besides import likely_other, taken_twice

            yield from likely_other(image, step, now)
            yield from taken_twice(image, step, now)


def _makers_own(image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield the first install that takes the place of a torch which the base's maker built for it."""
    root = image.base.root
    if root is None or not steps or image.state.external_torch.channel != "unknown":
        return
    from wxlint.images.stack.makers_torch import has_makers_torch, is_constrained, takes_its_place

    if not has_makers_torch(root.reference):
        return
    for step in steps:
        if step.before.channel != "unknown":
            return  # it was taken out on purpose
        choice = next((choice for choice in step.choices if takes_its_place(choice)), None)
        span = (choice.requirement.span or step.install.span) if choice is not None else None
        if choice is None or span is None:
            continue
        because = (reason_at("image", f"FROM {root.value.shown()}", root.span), *step.install.reasons)
        if _is_apart(step.install):
            text = f"{choice.requirement.written} is installed into an environment of its own, beside the base's torch"
            yield Problem(span, text, because, severity=Severity.INFO, image=image.label)
            return
        if step.install.tool == "pip" and is_constrained(root.reference, image.evaluated.dockerfile.source.text):
            text = f"pip refuses {choice.requirement.written}: the base's /etc/pip/constraint.txt holds its own torch"
            hint = "keep the base's torch: leave out the version; another one needs its line of that file removed"
            yield Problem(span, text, because, hint, image=image.label)
            return
        verb = "brings another torch" if choice.implied else "replaces the torch that is there"
        text = f"{choice.requirement.written} {verb}: {image.label} has its base's own build, which no index holds"
        hint = "keep the base's torch: leave out the version, or hold it with a constraint (-c)"
        yield Problem(span, text, because, hint, image=image.label)
        return


def _left_behind(image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield a `pip uninstall torch` that leaves the CUDA libraries which torch brought, in an image for the CPU."""
    if image.state.torch.channel != "cpu" or not any(install.removes for install in image.installs):
        return
    brought: Choice | None = None
    waiting = list(reversed(steps))  # in the order of the installs
    for number, install in enumerate(image.installs):
        if waiting and waiting[-1].install is install:
            choice = waiting.pop().choices[0]
            brought = choice if accelerator_of(choice.channel) == "cuda" else None
        gone = {requirement.name for requirement in install.requirements} if install.removes else set()
        if brought is None or "torch" not in gone or install.conditional or install.unread:
            continue
        if not any(map(_takes_libraries_away, image.installs[number:])) and install.span is not None:
            text = "torch goes, and the CUDA libraries that it brought (nvidia-*) stay: gigabytes in a cpu image"
            because = (reason_at("install", brought.requirement.written, brought.requirement.span),)
            yield Problem(install.span, text, because, "install torch from the cpu channel first", image=image.label)
        brought = None


def _takes_libraries_away(install: Install) -> bool:
    """Whether CUDA's libraries are among what an uninstall names, or what it names is not known."""
    return install.removes and any(not r.name or r.name.startswith("nvidia-") for r in install.requirements)


def _deciding(step: TorchStep, choice: Choice, now: Torch) -> Choice:
    """Return what takes the place of the torch that is there: torch itself, or which of several packages bring it."""
    brought = carried(step.install) if now.span is not None else []
    return next((one for one in brought if one.requirement.span == now.span), choice)


def _is_replaced(step: TorchStep, choice: Choice, now: Torch) -> bool:
    """Whether a torch that is there gives way to another build or release."""
    before = step.before
    if before.channel == "none" or now.channel == "unknown" or now is before:
        return False
    if before.channel == "unknown":  # an install that may not have run, in the branch where it has
        wanted = choice.requirement
        return before.maybe not in ("", ANY, now.channel) and bool(wanted.pin) and wanted.pin != before.version
    if now.channel != before.channel:
        return True
    return choice.implied and before.version is not None and now.version not in (None, before.version)


def _comes_late(step: TorchStep, choice: Choice, now: Torch) -> bool:
    """Whether torch for the CPU is asked for behind one for CUDA, and a companion decides whether that gives way."""
    asked = choice.requirement.name == "torch" and choice.channel == "cpu" and choice.source is not None
    before = step.before.channel
    return asked and now.channel == "unknown" and accelerator_of(before) == "cuda" and not step.install.reinstall


def _late(image: Image, step: TorchStep, choice: Choice) -> Problem:
    before = step.before
    span = choice.requirement.span or step.install.span
    assert span is not None
    was = shown(before.channel, before.version)
    text = (
        f"{choice.requirement.written} from channel cpu comes late: {image.label} has {was}, which stays where it "
        "satisfies, and leaves its CUDA libraries behind where not"
    )
    because = (*before.because, *step.install.reasons)
    return Problem(span, text, because, "install torch from the cpu channel first", image=image.label)


def _said_elsewhere(image: Image, step: TorchStep, now: Torch) -> bool:
    """Whether another rule speaks of the very install: a CUDA build in an image that is to be for the CPU, and stays
    there."""
    if step.choices[0].implied and image.state.torch.channel == "cpu":
        return False
    return image.expected == "cpu" and now.channel != "cpu" and step.before.channel in ("cpu", "none")


def _chosen_by(step: TorchStep, earlier: tuple[TorchStep, ...]) -> tuple[Reason, ...]:
    """The install that chose the torch which a step finds, where its list is another file."""
    for one in reversed(earlier):
        span, install = one.choices[0].requirement.span, one.install.span
        if span is not None and span == step.before.span and install is not None and install.path != span.path:
            return (reason_at("install", f"installed by {one.install.tool.partition('-')[0]}", install),)
    return ()


def _is_apart(install: Install) -> bool:
    """Whether a tool installs into the project's environment; not where it was told to take the system's Python."""
    return install.tool in _OWN_ENVIRONMENT and install.place != SYSTEM


def _problem(image: Image, step: TorchStep, choice: Choice, now: Torch, chosen_by: tuple[Reason, ...]) -> Problem:
    wanted, before = choice.requirement, step.before
    span = wanted.span or step.install.span
    assert span is not None
    brings = f"{wanted.written} {'brings another torch' if choice.implied else 'replaces the torch that is there'}"
    was = shown(before.maybe if before.channel == "unknown" else before.channel, before.version)
    text = f"{brings}: {image.label} has {was}, and gets {shown(now.channel, now.version)}"
    because = (*chosen_by, *before.because, *now.because, *step.install.reasons)
    if before.span is not None:
        because = (reason_at("install", f"torch was {was}", before.span), *because)
    if before.companions:
        from wxlint.rules._base_companions import left_by  # only where a base is known to hold some

        because = (*because, *left_by(image, step.install))
    on_purpose = (step.install.upgrade or step.install.reinstall) and not choice.implied
    severity = Severity.INFO if on_purpose else None
    if _is_apart(step.install) and before == image.state.external_torch:
        text = f"{wanted.written} is installed into an environment of its own, beside {was} of the base image"
        severity = Severity.INFO
    return Problem(span, text, because, _hint(choice, before, now), severity, image.label)


def _hint(choice: Choice, before: Torch, now: Torch) -> str:
    if choice.implied and before.version:
        name = choice.requirement.name
        return f"take a release of {name} that goes with torch {before.version}, or install torch after it"
    if before.channel == "default" and accelerator_of(now.channel) in ("cuda", "cpu"):
        return f"install torch from {now.channel} first: the default build and its CUDA libraries stay in the image"
    return ""
