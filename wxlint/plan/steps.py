"""The steps of a build plan, one for each image that a policy expects, as its Dockerfile has them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.machines import host_architecture
from wxlint.core.values import HOLE, Value
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.variables.expansion import pairs
from wxlint.images.graph.documents import Input
from wxlint.images.graph.producers import same_name
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import DEFAULT_PLATFORM, Build, Evaluated, Stage
from wxlint.images.model.reference import Reference, parse_reference
from wxlint.plan.model import Step
from wxlint.plan.other_tags import no_tag, other_tag
from wxlint.policy.expectations import part_values, reference_pattern
from wxlint.policy.model import NAMES

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Dockerfile
    from wxlint.policy.model import Expectation, Policy

_PREDEFINED = frozenset(
    word
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for word in (name, name.lower())
)
"""Build arguments that need no ARG: https://docs.docker.com/reference/dockerfile/#predefined-args."""
_EXAMPLES = {"version": "1.0.0", "python": "3.11", "date": "2026-01-31", "commit": "0123abc"}
"""Values of parts that messages can show."""


def read_steps(
    policy: Policy, expectations: Sequence[Expectation], args: Mapping[str, str]
) -> tuple[list[Step], tuple[str, ...]]:
    """Evaluate the Dockerfile of each expectation, and say which arguments no Dockerfile declares.

    Args:
        args: build arguments, for the Dockerfiles that declare them.
    """
    root = policy.root
    paths = {e.dockerfile: os.path.normpath(root / e.dockerfile) for e in expectations}
    present = [path for path in dict.fromkeys(paths.values()) if os.path.isfile(path)]
    repository = Repository.of([Input(path, "dockerfile") for path in present], root, policy)
    family = _Family(expectations)
    steps: list[Step] = []
    declared: set[str] = set()
    triggers: set[str] = set()
    for e in expectations:
        path = paths[e.dockerfile]
        platform = e.platform if e.platform != host_platform() else None
        step = Step(e.image, e.reference, e, e.dockerfile, e.context, e.target, (), platform=platform)
        if HOLE in e.reference:
            shown = e.reference.replace(HOLE, "*")
            steps.append(step._replace(reference=shown, problem=f"{shown}: {_without_value(policy, e)}"))
            continue
        dockerfile = repository.dockerfiles.get(path)
        if dockerfile is None:
            reason = "it cannot be read" if os.path.isfile(path) else "there is no such file"
            steps.append(step._replace(problem=f"{e.dockerfile}: {reason}"))
            continue
        names = _declared(dockerfile)
        declared |= names
        if any(instruction.keyword == "ONBUILD" for instruction in dockerfile.instructions):
            triggers.add(e.image)
        step = step._replace(args=tuple(_given(policy, e, names, args).items()))
        build = Build(
            path,
            (os.path.normpath(root / e.context),),
            e.target,
            tuple((name, Value(value)) for name, value in step.args),
            platform=e.platform or DEFAULT_PLATFORM,
        )
        files = Files(repository.sources.read, build.contexts)
        evaluated = evaluate(dockerfile, build, files)
        step = _evaluated(step, evaluated, files, family)
        last = evaluated.target(e.target)
        if last is not None and not step.problem:
            used = [stage for stage in evaluated.stages if stage.index <= last.index]
            wrong = other_tag(policy, step, used, expectations) or no_tag(policy, step, used, expectations)
            step = step._replace(problem=wrong)
        steps.append(step)
    # A trigger of a base may copy anything.
    steps = [step._replace(sources=None) if triggers.intersection(step.needs) else step for step in steps]
    return steps, tuple(sorted(set(args) - declared - _PREDEFINED))


def host_platform() -> str:
    """The platform that images are built for here, where nothing else is said."""
    return f"linux/{host_architecture()}"


def _without_value(policy: Policy, e: Expectation) -> str:
    """What to write for the parts of a reference that have no value."""
    used = NAMES.findall(reference_pattern(policy))
    values = part_values(policy, e.stage, policy.variants[e.variant])
    ways = []
    for name, part in policy.parts:
        if name not in used or values[name] is not None:
            continue
        example = _EXAMPLES.get(name, "VALUE")
        how = [f"--part {name}={example}"]
        how += [f"--build-arg {part.build_arg}={example}"] if part.build_arg else []
        how += [f"the variable {part.env}"] if part.env else []
        how += [f'parts: {{{name}: {{default: "{example}"}}}} in the policy']
        ways.append(f"{{{name}}} has no value: give it with {', or '.join(how)}")
    return "; ".join(ways) or "a part has no value"


def _declared(dockerfile: Dockerfile) -> set[str]:
    """The names of a Dockerfile's ARGs."""
    return {
        pair.name.strip("\"'")
        for instruction in dockerfile.instructions
        if instruction.keyword == "ARG"
        for pair in pairs(instruction.text, instruction.args_at, dockerfile.escape, old_form=False)
    }


