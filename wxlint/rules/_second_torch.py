"""What is said of a torch that an image computes with in an environment of its own, beside the base's."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wxlint.core.findings import Severity, Span
from wxlint.images.graph.image import Image
from wxlint.images.graph.state import PythonEnvironment
from wxlint.images.installs.places import SYSTEM
from wxlint.images.stack.torch.model import Choice, Torch, shown
from wxlint.images.stack.torch.selection import choices
from wxlint.rules import Problem

_HINT = "use the base's own Python, let the environment see it (--system-site-packages), or take a base without torch"


def second_torch(image: Image, said: Collection[Span]) -> Iterator[Problem]:
    """Yield what first brings torch into the one environment that an image computes with, where that does not see the
    base's torch. said: where something is found already."""
    state = image.state
    used = state.computing()
    if len(used) != 1 or used[0].place == SYSTEM or used[0].shares:
        return
    system = next((one for one in state.environments if one.place == SYSTEM), None)
    if system is None or system.torch.channel != state.external_torch.channel or not _is_there(image):
        return
    choice = _first_of(used[0])
    span = (choice.requirement.span or choice.install.span) if choice is not None else None
    if choice is None or span is None or span in said:
        return
    verb = "brings torch" if choice.implied else "is installed"
    text = f"{choice.requirement.written} {verb} into an environment of its own, beside {_shown(state.external_torch)}"
    because = (*state.external_torch.because, *choice.install.reasons)
    yield Problem(span, text, because, _HINT, Severity.INFO, image.label)


def _is_there(image: Image) -> bool:
    """Whether the base is known to hold a torch."""
    if image.state.external_torch.channel != "unknown":
        return image.state.external_torch.channel != "none"
    from wxlint.images.stack.makers_torch import has_makers_torch

    root = image.state.root
    return root is not None and has_makers_torch(root.reference)


def _first_of(environment: PythonEnvironment) -> Choice | None:
    """What brings torch into an environment that began without, where that is certain."""
    if environment.external_torch.channel != "none" or environment.torch.channel == "none":
        return None
    installs = (one for one in environment.installs if not (one.conditional or one.elsewhere or one.removes))
    return next((found[0] for one in installs if (found := choices(one))), None)


def _shown(torch: Torch) -> str:
    """The base's torch in words; its maker's own build belongs to no channel."""
    return (
        f"{shown(torch.channel, torch.version)} of the base image" if torch.channel != "unknown" else "the base's torch"
    )
