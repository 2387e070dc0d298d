"""One image the repository builds: what is inside, what it is meant to be, and which installs made it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.lineage.carried import carries
from wxlint.images.graph.lineage.environments import Environments
from wxlint.images.graph.lineage.lineage import Beliefs
from wxlint.images.graph.state import State
from wxlint.images.installs.model import Install
from wxlint.images.model.records import Evaluated, Stage, StageCopy
from wxlint.images.stack.base import held_by
from wxlint.images.stack.state import Stack, stack_after
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.model import NONE, Choice, Torch
from wxlint.images.stack.torch.resolving import is_changed
from wxlint.images.stack.torch.selection import choices
from wxlint.images.stack.torch.state import after

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation


class Image(NamedTuple):
    """A target under a build.

    expected: the accelerator it is meant for, None when nothing says so or names contradict each other. reasons: what
    says so. expectation: the policy's word, when the policy knows the image.
    """

    evaluated: Evaluated
    stage: Stage
    base: State
    state: State
    expected: str | None
    reasons: tuple[Reason, ...]
    expectation: Expectation | None

    @property
    def installs(self) -> list[Install]:
        """Every install that ends up in the image, in the order of the stages."""
        return [
            step
            for stage in contributing(self.evaluated, self.stage)
            for step in stage.installs
            if not step.elsewhere and step.tool != "venv"
        ]

    @property
    def meant(self) -> str | None:
        """The accelerator that names say, else that of a base for another one than CUDA."""
        of_base = self.base.accelerator if self.base.accelerator in ("rocm", "other") else None
        return self.expected or of_base

    @property
    def doubt(self) -> Severity | None:
        """The severity of what the base alone decides: information where nobody has looked it up."""
        return None if self.base.sure or self.expected is not None else Severity.INFO

    @property
    def label(self) -> str:
        """For messages: "asr:cuda", else the path, with the target where there is one."""
        if self.expectation is not None:
            return self.expectation.image
        name = self.evaluated.path
        return (
            f"{name} ({self.stage.name})" if self.stage is not self.evaluated.stages[-1] and self.stage.name else name
        )

    def installer(self, step: int) -> tuple[Reason, ...]:
        """Return which command made an install, and why it runs. step: its number among those of the image."""
        return self.state.installs[step].reasons

    @property
    def why(self) -> tuple[Reason, ...]:
        """Why the image is expected to be what it is, and under which build."""
        return (*self.reasons, *self.evaluated.build.built_by)


def proven_accelerator(state: State) -> tuple[str | None, tuple[Reason, ...]]:
    """What an image computes on, and why, where that is proven by what is inside: its base, or its build of torch.

    "cpu" is proven by a CPU build of torch without anything for another accelerator beside it.
    """
    torch = state.torch
    if state.accelerator not in (None, "cpu"):
        return (state.accelerator, state.because) if state.sure else (None, ())
    found = accelerator_of(torch.channel) if torch.channel != "default" else None
    if found == "cpu" and (state.packages or state.others):
        return None, ()
    return found, torch.because


def proven_by_all(states: Iterable[State]) -> tuple[str | None, tuple[Reason, ...]]:
    """What all builds of an image prove alike, and why; nothing where they differ, or there are none."""
    found = [proven_accelerator(state) for state in states]
    return found[0] if len({accelerator for accelerator, _ in found}) == 1 else (None, ())


_PYTHON = late(r"python-?(3\.\d+)|conda|mamba|pyenv|deadsnakes|\buv\b|pixi")
"""What says that another Python than the distribution's may be there; its version where that is written."""


class TorchStep(NamedTuple):
    """An install that decides about torch. before: the state it finds; choices: what it takes, torch itself first."""

    before: Torch
    install: Install
    choices: tuple[Choice, ...]


def stack_of(image: Image) -> Stack:
    """Return the accelerated packages of an image."""
    root = image.base.root
    held = held_by(root.reference if root is not None else None, image.base.cuda)
    if held.python:
        held = held._replace(python=_installing(image, held.python))
    return stack_after(held, image.state.installs)


def _installing(image: Image, python: str) -> str:
    """The Python that installs, for all that the RUNs say; "" where several are named or another tool brings one.

    python: the distribution's.
    """
    texts = [
        instruction.text
        for stage in contributing(image.evaluated, image.stage)
        for instruction in image.evaluated.instructions_of(stage)
        if instruction.keyword in ("RUN", "ENV", "COPY", "ARG")
    ]
    named = {found for text in texts for found in _PYTHON.findall(text.lower())}
    if "" in named or len(named) > 1:
        return ""
    return named.pop() if named else python


class TorchSteps(NamedTuple):
    """The installs of an image that name torch, or what brings it.

    deciding: those that change its torch, or leave it unknown. kept: those that leave the torch that they find.
    """

    deciding: tuple[TorchStep, ...]
    kept: tuple[TorchStep, ...]


def torch_steps(beliefs: Beliefs, image: Image) -> TorchSteps:
    """Follow the installs of an image."""
    deciding: list[TorchStep] = []
    kept: list[TorchStep] = []
    for install, before, now in _torch_around(beliefs, image):
        found = choices(install)
        if not found:
            continue
        changes = is_changed(before, now)
        if changes and install.apart if install.elsewhere else changes or now.channel == "unknown":
            deciding.append(TorchStep(before, install, found))
        if not install.elsewhere and before.channel != "none" and not changes:
            kept.append(TorchStep(before, install, found))
    return TorchSteps(tuple(deciding), tuple(kept))


def _torch_around(beliefs: Beliefs, image: Image) -> Iterator[tuple[Install, Torch, Torch]]:
    """The installs of an image, each with the torch that it finds and the one that it leaves.

    What goes into a folder of its own (--target) or into an environment finds there only what went there before. Of
    what goes into an environment that is not known, nothing is said.
    """
    for stage in contributing(image.evaluated, image.stage):
        environments = Environments(beliefs.base(image.evaluated, stage))
        beliefs.state(image.evaluated, stage)  # those that it copies from have theirs then
        apart: dict[str, Torch] = {}
        for install in stage.steps:
            if isinstance(install, StageCopy):
                beliefs.copied(image.evaluated, stage, install, environments)
                continue
            if install.elsewhere:
                before = apart.get(install.folder, NONE)
                now = apart[install.folder] = after(before, install._replace(elsewhere=False))
            elif environments.place_of(install) is None:
                environments.install(install)
                continue
            else:
                before = environments.torch_before(install)
                now = environments.torch_after(install)
            yield install, before, now


def contributing(evaluated: Evaluated, stage: Stage) -> list[Stage]:
    """The stage, those it starts from, and those it copies an environment from; earliest first."""
    found = evaluated.contributing.get(stage.index)
    if found is None:
        found = evaluated.contributing[stage.index] = _contributing(evaluated, stage)
    return found


def _contributing(evaluated: Evaluated, stage: Stage) -> list[Stage]:
    seen: set[int] = set()
    waiting = [stage.index]
    while waiting:
        index = waiting.pop()
        if index in seen or index >= len(evaluated.stages):
            continue
        seen.add(index)
        current = evaluated.stages[index]
        if len(current.parents) == 1:
            waiting.extend(current.parents)
        waiting.extend(
            step.stage
            for step in current.steps
            if isinstance(step, StageCopy) and step.stage is not None and carries(evaluated, step)
        )
    return [evaluated.stages[i] for i in sorted(seen)]
