"""The one release of torchaudio that asks for no torch, beside a torch that it does not load with."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.values import HOLE
from wxlint.images.graph.image import Image
from wxlint.images.graph.state import PythonEnvironment
from wxlint.images.installs.model import Install
from wxlint.images.stack.state import Stack
from wxlint.images.stack.torch.limits import ALONE
from wxlint.images.stack.torch.model import Choice
from wxlint.images.stack.torch.releases import numbers, same_release, within
from wxlint.images.stack.torch.selection import choices
from wxlint.rules import Problem

_OLDEST_PYTHON = (3, 10)
"""The Python of that release. Source: its metadata."""


def audio_alone(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield a torchaudio that nothing pins, where torch is pinned in the same command to a release before its own: its
    other late releases ask for a later torch, so that installers go back to the one which asks for none."""
    for environment in image.state.computing():
        last = next((one for one in reversed(environment.installs) if _concerns(one)), None)
        if last is None or environment.external_torch.channel != "none":
            continue
        for choice in choices(last):
            problem = _problem(image, environment, choice, stack.python)
            if problem is not None:
                yield problem


def _concerns(install: Install) -> bool:
    """Whether an install may decide of torch or torchaudio: with one behind it, what the first took may be gone."""
    return any(requirement.name in ("torch", "torchaudio", "") for requirement in install.requirements)


def _problem(image: Image, environment: PythonEnvironment, choice: Choice, python: str) -> Problem | None:
    wanted, install, torch = choice.requirement, choice.install, environment.torch
    span = wanted.span or install.span
    if wanted.name != "torchaudio" or span is None or not torch.version or not _is_sure(choice):
        return None
    pinned = [r for r in (*install.requirements, *install.constraints) if r.name == "torch" and r.pin]
    if len({r.pin for r in pinned}) != 1 or not same_release(pinned[0].pin or "", torch.version):
        return None
    own = install.environment.python or python
    if not own or numbers(own) < _OLDEST_PYTHON or numbers(torch.version) >= numbers(ALONE):
        return None
    fitting = getattr(facts.companions(torch.version), "torchaudio", ())
    if not fitting:
        return None
    sure = choice.channel == "default"  # what a channel's own build of it asks for was not looked at
    text = (
        f"{wanted.written} {'takes' if sure else 'likely takes'} {ALONE}, the release that asks for no torch: it loads "
        f"with torch 2.11 and later, and {image.label} has torch {torch.version}"
    )
    because, severity = (*torch.because, *install.reasons), Severity.WARNING if sure else Severity.INFO
    return Problem(span, text, because, f"write torchaudio=={fitting[-1]}", severity, image.label)


def _is_sure(choice: Choice) -> bool:
    """Whether an installer takes the newest torchaudio that torch's pin leaves, from an index that has that release."""
    wanted, install = choice.requirement, choice.install
    if install.tool not in ("pip", "uv") or install.conditional or install.unread or install.older:
        return False
    if wanted.kind != "name" or wanted.maybe or wanted.bound is not None or HOLE in wanted.specifier:
        return False
    named = [r for r in (*install.requirements, *install.constraints, *install.overrides) if r.name == "torchaudio"]
    if any(r.pin or r.local or (r.specifier and not within(r.specifier, ALONE)) for r in named):
        return False
    return choice.channel == "default" or ALONE in facts.torch_releases(choice.channel)
