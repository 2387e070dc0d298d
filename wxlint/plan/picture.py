"""Build plans as a picture: a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wxlint.core.escape import escape

if TYPE_CHECKING:
    from wxlint.plan.model import Plan, Step


def picture(plans: Sequence[Plan]) -> str:
    """The phases, each a box with its images; of several families those of each in another box."""
    numbers = {(plan.policy, step.image): f"i{n}" for n, (plan, step) in enumerate(_steps(plans))}
    made = {step.reference: numbers[plan.policy, step.image] for plan, step in _steps(plans)}
    lines = ["flowchart LR"]
    phases = 0
    for family, plan in enumerate(plans):
        indent = "    " if len(plans) > 1 else "  "
        if len(plans) > 1:
            lines.append(f'  subgraph f{family} ["{_label(plan.family)}"]')
        for phase in plan.phases:
            lines.append(f'{indent}subgraph p{phases} ["{_label(phase.title)}"]')
            lines += [f'{indent}  {numbers[plan.policy, step.image]}["{_label(step.image)}"]' for step in phase.steps]
            lines.append(f"{indent}end")
            phases += 1
        if len(plans) > 1:
            lines.append("  end")
    for plan, step in _steps(plans):
        needed = [numbers[plan.policy, name] for name in step.needs]
        needed += [made[name] for name in step.external if name in made]
        lines += [f"  {name} --> {numbers[plan.policy, step.image]}" for name in needed]
    return "\n".join(lines) + "\n"


def _steps(plans: Sequence[Plan]) -> Iterator[tuple[Plan, Step]]:
    return ((plan, step) for plan in plans for step in plan.steps)


def _label(text: str) -> str:
    return escape(text).replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
