"""The build plan: every image of a family once, each one behind what it is built from.

The order comes from the same evaluation of the Dockerfiles that the linter reads, under the build arguments of the
plan, since neither compose nor a list in a script knows it.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError, UsageError
from wxlint.core.suggest import did_you_mean
from wxlint.core.values import HOLE, Value
from wxlint.images.graph.family import Family
from wxlint.images.model.reference import parse_reference
from wxlint.plan.model import Plan, Step
from wxlint.plan.steps import host_platform, read_steps
from wxlint.policy.expectations import expected_images
from wxlint.policy.model import BUILT_IN

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation, Policy

_REGISTRY = re.compile("[A-Za-z0-9](?:[A-Za-z0-9._:/-]*[A-Za-z0-9])?")
"""As the schema of policies has it."""


def make_plan(
    policy: Policy,
    *,
    select: Sequence[str] = (),
    variant: str | None = None,
    optional: bool = False,
    args: Mapping[str, str] | None = None,
    parts: Mapping[str, str] | None = None,
    registry: str | None = None,
    env: Mapping[str, str] | None = None,
    lenient: bool = False,
) -> Plan:
    """Read the family's Dockerfiles and order its images.

    Args:
        select: image names, stages, variants or globs; what they are built from comes along.
        lenient: leave it to the caller to refuse arguments that no Dockerfile declares (`Plan.undeclared`).
        optional: take in the images that the policy calls optional; without it, those that `select` names as an image
            or a stage.
        args: further build arguments, for the Dockerfiles that declare them.
        parts: values of parts of the references, by name.
        registry: default the policy's `registry-env` in `env`, then the policy's own.

    Raises UsageError for a selection or an argument that fits nothing, or a registry that is none, InputError for
    images that are built from each other. A required Dockerfile that is missing is the `problem` of its step; an
    optional one leaves its image out.
    """
    written = policy.registry
    default = registry or written
    policy = policy._replace(registry=registry) if registry else with_registry(policy, env)
    chosen = policy.registry
    if chosen and not _REGISTRY.fullmatch(chosen):
        raise UsageError(f"{chosen!r} is not a registry; allowed: one such as rajiup, ghcr.io/rajiup or localhost:5000")
    policy = with_parts(with_arguments(policy, args or {}), parts or {})
    images = _for_host(expected_images(policy))
    expectations = [e for e in images if not e.optional or (policy.root / e.dockerfile).is_file()]
    if variant is not None and variant not in policy.variants:
        raise UsageError(f"{policy.path} has no variant {variant!r}; it has {', '.join(policy.variants) or 'none'}")
    wanted = selected(expectations, select, policy.path)
    if variant is not None:
        wanted = [e for e in wanted if e.variant == variant]
    steps, undeclared = read_steps(policy, expectations, args or {})
    if undeclared and not lenient:
        raise UsageError(f"no Dockerfile of {policy.path} declares the build argument {', '.join(undeclared)}")
    ordered = _ordered(steps)
    named = set(words(select))
    keep = {e.image for e in wanted if optional or not e.optional or {e.image, e.stage} & named}
    for step in reversed(ordered):
        if step.image in keep:
            keep.update(step.needs)
    kept = tuple(step for step in ordered if step.image in keep)
    return Plan(
        policy.name,
        str(policy.root),
        policy.path,
        chosen,
        default,
        policy.registry_arg,
        policy.registry_env,
        kept,
        undeclared,
        tuple(_others(policy, kept, written)),
        _idle_args(steps),
    )


def _idle_args(steps: Iterable[Step]) -> tuple[str, ...]:
    """The policy's build arguments that no Dockerfile declares, of those that could be read."""
    read = [step for step in steps if not step.problem]
    given = {name for step in read for name, _ in step.args}
    return tuple(sorted({name for step in read for name, _ in step.expectation.build_args} - given))


def _others(policy: Policy, steps: Iterable[Step], written: str) -> list[str]:
    """What steps are built from of the images that the policy lists as others. written: the registry in the policy."""
    listed = Family(policy._replace(registry=written), policy.root)
    found = []
    for name in dict.fromkeys(name for step in steps for name in step.external):
        in_policy = f"{written}{name[len(policy.registry) :]}" if name.startswith(f"{policy.registry}/") else name
        references = [parse_reference(Value(one)) for one in dict.fromkeys((name, in_policy))]
        if any(one is not None and listed.is_other(one) for one in references):
            found.append(name)
    return found


def with_registry(policy: Policy, env: Mapping[str, str] | None = None) -> Policy:
    """The policy with the registry that its `registry-env` names in the environment, when it names one."""
    named = (env if env is not None else os.environ).get(policy.registry_env or "", "").strip()
    return policy._replace(registry=named) if named and policy.registry else policy


def with_arguments(policy: Policy, args: Mapping[str, str]) -> Policy:
    """The policy whose parts have the values that build arguments give them."""
    given = {name: args[part.build_arg] for name, part in policy.parts if part.build_arg and part.build_arg in args}
    parts = tuple((name, part._replace(given=given.get(name, part.given))) for name, part in policy.parts)
    return policy._replace(parts=parts) if given else policy


def with_parts(policy: Policy, values: Mapping[str, str], option: str = "--part") -> Policy:
    """The policy whose parts have these values. Raises UsageError for a part that there is not, or a wrong value."""
    from wxlint.policy.reference_pattern import fits

    known = dict(policy.parts)
    for name, value in values.items():
        if name not in known:
            raise UsageError(f"{option} {name}={value}: {_no_such_part(policy, name)}")
        pattern = known[name].pattern
        if not value or HOLE in value or not fits(f"{{{name}}}", value, ((name, pattern),)):
            raise UsageError(
                f"{option} {name}={value}: found {value!r}; allowed: what fits {pattern}, as {policy.path} says"
            )
        known[name] = known[name]._replace(given=value)
    return policy._replace(parts=tuple(known.items())) if values else policy


def _no_such_part(policy: Policy, name: str) -> str:
    if name == "registry":
        return "the registry is given with --registry"
    if name in BUILT_IN:
        return f"{{{name}}} has its values from {policy.path}; choose with --select or --variant"
    names = [one for one, _ in policy.parts]
    listed = ", ".join(names) or "none besides registry, stage and variant"
    return f"{policy.path} has no such part in its references; it has {listed}{did_you_mean(name, names)}"


def _for_host(images: Iterable[Expectation]) -> list[Expectation]:
    """Of each image that differs by platform the one for this host, else the first."""
    found: dict[tuple[str, str], Expectation] = {}
    for image in images:
        key = (image.stage, image.variant)
        if key not in found or host_platform() in image.platforms:
            found[key] = image
    return list(found.values())


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
