"""A build plan as text, JSON, a bake file, a shell script, a batch file or a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wxlint.core.errors import InputError, UsageError
from wxlint.core.escape import escape, escape_json
from wxlint.plan.bake_file import bake_file
from wxlint.plan.batch_script import batch_file
from wxlint.plan.picture import picture
from wxlint.plan.shell_script import shell_script

if TYPE_CHECKING:
    from wxlint.plan.model import Plan, Step


def render_plan(plan: Plan, form: str = "text", script: str | None = None, command: str | None = None) -> str:
    """The plan in one of FORMATS, ending with a newline.

    Args:
        script: where a sh or bat file will lie, relative to the plan's root (default: the root itself).
        command: what generates it, for a format that has room to say so.

    Raises UsageError for another format, InputError when an image cannot be built, except in text and json, which say
    so.
    """
    if form not in FORMATS:
        raise UsageError(f"unknown format {form!r}; known are {', '.join(FORMATS)}")
    if form not in ("text", "json", "mermaid"):
        _require_no_problem(plan.steps)
    return FORMATS[form](plan, script or "", command or f"wxlint plan --format {form}")


JOINED = ("text", "json", "bake", "mermaid")
"""The formats that hold several families; a script is of one."""


def render_plans(plans: Sequence[Plan], form: str, command: str = "wxlint plan") -> str:
    """The plans of several families in one of JOINED, in the order in which they can be built.

    Raises InputError when an image cannot be built, for a bake file.
    """
    if form == "text":
        return "\n".join(_text(plan, "", "") for plan in plans)
    if form == "mermaid":
        return picture(plans)
    if form == "bake":
        _require_no_problem([step for plan in plans for step in plan.steps])
        return bake_file(plans, command)
    whole = {"schema": "wxlint-plans/1", "plans": [_data(plan) for plan in plans]}
    return escape_json(json.dumps(whole, indent=2)) + "\n"


def _require_no_problem(steps: Iterable[Step]) -> None:
    problems = [f"{step.image}: {step.problem}" for step in steps if step.problem]
    if problems:
        raise InputError("cannot be built: " + "; ".join(problems))


def _text(plan: Plan, _: str, __: str) -> str:
    phases = plan.phases
    images = f"{len(plan.steps)} image{'s' * (len(plan.steps) != 1)}"
    lines = [f"{plan.family}: {images} in {len(phases)} phase{'s' * (len(phases) != 1)}"]
    width = max((len(step.image) for step in plan.steps), default=0)
    for number, phase in enumerate(phases, 1):
        lines.append(f"{number}. {phase.title}")
        for step in phase.steps:
            origin = ", ".join(step.needs or step.external) or "an unknown base"
            optional = " (optional)" if step.expectation.optional else ""
            lines.append(f"   {step.image:{width}}  {step.problem or f'{step.dockerfile} from {origin}{optional}'}")
            lines += [
                f"   {'':{width}}  --build-arg {name}={value}" for name, value in step.args if name != plan.registry_arg
            ]
    return "".join(escape(line) + "\n" for line in lines)


def _json(plan: Plan, _: str, __: str) -> str:
    return escape_json(json.dumps(_data(plan), indent=2)) + "\n"


def _data(plan: Plan) -> dict[str, Any]:
    phases = [
        {
            "title": phase.title,
            "images": [
                {
                    "image": step.image,
                    "reference": step.reference,
                    "variant": step.expectation.variant,
                    "optional": step.expectation.optional,
                    "dockerfile": step.dockerfile,
                    "context": step.context,
                    "target": step.target,
                    "platform": step.platform,
                    "build_args": dict(step.args),
                    "needs": list(step.needs),
                    "external": list(step.external),
                    "problem": step.problem or None,
                }
                for step in phase.steps
            ],
        }
        for phase in plan.phases
    ]
    return {"schema": "wxlint-plan/1", "family": plan.family, "registry": plan.registry, "phases": phases}


def _bake(plan: Plan, _: str, command: str) -> str:
    return bake_file([plan], command)


def _mermaid(plan: Plan, _: str, __: str) -> str:
    return picture([plan])


FORMATS: dict[str, Callable[[Plan, str, str], str]] = {
    "text": _text,
    "json": _json,
    "bake": _bake,
    "sh": shell_script,
    "bat": batch_file,
    "mermaid": _mermaid,
}
