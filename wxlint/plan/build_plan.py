"""The build plan: every image of a family once, in an order in which each one's base is there before it.

The order comes from the same evaluation of the Dockerfiles that the linter reads, under the build arguments of the
plan, since neither compose nor a list in a script knows it.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError, UsageError
from wxlint.core.suggest import did_you_mean
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.images.evaluation.build_files import Files
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.expansion import pairs
from wxlint.images.graph.documents import Input
from wxlint.images.graph.image_graph import same_name
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build, Evaluated, Stage
from wxlint.images.model.reference import Reference, parse_reference

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Dockerfile
    from wxlint.policy.model import Expectation, Policy

_PREDEFINED = frozenset(
    word
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for word in (name, name.lower())
)
"""Build arguments that need no ARG: https://docs.docker.com/reference/dockerfile/#predefined-args."""


class Step(NamedTuple):
    """One image to build.

    image: "asr:cuda". dockerfile, context: relative to the plan's root. args: for --build-arg. needs: images of the
    plan it is built from. external: other references it is built from, as far as they are known. upstream: the external
    reference its lineage ends in, None when unknown. sources: what it copies from its context, None when that is not
    known exactly. remote: it adds files from an address. problem: why it cannot be built at all.
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


class Phase(NamedTuple):
    """Steps that can be built at the same time. title: "bases", "cpu stages"."""

    title: str
    steps: tuple[Step, ...]


class Plan(NamedTuple):
    """steps: in an order that holds. registry: what the references have; registry_default: what the policy says."""

    family: str
    root: str
    policy: str
    registry: str
    registry_default: str
    registry_arg: str | None
    registry_env: str | None
    steps: tuple[Step, ...]

    def step(self, image: str) -> Step | None:
        return next((step for step in self.steps if step.image == image), None)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The bases, then the stages variant by variant; once more for stages that are built from stages."""
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
            found.setdefault((depth, step.expectation.variant if depth else ""), []).append(step)
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


def make_plan(
    policy: Policy,
    *,
    select: Sequence[str] = (),
    variant: str | None = None,
    optional: bool = False,
    args: Mapping[str, str] | None = None,
    registry: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Plan:
    """Read the family's Dockerfiles and order its images.

    Args:
        select: image names, stages, variants or globs; what they are built from comes along.
        optional: take in the images that the policy calls optional; without it, those that `select` names as an image
            or a stage.
        args: further build arguments, for the Dockerfiles that declare them.
        registry: default the policy's `registry-env` in `env`, then the policy's own.

    Raises UsageError for a selection or an argument that fits nothing, InputError for images that are built from each
    other. A required Dockerfile that is missing is the `problem` of its step; an optional one leaves its image out.
    """
    default, policy = policy.registry, policy._replace(registry=registry) if registry else with_registry(policy, env)
    chosen = policy.registry
    expectations = [e for e in policy.expectations() if not e.optional or (policy.root / e.dockerfile).is_file()]
    if variant is not None and variant not in policy.variants:
        raise UsageError(f"{policy.path} has no variant {variant!r}; it has {', '.join(policy.variants) or 'none'}")
    wanted = selected(expectations, select, policy.path)
    if variant is not None:
        wanted = [e for e in wanted if e.variant == variant]
    steps = _steps(policy, expectations, dict(args or {}))
    ordered = _ordered(steps)
    named = set(words(select))
    keep = {e.image for e in wanted if optional or not e.optional or {e.image, e.stage} & named}
    for step in reversed(ordered):
        if step.image in keep:
            keep.update(step.needs)
    return Plan(
        policy.name,
        str(policy.root),
        policy.path,
        chosen,
        default,
        policy.registry_arg,
        policy.registry_env,
        tuple(step for step in ordered if step.image in keep),
    )


def with_registry(policy: Policy, env: Mapping[str, str] | None = None) -> Policy:
    """The policy with the registry that its `registry-env` names in the environment, when it names one."""
    named = (env if env is not None else os.environ).get(policy.registry_env or "", "").strip()
    return policy._replace(registry=named) if named and policy.registry else policy


def selected(expectations: Iterable[Expectation], select: Sequence[str], where: str) -> list[Expectation]:
    """The expectations that any of the words names: an image, a stage, a variant, a tag, or a glob of images.

    Raises UsageError for a word that names none.
    """
    everything = list(expectations)
    if not words(select):
        return everything
    found: set[str] = set()
    for word in words(select):
        fitting = {
            e.image
            for e in everything
            if word in (e.image, e.stage, e.variant, e.tag) or fnmatch.fnmatchcase(e.image, word)
        }
        if not fitting:
            names = sorted({name for e in everything for name in (e.image, e.stage, e.variant)})
            hint = did_you_mean(word, names) or f"; there are {_few(e.image for e in everything)}"
            raise UsageError(f"{where}: no image is called {word!r}{hint}")
        found |= fitting
    return [e for e in everything if e.image in found]


def words(select: Iterable[str]) -> list[str]:
    """What a selection names: its items may be lists with commas."""
    return [word.strip() for item in select for word in item.split(",") if word.strip()]


def _few(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:8]) + (f" and {len(listed) - 8} more" if len(listed) > 8 else "") or "none"


