"""The one release of torchaudio that asks for no torch, beside a torch that it does not load with."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.images.graph.image import Image
from wxlint.images.graph.state import PythonEnvironment
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.state import Stack
from wxlint.images.stack.torch.limits import ALONE
from wxlint.images.stack.torch.model import Choice
from wxlint.images.stack.torch.needs import companions_of
from wxlint.images.stack.torch.releases import numbers, same_release, within
from wxlint.images.stack.torch.selection import choices
from wxlint.rules import Problem

_LIMITED = late(r"(?:^|\s)(?:-c|--constraints?)[\s=]|(?:PIP|UV)_(?:CONSTRAINT|OVERRIDE)")
_OLDEST_PYTHON = (3, 10)
"""The Python of that release. Source: its metadata."""


def audio_alone(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield a torchaudio that nothing pins, named or brought along, where torch is pinned in the same command to a
    release before its own: its other late releases ask for a later torch, so that installers go back to the one which
    asks for none."""
    for environment in image.state.computing():
        deciding = [one for one in environment.installs if any(map(_may_take, one.requirements))]
        if not deciding or environment.external_torch.channel != "none":
            continue
        last = deciding[-1]
        if not last.constraints and any(_LIMITED.search(text) for text in _texts(image)):
            continue  # by a list that was not read
        named = [choice for choice in choices(last) if choice.requirement.name == "torchaudio"]
        for choice in named or (_brought(last) if len(deciding) == 1 else ()):
            problem = _problem(image, environment, choice, stack.python)
            if problem is not None:
                yield problem


def _texts(image: Image) -> Iterator[str]:
    return (one.text for one in image.evaluated.instructions_of(image.stage))


def _may_take(requirement: Requirement) -> bool:
    """Whether a requirement may decide which torchaudio is there: with one behind it, what was first may be gone."""
    return requirement.name in ("torchaudio", "") or any(name == "torchaudio" for name, _ in companions_of(requirement))


def _brought(install: Install) -> Iterator[Choice]:
    """What brings torchaudio along, whatever its own release, each as a choice of torchaudio in the range it asks
    for."""
    chosen = choices(install)
    if install.no_deps or not chosen or chosen[0].requirement.name != "torch":
        return
    channel = chosen[0].channel
    for requirement in install.requirements:
        limit = dict(companions_of(requirement)).get("torchaudio")
        if limit is not None and requirement.kind == "name" and not requirement.maybe:
            yield Choice(channel, chosen[0].how, requirement._replace(specifier=limit), True, install)


def _problem(image: Image, environment: PythonEnvironment, choice: Choice, python: str) -> Problem | None:
    wanted, install, torch = choice.requirement, choice.install, environment.torch
    span = wanted.span or install.span
    if span is None or not torch.version or not _is_sure(choice):
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
    takes = f"{'takes' if sure else 'likely takes'} {ALONE}, the release that asks for no torch"
    brought = wanted.name != "torchaudio"
    subject = f"{wanted.written} brings torchaudio, which" if brought else wanted.written
    text = f"{subject} {takes}: it loads with torch 2.11 and later, and {image.label} has torch {torch.version}"
    because, severity = (*torch.because, *install.reasons), Severity.WARNING if sure else Severity.INFO
    hint = f"{'add' if brought else 'write'} torchaudio=={fitting[-1]}"
    return Problem(span, text, because, hint, severity, image.label)


def _is_sure(choice: Choice) -> bool:
    """Whether an installer takes the newest torchaudio that torch's pin leaves, from an index that has that release."""
    wanted, install = choice.requirement, choice.install
    if install.tool not in ("pip", "uv") or install.conditional or not install.is_read or install.older:
        return False
    if wanted.kind != "name" or wanted.maybe or wanted.bound is not None or HOLE in wanted.specifier:
        return False
    if wanted.specifier and not within(wanted.specifier, ALONE):
        return False
    named = [r for r in (*install.requirements, *install.constraints, *install.overrides) if r.name == "torchaudio"]
    if any(r.pin or r.local or (r.specifier and not within(r.specifier, ALONE)) for r in named):
        return False
    return choice.channel == "default" or ALONE in facts.torch_releases(choice.channel)
