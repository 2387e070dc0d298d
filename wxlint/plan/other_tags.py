"""What a Dockerfile takes of the family under another tag than the plan builds it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from wxlint.core.values import HOLE, Value
from wxlint.images.graph.producers import same_name
from wxlint.images.model.reference import parse_reference
from wxlint.policy.expectations import reference_pattern
from wxlint.policy.model import NAMES
from wxlint.policy.reference_pattern import fill, fits
from wxlint.policy.whole_names import tags_of, values_of

if TYPE_CHECKING:
    from wxlint.images.model.records import Stage
    from wxlint.images.model.reference import Reference
    from wxlint.plan.model import Step
    from wxlint.policy.model import Expectation, Policy

_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


def other_tag(policy: Policy, step: Step, stages: Iterable[Stage], expectations: Sequence[Expectation]) -> str:
    """What to write where a stage starts from an image of the family with another value of a part of its tag; "" else.

    Args:
        stages: those that the build needs.
    """
    parts = _parts(policy)
    if not parts:
        return ""
    for stage in stages:
        reference = stage.base.reference
        if stage.parents or reference is None or not reference.name_known or reference.tag is None:
            continue
        meant = _meant(policy, step, reference, expectations)
        if meant and all(reference.tag != one.tag for one in meant):
            return f"{step.dockerfile}:{stage.base.span.line}: {_advice(policy, stage, meant[0], parts)}"
    return ""


def no_tag(policy: Policy, step: Step, stages: Iterable[Stage], expectations: Sequence[Expectation]) -> str:
    """What to write where a stage starts from an image of the family with an empty tag, which no engine takes; "" else.

    In a plan an argument without a default has no value but one that is given.
    """
    for stage in stages:
        name, colon, tag = stage.base.value.text.rpartition(":")
        reference = parse_reference(Value(name)) if colon and not tag.strip(HOLE) and HOLE not in name else None
        if stage.parents or reference is None:
            continue
        named = [e for e in expectations if e.image != step.image and _has_name(e, reference)]
        planned = next((e for e in named if e.variant == step.expectation.variant), named[0] if named else None)
        variable = next(iter(_VARIABLE.findall(stage.instruction.text.rpartition(":")[2])), "")
        if planned is not None and variable:
            found = f"FROM {name}:${{{variable}}} has no tag, since nothing gives {variable} a value"
            write = f"build-args: {{{variable}: {planned.tag.replace(HOLE, '')}}} under variants.{planned.variant}"
            if HOLE in planned.tag or _parts(policy):
                write = f"--build-arg {variable}={planned.reference.rpartition(':')[2].replace(HOLE, '')}"
            return (
                f"{step.dockerfile}:{stage.base.span.line}: {found}; the plan builds {planned.reference}: give {write}"
            )
    return ""


def _parts(policy: Policy) -> list[str]:
    """The parts in the tags of a policy of whole references."""
    if not policy.is_whole:
        return []
    known = dict(policy.parts)
    return [name for name in NAMES.findall(reference_pattern(policy).rpartition(":")[2]) if name in known]


def _meant(policy: Policy, step: Step, reference: Reference, expectations: Sequence[Expectation]) -> list[Expectation]:
    """The images of the family that a reference names, whatever the values of parts, the likeliest first."""
    tag = str(reference.tag)
    found = [e for e in expectations if e.image != step.image and _has_name(e, reference) and _fits(policy, e, tag)]
    return sorted(found, key=lambda e: -len(e.tag))


def _has_name(e: Expectation, reference: Reference) -> bool:
    own = parse_reference(Value(e.reference))
    return own is not None and same_name(reference, own)


def _fits(policy: Policy, e: Expectation, tag: str) -> bool:
    """Whether a tag is an image's with other values of parts, or with none where an argument has none."""
    variant = policy.variants[e.variant]
    if tag in tags_of(policy, variant, e.stage):
        return False
    pattern = reference_pattern(policy).rpartition(":")[2]
    values = values_of(policy, variant, e.stage)
    empty = fill(pattern, {**values, **dict.fromkeys(_parts(policy))}).replace(HOLE, "")
    if tag.replace(HOLE, "") == empty:
        return True
    return HOLE not in tag and fits(fill(pattern, values), tag, tuple((n, part.pattern) for n, part in policy.parts))


def _advice(policy: Policy, stage: Stage, planned: Expectation, parts: Sequence[str]) -> str:
    found = f"FROM {stage.base.value.text.replace(HOLE, '')}, and the plan builds {planned.reference}"
    variables = [name for name in _VARIABLE.findall(stage.instruction.text) if name != policy.registry_arg]
    known = dict(policy.parts)
    if any(known[name].build_arg in variables for name in parts):
        return f"{found}; give {variables[-1]} no other value, or plan with that one"
    argument = variables[-1] if variables else "VERSION"
    part = next((name for name in parts if known[name].build_arg is None), parts[0])
    write = f"write parts: {{{part}: {{build-arg: {argument}}}}} in {policy.path}"
    return f"{found}; {write}" + ("" if variables else f", and take ${{{argument}}} in the tag")