def _steps(policy: Policy, expectations: list[Expectation], args: dict[str, str]) -> list[Step]:
    root = policy.root
    paths = {e.dockerfile: os.path.normpath(root / e.dockerfile) for e in expectations}
    present = [path for path in dict.fromkeys(paths.values()) if os.path.isfile(path)]
    repository = Repository.of([Input(path, "dockerfile") for path in present], root, policy)
    steps: list[Step] = []
    used: set[str] = set()
    for e in expectations:
        step = Step(e.image, e.reference, e, e.dockerfile, e.context, e.target, ())
        dockerfile = repository.dockerfiles.get(paths[e.dockerfile])
        if dockerfile is None:
            reason = "it cannot be read" if os.path.isfile(paths[e.dockerfile]) else "there is no such file"
            steps.append(step._replace(problem=f"{e.dockerfile}: {reason}"))
            continue
        declared = _declared(dockerfile)
        given = dict(e.build_args)
        if policy.registry_arg in declared:
            given[str(policy.registry_arg)] = policy.registry
        for name, value in args.items():
            if name in declared or name in _PREDEFINED:
                given[name] = value
                used.add(name)
        build = Build(
            paths[e.dockerfile],
            (os.path.normpath(root / e.context),),
            e.target,
            tuple((n, Value(v)) for n, v in given.items()),
        )
        files = Files(repository.sources.read, build.contexts)
        evaluated = evaluate(dockerfile, build, files)
        last = evaluated.target(e.target)
        if last is None:
            problem = f"{e.dockerfile}: {f'no stage is called {e.target!r}' if evaluated.stages else 'no FROM'}"
            steps.append(step._replace(problem=problem))
            continue
        steps.append(_from_dockerfile(step._replace(args=tuple(given.items())), evaluated, last, files, expectations))
    triggers = {
        e.image
        for e in expectations
        if (d := repository.dockerfiles.get(paths[e.dockerfile]))
        and any(i.keyword == "ONBUILD" for i in d.instructions)
    }
    steps = [step._replace(sources=None) if triggers.intersection(step.needs) else step for step in steps]
    unknown = sorted(set(args) - used)
    if unknown:
        raise UsageError(f"no Dockerfile of {policy.path} declares the build argument {', '.join(unknown)}")
    return steps


def _declared(dockerfile: Dockerfile) -> set[str]:
    return {
        pair.name.strip("\"'")
        for instruction in dockerfile.instructions
        if instruction.keyword == "ARG"
        for pair in pairs(instruction.text, instruction.args_at, dockerfile.escape, old_form=False)
    }


def _from_dockerfile(
    step: Step, evaluated: Evaluated, last: Stage, files: Files, expectations: list[Expectation]
) -> Step:
    """What a Dockerfile asks for up to its target: images of the family, others, and files of the context."""
    needs: dict[str, None] = {}
    external: dict[str, None] = {}
    unsure = False
    for use in evaluated.uses:
        if use.kind == "syntax" or use.stage is None or use.stage > last.index or use.onbuild:
            continue
        member = next((e for e in expectations if use.reference is not None and _is(use.reference, e)), None)
        if member is not None and member.image != step.image:
            needs[member.image] = None
        elif use.value.known:
            external[use.value.text] = None
        else:
            unsure = True
    if unsure and step.expectation.base:  # an unknown name may be the base: build that first
        needs.update((e.image, None) for e in expectations if e.reference == step.expectation.base)
    stage = last
    while len(stage.parents) == 1 and not stage.external:
        stage = evaluated.stages[stage.parents[0]]
    upstream = stage.base.value.text if not stage.parents and stage.base.value.known else None
    copied = [
        copy.source
        for index, copies in files.copies.items()
        if index <= last.index
        for copy in copies
        if copy.stage is None
    ]
    remote = any("://" in path or path.startswith("git@") for path in copied)
    local = tuple(dict.fromkeys(path for path in copied if "://" not in path and not path.startswith("git@")))
    binds = any(
        flag.name == "mount"
        and "from=" not in (flag.value or "")
        and "type=" not in (flag.value or "").replace("type=bind", "")
        for instruction in evaluated.dockerfile.instructions
        for flag in instruction.flags
    )
    whole = binds or any(HOLE in path for path in local)
    return step._replace(
        needs=tuple(needs), external=tuple(external), upstream=upstream, sources=None if whole else local, remote=remote
    )


def _is(reference: Reference, expectation: Expectation) -> bool:
    own = parse_reference(Value(expectation.reference))
    return own is not None and reference.tag == own.tag and same_name(reference, own)


def _ordered(steps: list[Step]) -> list[Step]:
    """Each step behind what it needs, otherwise as the policy lists them. Raises InputError."""
    by_image = {step.image: step for step in steps}
    done: dict[str, Step] = {}
    for first in steps:
        path = [] if first.image in done else [first]
        rest = [iter(step.needs) for step in path]
        open_ = {step.image for step in path}
        while path:
            name = next(rest[-1], None)
            if name is None:
                rest.pop()
                step = path.pop()
                open_.discard(step.image)
                done[step.image] = step
            elif name in open_:
                names = [step.image for step in path]
                circle = [*names[names.index(name) :], name]
                raise InputError(f"images are built from each other: {' <- '.join(circle)}")
            elif name not in done:
                path.append(by_image[name])
                rest.append(iter(by_image[name].needs))
                open_.add(name)
    return list(done.values())