def _given(policy: Policy, e: Expectation, declared: set[str], args: Mapping[str, str]) -> dict[str, str]:
    """The build arguments of an image that its Dockerfile declares: the policy's, the registry, those of the user."""
    given = {name: value for name, value in e.build_args if name in declared or name in _PREDEFINED}
    if policy.registry_arg in declared:
        given[str(policy.registry_arg)] = policy.registry
    values = part_values(policy, e.stage, policy.variants[e.variant])
    parts = ((part.build_arg, values[name]) for name, part in policy.parts if part.build_arg in declared)
    given.update((str(name), value) for name, value in parts if value is not None)
    given.update((name, value) for name, value in args.items() if name in declared or name in _PREDEFINED)
    return given


class _Family:
    """The images of a family by their references."""

    def __init__(self, expectations: Iterable[Expectation]) -> None:
        self._by_tag: dict[str | None, list[tuple[Reference, str]]] = {}
        self._by_reference: dict[str, list[str]] = {}
        for e in expectations:
            self._by_reference.setdefault(e.reference, []).append(e.image)
            own = parse_reference(Value(e.reference))
            if own is not None:
                self._by_tag.setdefault(own.tag, []).append((own, e.image))

    def image_of(self, reference: Reference | None) -> str | None:
        """The image that a reference names."""
        if reference is None:
            return None
        return next((image for own, image in self._by_tag.get(reference.tag, ()) if same_name(reference, own)), None)

    def images_as(self, reference: str) -> list[str]:
        """The images with exactly this reference."""
        return self._by_reference.get(reference, [])


def _evaluated(step: Step, evaluated: Evaluated, files: Files, family: _Family) -> Step:
    """The step with what its Dockerfile says up to the target."""
    last = evaluated.target(step.target)
    if last is None:
        what = f"no stage is called {step.target!r}" if evaluated.stages else "no FROM"
        return step._replace(args=(), problem=f"{step.dockerfile}: {what}")
    needs, external = _origins(step, evaluated, last, family)
    step = _with_base(step, external)
    sources, remote = _copied(evaluated, last, files)
    return step._replace(
        needs=needs, external=external, upstream=_upstream(evaluated, last), sources=sources, remote=remote
    )


def _with_base(step: Step, external: Iterable[str]) -> Step:
    """The step whose base, where parts of it are not known, is the one that the Dockerfile names."""
    base = step.expectation.base
    if base is None or HOLE not in base:
        return step
    from wxlint.policy.part_patterns import literal, may_match

    found = next((one for one in external if may_match(literal(one), base)), base.replace(HOLE, "*"))
    return step._replace(expectation=step.expectation._replace(base=found))


def _origins(step: Step, evaluated: Evaluated, last: Stage, family: _Family) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The images of the family that a build uses, and the other references, as far as they are known."""
    needs: dict[str, None] = {}
    external: dict[str, None] = {}
    unsure = False
    for use in evaluated.uses:
        if use.kind == "syntax" or use.stage is None or use.stage > last.index or use.onbuild:
            continue
        member = family.image_of(use.reference)
        if member is not None and member != step.image:
            needs[member] = None
        elif use.value.known:
            external[use.value.text] = None
        else:
            unsure = True
    if unsure and step.expectation.base:  # an unknown name may be the base: build that first
        needs.update(dict.fromkeys(family.images_as(step.expectation.base)))
    return tuple(needs), tuple(external)


def _upstream(evaluated: Evaluated, last: Stage) -> str | None:
    """The reference that the lineage of a stage ends in; None when it is unknown."""
    stage = last
    while len(stage.parents) == 1 and not stage.external:
        stage = evaluated.stages[stage.parents[0]]
    return stage.base.value.text if not stage.parents and stage.base.value.known else None


def _copied(evaluated: Evaluated, last: Stage, files: Files) -> tuple[tuple[str, ...] | None, bool]:
    """The paths that a build takes from its context, None when unknown; whether it takes files from addresses too."""
    copied = [
        copy.source
        for index, copies in files.copies.items()
        if index <= last.index
        for copy in copies
        if copy.stage is None
    ]
    local = tuple(dict.fromkeys(path for path in copied if not _is_address(path)))
    unknown = _binds_context(evaluated.dockerfile) or any(HOLE in path for path in local)
    return None if unknown else local, any(map(_is_address, copied))


def _is_address(path: str) -> bool:
    return "://" in path or path.startswith("git@")


def _binds_context(dockerfile: Dockerfile) -> bool:
    """Whether an instruction mounts the context or a part of it."""
    return any(
        flag.name == "mount"
        and "from=" not in (flag.value or "")
        and "type=" not in (flag.value or "").replace("type=bind", "")
        for instruction in dockerfile.instructions
        for flag in instruction.flags
    )
