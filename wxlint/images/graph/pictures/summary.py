"""What `wxlint images` says of every image a Dockerfile can build: its base, its variant, its torch, and why."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from wxlint import facts
from wxlint.core.reasons import Reason, reason_at
from wxlint.images.graph.image import contributing
from wxlint.images.graph.names.hints import evidence, expected_by_names, from_reference
from wxlint.images.graph.names.install_hints import chosen, said_by_arguments
from wxlint.images.graph.state import State
from wxlint.images.model.records import Evaluated, Stage
from wxlint.images.stack.torch import channels

if TYPE_CHECKING:
    from wxlint.images.graph.repository import Repository


class TorchFolder(NamedTuple):
    """A folder of its own that holds a torch, beside what the image computes with: of `pip install --target`, of
    `pipx install` or `uv tool install`. torch: its channel."""

    folder: str
    torch: str
    because: tuple[Reason, ...]


class OtherBuild(NamedTuple):
    """A build that makes another image of a target than a build by hand does. built_by: who builds it, and where."""

    variant: str
    torch: str
    base: str | None
    built_by: Reason


class Belief(NamedTuple):
    """What `wxlint images` says of one target.

    builds: those of the repository that differ in variant or torch.
    """

    path: str
    target: str | None
    base: str | None
    variant: str
    torch: str
    because: tuple[Reason, ...]
    folders: tuple[TorchFolder, ...] = ()
    builds: tuple[OtherBuild, ...] = ()


def belief_as_json(belief: Belief) -> dict[str, object]:
    """Return a belief as plain data; reasons in words, with their places."""

    def words(reasons: Iterable[Reason]) -> list[str]:
        return [reason.shown(belief.path) for reason in reasons]

    return {
        **belief._asdict(),
        "because": words(belief.because),
        "folders": [{**each._asdict(), "because": words(each.because)} for each in belief.folders],
        "builds": [{**each._asdict(), "built_by": each.built_by.shown(belief.path)} for each in belief.builds],
    }


def meant_for_cpu(repository: Repository, evaluated: Evaluated, stage: Stage) -> tuple[Reason, ...]:
    """Why an image is for the CPU though torch came from the default index, which holds CUDA builds; () where nothing
    says so: the policy, names, what stands beside it, or what it is set to."""
    state = repository.beliefs.state(evaluated, stage)
    if state.torch.channel != "default" or state.accelerator not in (None, "cpu") or state.others:
        return ()
    image = repository.graph.images.image(evaluated, stage)
    if image.expected is not None or image.expectation is not None:
        return image.reasons if image.expected == "cpu" else ()
    purposes = repository.purposes
    if evidence(evaluated, stage) or not purposes.is_undecided(evaluated, stage):
        return ()
    return purposes.for_the_cpu(evaluated, stage) or purposes.taken_for_the_cpu(evaluated, stage)


def belief(
    evaluated: Evaluated, stage: Stage, state: State, target: str | None, for_cpu: tuple[Reason, ...] = ()
) -> Belief:
    """Sum a state up: what decides is what is inside; names count only where that leaves it open.

    for_cpu: why it is for the CPU, where what is inside is no choice (`meant_for_cpu`).
    """
    root = _final_bases(evaluated)[stage.index]
    because = list(state.because)
    torch = state.torch
    because += [b for b in torch.because if b not in because]
    accelerators = []
    if state.accelerator not in (None, "cpu"):
        accelerators.append(str(state.accelerator))
    of_torch = channels.accelerator_of(torch.channel)
    # what the default index happens to hold is no choice; a package for another accelerator is one
    if of_torch not in (None, "cpu") and not (torch.channel == "default" and state.others):
        accelerators.append(str(of_torch))
    if not accelerators and state.others:
        accelerators.append(state.others[0].accelerator)
        because.append(Reason("install", f"installs {state.others[0].written}"))
    # with a CPU build of torch, distributions of CUDA are leftovers of a requirements file, a toolkit of apt is not
    certain = [
        p for p in state.packages if not p.conditional and (torch.channel != "cpu" or p.row["ecosystem"] == "apt")
    ]
    if certain and not accelerators:
        accelerators.append("cuda")
        because.append(reason_at("install", f"installs {certain[0].written}", certain[0].span))
    named, reasons = expected_by_names(evidence(evaluated, stage))
    if for_cpu:
        variant = "cpu"
        because += [reason for reason in for_cpu if reason not in because]
    elif accelerators:
        variant = accelerators[0]
    elif torch.channel == "cpu":
        variant = "cpu"
    elif state.accelerator == "cpu" and torch.channel == "none":
        variant = named or "cpu"
        because += [r for r in reasons if r not in because]
    else:
        base = root_use.reference if (root_use := state.root) is not None else None
        if named is None and base is not None:
            named, reasons = expected_by_names(from_reference(base, "base image"))
        if named is None and not state.packages:
            arguments = said_by_arguments(evaluated, contributing(evaluated, stage))
            named, reasons = expected_by_names([*chosen(state), *arguments])
        variant = named or "unknown"
        because += [r for r in reasons if r not in because]
    folders = tuple(
        TorchFolder(item.folder, item.torch.channel, item.torch.because)
        for item in state.stored
        if item.torch.channel != "none"
    )
    return Belief(evaluated.path, target, root, variant, _shown(state), tuple(because), folders)


def belief_of(repository: Repository, evaluated: Evaluated, stage: Stage, target: str | None) -> Belief:
    """Sum up a stage under a build, with what it is for."""
    state = repository.beliefs.state(evaluated, stage)
    return belief(evaluated, stage, state, target, meant_for_cpu(repository, evaluated, stage))


def _shown(state: State) -> str:
    """The channel of an image's torch. Of one that came with the base, and that nothing has replaced, that of the
    base's CUDA; "cuda" where it is not known for which CUDA it was built (`pytorch/pytorch:latest`)."""
    torch, root = state.torch, state.root
    if torch.channel != "unknown" or root is None or root.reference is None:
        return torch.channel
    from wxlint.images.stack.makers_torch import hides_requirements, holds_cuda_torch, may_take_its_place
    from wxlint.images.stack.torch.resolving import is_changed
    from wxlint.images.stack.torch.selection import choices

    if torch != state.external_torch and is_changed(state.external_torch, torch):
        return torch.channel
    if not holds_cuda_torch(root.reference) or any(map(hides_requirements, state.installs)):
        return torch.channel
    if any(map(may_take_its_place, chain(*map(choices, state.installs)))):
        return torch.channel
    return (facts.channel_of_cuda(state.cuda) if state.cuda else None) or "cuda"


