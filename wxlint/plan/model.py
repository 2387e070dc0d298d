"""A build plan: its steps, what follows from their order, and what is predicted of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wxlint.core.tuples import NamedTuple

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation


class Step(NamedTuple):
    """One image to build.

    image: "asr:cuda". dockerfile, context: relative to the plan's root. args: for --build-arg. needs: images of the
    plan it is built from. external: other references it is built from, as far as they are known. upstream: the external
    reference its lineage ends in, None when unknown. sources: what it copies from its context, None when that is not
    known exactly. remote: it adds files from an address. problem: why it cannot be built at all. platform: for which it
    is built, where that is not the one of this host.
    """

    image: str
    reference: str
    expectation: Expectation
    dockerfile: str
    context: str
    target: str | None
    args: tuple[tuple[str, str], ...]
    needs: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    upstream: str | None = None
    sources: tuple[str, ...] | None = None
    remote: bool = False
    problem: str = ""
    platform: str | None = None


_MANY = 3
"""Variants, from which on the phases are those of accelerators."""


class Phase(NamedTuple):
    """Steps that can be built at the same time. title: "bases", "cpu stages"."""

    title: str
    steps: tuple[Step, ...]


class Plan(NamedTuple):
    """steps: each behind what it needs. registry: of the references. registry_default: the user's, or the policy's.

    undeclared: build arguments that were given and that no Dockerfile declares. others: references that its steps are
    built from and that the policy lists under `other-images`, so that the plan does not build them. idle_args: build
    arguments of the policy that none of the images which it gives them to declares.
    """

    family: str
    root: str
    policy: str
    registry: str
    registry_default: str
    registry_arg: str | None
    registry_env: str | None
    steps: tuple[Step, ...]
    undeclared: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    idle_args: tuple[str, ...] = ()

    def step(self, image: str) -> Step | None:
        return next((step for step in self.steps if step.image == image), None)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The bases, then the stages variant by variant; once more for stages that are built from stages.

        Of more than three variants those of one accelerator are one phase.
        """
        variants = {step.expectation.variant for step in self.steps}
        depths: dict[str, int] = {}
        for step in self.steps:
            depths[step.image] = (
                0
                if step.expectation.is_base and not step.needs
                else max((depths.get(n, 0) + 1 for n in step.needs), default=1)
            )
        found: dict[tuple[int, str], list[Step]] = {}
        for step in self.steps:
            depth = depths[step.image]
            group = step.expectation.accelerator if len(variants) > _MANY else step.expectation.variant
            found.setdefault((depth, group if depth else ""), []).append(step)
        phases = []
        for (depth, variant), steps in sorted(found.items(), key=lambda item: item[0][0]):
            title = f"{variant} stages{f' on stages ({depth})' if depth > 1 else ''}" if depth else "bases"
            phases.append(Phase(title, tuple(steps)))
        return tuple(phases)

    def dependants(self, image: str) -> tuple[str, ...]:
        """The images that cannot be built without this one, in the plan's order."""
        blocked = {image}
        for step in self.steps:
            if blocked.intersection(step.needs):
                blocked.add(step.image)
        return tuple(step.image for step in self.steps if step.image in blocked and step.image != image)


class PredictedPackage(NamedTuple):
    """An accelerated package.

    specifier: the releases that it may be, "" for any. cuda: what it is built for ("11.8", "12"), "" where that is not
    known. certain: it is installed whatever happens, and the tables are sure of it.
    """

    name: str
    specifier: str
    cuda: str
    certain: bool


class Prediction(NamedTuple):
    """What the Dockerfiles of one image say is in it.

    base: the external reference at the end of the lineage, None when unknown. lineage: the references it is built from,
    the nearest first, as far as they are known. user: USER as written, "" for none, None when unknown. accelerator:
    None when it is not proven. torch: a channel, "default", "none" or "unknown". torch_cuda: what that torch is built
    for, "" for the CPU, None where that is not known. complete: all that is installed was read, and what the base holds
    is known, so that what is not among the packages is not there.
    """

    base: str | None
    lineage: tuple[str, ...]
    user: str | None
    accelerator: str | None
    torch: str
    torch_version: str | None
    torch_cuda: str | None
    packages: tuple[PredictedPackage, ...]
    complete: bool

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> Prediction:
        """From the fields as JSON has them."""
        packages = tuple(PredictedPackage(*one) for one in facts["packages"])
        return cls(**{**facts, "lineage": tuple(facts["lineage"]), "packages": packages})
