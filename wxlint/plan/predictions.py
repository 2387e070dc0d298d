"""What `wxlint check` believes of the images of a plan, as data that the images themselves are held against."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.values import HOLE, Value
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.graph.documents import Input
from wxlint.images.graph.family import Family
from wxlint.images.graph.image import proven_accelerator
from wxlint.images.graph.repository import Repository
from wxlint.images.graph.state import State
from wxlint.images.model.records import Build, Evaluated, Stage
from wxlint.images.stack.base import held_by
from wxlint.images.stack.state import Stack, stack_after
from wxlint.plan.model import PredictedPackage, Prediction
from wxlint.policy.expectations import expected_images

if TYPE_CHECKING:
    from wxlint.plan.model import Step
    from wxlint.policy.model import Policy

_DEEPEST = 100
"""Images below one another that a USER is looked for in."""


def predictions(policy: Policy, steps: Iterable[Step]) -> dict[str, Prediction]:
    """Predict each image from its Dockerfile and those below it; no entry for one that cannot be evaluated."""
    listed = [step for step in steps if not step.problem]
    root = policy.root
    family = Family(policy, root)
    every = [family.in_root(e.dockerfile) for e in expected_images(policy)]
    paths = [path for path in dict.fromkeys(every) if os.path.isfile(path)]
    repository = Repository.of([Input(path, "dockerfile") for path in paths], root, policy)
    found = {}
    for step in listed:
        path = family.in_root(step.dockerfile)
        dockerfile = repository.dockerfiles.get(path)
        if dockerfile is None:
            continue
        contexts = (family.in_root(step.context),)
        args = tuple((name, Value(value)) for name, value in step.args)
        files = repository.graph.evaluations.files(path, contexts)
        evaluated = evaluate(dockerfile, Build(path, contexts, step.target, args), files)
        stage = evaluated.target(step.target)
        if stage is not None:
            found[step.image] = _predict(repository, evaluated, stage)
    return found


def _predict(repository: Repository, evaluated: Evaluated, stage: Stage) -> Prediction:
    state = repository.beliefs.state(evaluated, stage)
    base = repository.beliefs.base(evaluated, stage)
    reference = state.root.reference if state.root is not None else None
    stack = stack_after(held_by(reference, base.cuda), state.installs)
    torch = state.torch
    lineage = tuple(use.value.text for use in state.lineage if use.value.known and not use.produces)
    return Prediction(
        base=state.root.value.text if state.root is not None and state.root.value.known else None,
        lineage=tuple(dict.fromkeys(lineage)),
        user=_user(repository, evaluated, stage),
        accelerator=proven_accelerator(state)[0],
        torch=torch.channel,
        torch_version=torch.version if torch.version and HOLE not in torch.version else None,
        torch_cuda=_torch_cuda(torch.channel, torch.version),
        packages=_packages(stack),
        complete=_complete(state, stack),
    )


def _packages(stack: Stack) -> tuple[PredictedPackage, ...]:
    return tuple(
        PredictedPackage(
            one.name,
            one.specifier if HOLE not in one.specifier else "",
            one.cuda,
            not one.conditional and one.confidence != "unverified",
        )
        for one in stack.packages
    )


def _complete(state: State, stack: Stack) -> bool:
    """Whether all installs were read, on a base that is known to hold nothing of the kind."""
    plain = state.root is not None and state.external_torch.channel == "none"
    others = {install.tool for install in state.installs} & {"conda", "poetry", "pipenv", "script", "uv-project"}
    return plain and not stack.unread and not others


def _torch_cuda(channel: str, version: str | None) -> str | None:
    """What a torch of a channel is built for; "" for the CPU. None where that is not known."""
    if channel == "cpu":
        return ""
    if channel == "default":
        release = facts.torch_release(version) if version else None
        return release.plain_cuda if release is not None else None
    return facts.cuda_of_channel(channel)


def _user(repository: Repository, evaluated: Evaluated, stage: Stage) -> str | None:
    """USER of the stage, else of what it is built from; None where that is an image of somebody else."""
    for _ in range(_DEEPEST):
        if stage.user is not None:
            return stage.user if HOLE not in stage.user else None
        if stage.parents:
            if len(stage.parents) > 1 or stage.external:
                return None
            stage = evaluated.stages[stage.parents[0]]
            continue
        if stage.base.value.text == "scratch":
            return ""
        reference = stage.base.reference
        producers = repository.graph.producers(reference) if reference is not None else []
        if len(producers) != 1:
            return None
        evaluated, stage = producers[0]
    return None