@lru_cache(maxsize=8)
def _final_bases(evaluated: Evaluated) -> tuple[str | None, ...]:
    """The external base of each stage's lineage, as resolved; None when an unknown ARG decides."""
    bases: list[str | None] = []
    for one in evaluated.stages:  # a stage starts from earlier ones
        own = one.base.value.text if one.base.value.known and one.base.value.text else None
        below = {bases[parent] for parent in one.parents}
        bases.append(own if not below else below.pop() if len(below) == 1 and not one.external else None)
    return tuple(bases)


def beliefs_of(repository: Repository, scope: frozenset[str] | None) -> list[Belief]:
    """One belief for each Dockerfile's last stage (target None) and each named stage.

    As `docker build` by hand would make it, with the defaults of its ARGs; where these leave the base or the torch
    open, as the repository builds it: one belief for each build that makes another image of it.
    """
    found: list[Belief] = []
    for path in repository.dockerfiles:
        if scope is not None and path not in scope:
            continue
        plain = repository.graph.evaluations.by_hand(path)
        if not plain.stages:
            continue
        targets: list[tuple[str | None, Stage]] = [(None, plain.stages[-1])]
        targets += [(stage.name, stage) for stage in plain.stages if stage.name]
        for target, stage in targets:
            said = belief_of(repository, plain, stage, target)
            is_open = said.base is None or said.torch == "unknown"
            found += (_of_builds(repository, said, stage) if is_open else ()) or (
                said._replace(builds=_other_builds(repository, said, stage)),
            )
    return found


def _of_builds(repository: Repository, by_hand: Belief, stage: Stage) -> tuple[Belief, ...]:
    """What the builds of a repository make of a stage, each that differs once; nothing where they say no more."""
    found: dict[tuple[str | None, str, str], Belief] = {}
    for evaluated in repository.graph.evaluations.evaluated_at(by_hand.path):
        if stage.index < len(evaluated.stages):
            said = belief_of(repository, evaluated, evaluated.stages[stage.index], by_hand.target)
            builders = [reason for reason in evaluated.build.built_by if reason not in said.because]
            said = said._replace(because=(*said.because, *builders))
            found.setdefault((said.base, said.variant, said.torch), said)
    says_more = any(
        (said.base is not None and by_hand.base is None) or (said.torch != "unknown" and by_hand.torch == "unknown")
        for said in found.values()
    )
    return tuple(found.values()) if says_more else ()


def _other_builds(repository: Repository, by_hand: Belief, stage: Stage) -> tuple[OtherBuild, ...]:
    """The builds of a stage that make another variant of it, or one with another torch; each that differs once."""
    found: dict[tuple[str, str], OtherBuild] = {}
    for evaluated in repository.graph.evaluations.evaluated_at(by_hand.path):
        target = evaluated.target(evaluated.build.target)
        if target is None or target.index != stage.index or not evaluated.build.built_by:
            continue
        said = belief_of(repository, evaluated, target, by_hand.target)
        told = ((said.variant, by_hand.variant), (said.torch, by_hand.torch))
        if any(own not in (plain, "unknown") for own, plain in told):
            other = OtherBuild(said.variant, said.torch, said.base, evaluated.build.built_by[0])
            found.setdefault((said.variant, said.torch), other)
    return tuple(found.values())
