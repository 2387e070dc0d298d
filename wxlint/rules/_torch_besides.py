"""What is said of a torch that may give way: to a fallback of another build, to the newest release of what brings one,
to a pin of the same channel."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE
from wxlint.images.graph.image import Image, TorchStep
from wxlint.images.installs.model import Install
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.model import Torch, shown
from wxlint.images.stack.torch.needs import is_bound_above
from wxlint.images.stack.torch.possible import possible_releases
from wxlint.images.stack.torch.releases import numbers
from wxlint.images.stack.torch.selection import carried, choices
from wxlint.rules import Problem

_NUMBER = late(r"\d+(?:\.\d+)+")
_BEHIND_A_TEST = late(r"\]\s*&&[^&|;]*$")
_OLDEST_TORCH, _OLDEST_PYTHON = (2, 1), (3, 10)
"""Images with an older torch have an older Python, for which there are older releases only of what brings torch."""


def likely_other(image: Image, step: TorchStep, now: Torch) -> Iterator[Problem]:
    """Yield what takes its newest release, which asks for a later torch than the one that is there."""
    before, python = step.before, step.install.environment.python
    if now.channel != "unknown" or before.channel == "unknown" or before.version is None:
        return
    if numbers(before.version) < _OLDEST_TORCH or (python and numbers(python) < _OLDEST_PYTHON):
        return
    for choice in carried(step.install):
        wanted = choice.requirement
        if wanted.span is None or wanted.span != now.span or wanted.kind != "name" or wanted.pin:
            continue
        if wanted.name in before.companions and not (step.install.upgrade or step.install.reinstall):
            continue  # it stays, and its place is that of a whole list of which another one decides
        need = facts.torch_needed(wanted.name, None, wanted.extras) or ""
        lowest = _NUMBER.search(need)
        if lowest is None or numbers(lowest[0]) <= numbers(before.version) or HOLE in wanted.specifier:
            continue
        if not is_bound_above(wanted.specifier):
            text = (
                f"{wanted.written} likely brings another torch: its newest release asks for torch{need}, and "
                f"{image.label} has {shown(before.channel, before.version)}"
            )
            hint = f"pin a release of {wanted.name} that goes with torch {before.version}, or hold torch (-c)"
            because = (*before.because, *step.install.reasons)
            yield Problem(wanted.span, text, because, hint, Severity.INFO, image.label)
            return


def taken_twice(image: Image, step: TorchStep, now: Torch) -> Iterator[Problem]:
    """Yield the newest torch of a channel that an install takes, where a later pin takes another of the same."""
    before, choice = step.before, step.choices[0]
    if not before.newest or before.channel != now.channel or now.version is None or before.span is None:
        return
    newest = possible_releases(before, step.install)
    if not newest or now.version in newest or choice.implied:
        return
    wanted = choice.requirement
    text = f"the newest torch for {before.channel} is installed here, and {wanted.written} replaces it: gigabytes twice"
    because = (reason_at("install", wanted.written, wanted.span or step.install.span), *step.install.reasons)
    yield Problem(
        before.span, text, because, f"leave it out here, or pin torch=={now.version}", Severity.INFO, image.label
    )


def fallbacks(image: Image) -> Iterator[Problem]:
    """Yield the torch of another build that is installed where the first one cannot be (`pip install A || pip ...`)."""
    for first, then in zip(image.installs, image.installs[1:]):
        if not first.handled or not then.conditional or then.span is None or not _is_one_run(image, first, then):
            continue
        if _is_chosen(image, first):
            continue
        wanted = next((choice for choice in choices(first) if not choice.implied), None)
        other = next((choice for choice in choices(then) if not choice.implied), None)
        if wanted is None or other is None or wanted.channel == other.channel:
            continue
        if accelerator_of(wanted.channel) is None or accelerator_of(other.channel) is None:
            continue
        text = (
            f"where {wanted.requirement.written} for {wanted.channel} cannot be installed, the build goes on with "
            f"{shown(other.channel, other.requirement.pin)}"
        )
        because = (reason_at("install", wanted.requirement.written, first.span), *image.why)
        hint = "let the build fail, or fall back on the same channel"
        yield Problem(then.span, text, because, hint, image=image.label)


def _is_chosen(image: Image, first: Install) -> bool:
    """Whether a test stands in front of an install, so that `||` is its other branch: `[ "$GPU" ] && A || B`."""
    source = image.evaluated.dockerfile.source
    start = source.offsets(first.span)[0] if first.span is not None else 0
    return _BEHIND_A_TEST.search(source.text[max(start - 100, 0) : start]) is not None


def _is_one_run(image: Image, first: Install, then: Install) -> bool:
    """Whether two installs stand in one instruction."""
    one, other = first.span, then.span
    if one is None or other is None or not one.path == other.path == image.evaluated.path:
        return False
    return any(run.line <= one.line <= other.line <= run.end_line for run in image.evaluated.dockerfile.instructions)
