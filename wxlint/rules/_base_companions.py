"""What is said of the companions of a base's torch that stay where an install takes another torch."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.reasons import Reason, reason_at
from wxlint.images.graph.image import Image
from wxlint.images.graph.state import PythonEnvironment
from wxlint.images.installs.model import Install
from wxlint.images.stack.base_companions import LeftBehind, left_of_base
from wxlint.rules import Problem


def of_base(image: Image, environment: PythonEnvironment) -> Iterator[Problem]:
    """Yield the install of another torch than the base's, whose companions it leaves."""
    left = left_of_base(environment.external_torch, environment.installs)
    if left is None or left.place is None or _is_another_build(left):
        return
    because = (*left.torch.because, *left.install.reasons, *image.why)
    fitting = facts.companions(left.torch.version) if left.torch.version else None
    named = [f"{name}=={one[-1]}" if (one := getattr(fitting, name, ())) else name for name in _names(left)]
    hint = f"name {' and '.join(named)} together with torch"
    yield Problem(left.place, _stay(left), because, hint, Severity.WARNING)


def left_by(image: Image, install: Install) -> tuple[Reason, ...]:
    """What an install that takes another build of torch leaves of the base, as a reason."""
    found = (left_of_base(one.external_torch, one.installs) for one in image.state.computing())
    left = next((one for one in found if one is not None and one.install == install), None)
    return (reason_at("base", _stay(left), None),) if left is not None else ()


def _is_another_build(left: LeftBehind) -> bool:
    """Whether torch-replaced warns of the very install, and says what it leaves."""
    return left.before.channel != left.torch.channel and not (left.install.upgrade or left.install.reinstall)


def _names(left: LeftBehind) -> list[str]:
    return sorted(left.held, reverse=True)


def _stay(left: LeftBehind) -> str:
    what = " and ".join(f"{name} {left.held[name][-1]}" for name in _names(left))
    release = f"torch {left.torch.version}" if left.torch.version else "another torch"
    verb = "stays: it is" if len(left.held) == 1 else "stay: they are"
    return f"{what} of the base {verb} for torch {left.of}, and {release} takes its place"
