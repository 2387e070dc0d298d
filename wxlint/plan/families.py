"""The plans of several families of one repository: each by itself, in an order in which they can be built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from wxlint.core.errors import UsageError
from wxlint.core.suggest import did_you_mean
from wxlint.plan.build_plan import make_plan, selected, words
from wxlint.policy.expectations import expected_images

if TYPE_CHECKING:
    from wxlint.plan.model import Plan
    from wxlint.policy.model import Policy


def make_plans(
    policies: Sequence[Policy],
    *,
    select: Sequence[str] = (),
    variant: str | None = None,
    optional: bool = False,
    args: Mapping[str, str] | None = None,
    parts: Mapping[str, str] | None = None,
    registry: str | None = None,
    env: Mapping[str, str] | None = None,
) -> list[Plan]:
    """The plan of each family, one behind those whose images it is built from; those without a chosen image left out.

    The arguments are those of `make_plan`; what is chosen or given has to be of one of the families. Raises UsageError
    and InputError as it does.
    """
    args, parts = args or {}, parts or {}
    if len(policies) == 1:
        one = make_plan(
            policies[0],
            select=select,
            variant=variant,
            optional=optional,
            args=args,
            parts=parts,
            registry=registry,
            env=env,
        )
        return [one]
    _require(policies, select, variant, parts)
    plans = []
    for policy in policies:
        own = _fitting(policy, select)
        if (words(select) and not own) or (variant is not None and variant not in policy.variants):
            continue
        known = {name for name, _ in policy.parts}
        plan = make_plan(
            policy,
            select=own,
            variant=variant,
            optional=optional,
            args=args,
            parts={name: value for name, value in parts.items() if name in known},
            registry=registry if policy.registry else None,
            env=env,
            lenient=True,
        )
        plans.append(plan)
    unknown = set(args).intersection(*(plan.undeclared for plan in plans)) if plans else set()
    if unknown:
        raise UsageError(
            f"no Dockerfile of {_listed(policies)} declares the build argument {', '.join(sorted(unknown))}"
        )
    return _ordered(plans)


def _require(policies: Sequence[Policy], select: Sequence[str], variant: str | None, parts: Mapping[str, str]) -> None:
    """Raise UsageError for what is chosen or given and of none of the families."""
    for word in words(select):
        if not any(_fitting(policy, [word]) for policy in policies):
            images = [e for policy in policies for e in expected_images(policy)]
            hint = did_you_mean(word, sorted({name for e in images for name in (e.image, e.stage, e.variant)}))
            raise UsageError(f"{_listed(policies)}: no image is called {word!r}{hint}")
    variants = list(dict.fromkeys(name for policy in policies for name in policy.variants))
    if variant is not None and variant not in variants:
        raise UsageError(f"{_listed(policies)} have no variant {variant!r}; they have {', '.join(variants)}")
    known = sorted({name for policy in policies for name, _ in policy.parts})
    for name, value in parts.items():
        if name not in known:
            has = ", ".join(known) or "none"
            hint = did_you_mean(name, known)
            raise UsageError(f"--part {name}={value}: {_listed(policies)} have no such part; they have {has}{hint}")


def _fitting(policy: Policy, select: Sequence[str]) -> list[str]:
    """The words of a selection that name images of a family."""
    expectations = expected_images(policy)
    found = []
    for word in words(select):
        with suppress(UsageError):
            selected(expectations, [word], policy.path)
            found.append(word)
    return found


def _listed(policies: Sequence[Policy]) -> str:
    return ", ".join(policy.path for policy in policies)


def _ordered(plans: Sequence[Plan]) -> list[Plan]:
    """Each plan behind those that make what it takes from elsewhere; of a circle, as they were given."""
    makes = {plan.policy: {step.reference for step in plan.steps} for plan in plans}
    takes = {
        plan.policy: {name for step in plan.steps for name in (*step.external, step.expectation.base)} for plan in plans
    }
    needs = {
        plan.policy: {other.policy for other in plans if other is not plan and makes[other.policy] & takes[plan.policy]}
        for plan in plans
    }
    found: list[Plan] = []
    waiting = list(plans)
    while waiting:
        done = {plan.policy for plan in found}
        ready = [plan for plan in waiting if needs[plan.policy] <= done] or waiting
        found += ready
        waiting = [plan for plan in waiting if plan not in found]
    return found
