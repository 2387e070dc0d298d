"""Versions of torch, torchvision, torchaudio and a channel that do not exist together.

## Why

Each torch release has one torchvision and one torchaudio line, and was built for a few CUDA versions only. A pair
that does not exist fails at build time in the best case; with loose specifiers pip goes and replaces one of them,
often with another CUDA build. Releases newer than the table are never called wrong. Two exact builds of one package in
one command (`-r gpu.txt -r cpu.txt`) are refused by pip and uv.

## Bad

```dockerfile
FROM python:3.11-slim
RUN pip install torch==2.3.1 torchvision==0.16.0 --index-url https://download.pytorch.org/whl/cu121
```

```dockerfile
FROM python:3.11-slim
RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cu121
```

## Good

```dockerfile
FROM python:3.11-slim
RUN pip install torch==2.3.1 torchvision==0.18.1 torchaudio==2.3.1 --index-url https://download.pytorch.org/whl/cu121
```
"""

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity, Span
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.model import Choice, describe
from wxlint.images.stack.torch.releases import numbers, same_release
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "torch, torchvision, torchaudio and a channel that do not exist together"
HINT = (
    "take a set from the table of releases: torch, torchvision and torchaudio of one line, on a channel that line has"
)
WEIGHT = 0


def check(repository: Repository) -> Iterator[Problem]:
    for _, steps in repository.torch_steps:
        for step in steps:
            for choice in step.choices:
                yield from _no_vision(choice)
            torch = next((c for c in step.choices if c.requirement.name == "torch" and c.requirement.pin), None)
            if torch is None:
                continue
            yield from _channel(torch)
            for choice in step.choices:
                if choice.requirement.name in ("torchvision", "torchaudio") and choice.requirement.pin:
                    yield from _companion(torch, choice)
    for image in repository.images:
        for install in image.installs:
            yield from _two_builds(install)


def _two_builds(install: Install) -> Iterator[Problem]:
    """Two exact versions or builds of one package in one command, or one that a constraint rules out."""
    if install.tool not in ("pip", "uv") or install.removes or install.overrides:
        return
    first: dict[str, Requirement] = {}
    for wanted in (*install.requirements, *install.constraints):
        if wanted.name not in FAMILY or not wanted.pin or wanted.maybe or HOLE in wanted.specifier:
            continue
        other, span = first.setdefault(wanted.name, wanted), wanted.span or install.span
        if other is wanted or span is None or not _exclude(other, wanted):
            continue
        text = f"{install.tool} refuses {wanted.written} beside {other.written}: one command takes one build"
        because = (reason_at("install", other.written, other.span), *install.reasons)
        yield Problem(span, text, because, "leave out one of both")
        return


def _exclude(one: Requirement, other: Requirement) -> bool:
    """Whether no version is both; one without a local part is that of any build."""
    if not same_release(one.pin or "", other.pin or ""):
        return True
    return one.local is not None and other.local is not None and one.local != other.local


def _no_vision(choice: Choice) -> Iterator[Problem]:
    """A torchvision with the number of a torch: its own releases all begin with 0."""
    wanted = choice.requirement
    span = wanted.span or choice.install.span
    newest = facts.torch_releases("default")[-1]
    if wanted.name != "torchvision" or not wanted.pin or span is None:
        return
    if (1,) <= numbers(wanted.pin) <= numbers(newest):
        release = ".".join(wanted.pin.split(".")[:3])
        known = facts.companions(release)
        hint = f"torch {release} takes torchvision {' or '.join(known.torchvision)}" if known else ""
        yield Problem(span, f"there is no torchvision {wanted.pin}: its releases are 0.x", (describe(choice),), hint)


def _channel(choice: Choice) -> Iterator[Problem]:
    pin, channel = choice.requirement.pin, choice.channel
    span = choice.requirement.span or choice.install.span
    if (
        choice.how in ("default", "conda")
        or not pin
        or span is None
        or accelerator_of(channel) in (None, "other")
        or channel == "default"
    ):
        return
    if facts.torch_exists(pin) is False:
        yield Problem(span, f"there is no torch {pin}", (describe(choice),))
    elif channel.startswith("rocm"):
        yield from _rocm(choice, span, pin)
    elif channel != "cpu" and not facts.cuda_channel(channel).exists:
        return  # no-such-build says it
    elif facts.torch_channel_exists(pin, channel) is False:
        yield Problem(span, f"torch {pin} was not built for channel {channel}", (describe(choice),))


def _rocm(choice: Choice, span: Span, pin: str) -> Iterator[Problem]:
    """A ROCm channel that is known for other releases only, or older than all of this one's: the list is not complete,
    so this is no error.

    The address of a wheel says that it exists.
    """
    known, likely = facts.rocm_channels(pin), facts.rocm_channels(pin, likely=True)
    if choice.how == "url" or not known or choice.channel in likely:
        return
    if facts.torch_releases(choice.channel) or numbers(choice.channel) < min(map(numbers, likely)):
        text = f"torch {pin} is not known to have been built for channel {choice.channel}; it has {', '.join(known)}"
        yield Problem(span, text, (describe(choice),), severity=Severity.WARNING)


def _companion(torch: Choice, choice: Choice) -> Iterator[Problem]:
    name, pin, release = choice.requirement.name, choice.requirement.pin or "", torch.requirement.pin or ""
    span = choice.requirement.span
    if span is None or facts.companion_fits(name, pin, release) is not False:
        return
    known = facts.companions(release)
    fitting = (known.torchvision if name == "torchvision" else known.torchaudio) if known else ()
    listed = f"; it takes {' or '.join(fitting)}" if fitting else ""
    yield Problem(span, f"{name} {pin} does not go with torch {release}{listed}", (describe(torch),))
