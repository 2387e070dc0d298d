"""A build plan as text, JSON, a bake file, a shell script, a batch file or a picture."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from wxlint.core.errors import InputError, UsageError
from wxlint.core.escape import escape, escape_json
from wxlint.plan.batch_script import batch_file
from wxlint.plan.script_table import GENERATED
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
    problems = [f"{step.image}: {step.problem}" for step in plan.steps if step.problem]
    if problems and form not in ("text", "json", "mermaid"):
        raise InputError("cannot be built: " + "; ".join(problems))
    return FORMATS[form](plan, script or "", command or f"wxlint plan --format {form}")


def render_plans(plans: Sequence[Plan], form: str) -> str:
    """The plans of several families as text or json, in the order in which they can be built."""
    if form == "text":
        return "\n".join(_text(plan, "", "") for plan in plans)
    whole = {"schema": "wxlint-plans/1", "plans": [_data(plan) for plan in plans]}
    return escape_json(json.dumps(whole, indent=2)) + "\n"


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
    """JSON for `docker buildx bake`, where contexts make one target's result another's base, without a registry."""
    variable = plan.registry_env or "REGISTRY"

    def text(value: str) -> str:
        return value.replace("${", "$${").replace("%{", "%%{")

    def target(image: str) -> str:
        return re.sub(r"[^A-Za-z0-9_-]", "-", image)

    def reference(step: Step) -> str:
        found = text(step.reference)
        return (
            f"${{{variable}}}{found[len(plan.registry) :]}"
            if plan.registry and found.startswith(plan.registry + "/")
            else found
        )

    targets: dict[str, Any] = {}
    by_image = {step.image: step for step in plan.steps}
    for step in plan.steps:
        entry: dict[str, Any] = {
            "context": text(step.context),
            "dockerfile": text(_from_context(step)),
            "tags": [reference(step)],
        }
        if step.target:
            entry["target"] = text(step.target)
        if step.platform:
            entry["platforms"] = [step.platform]
        if step.args:
            entry["args"] = {
                name: f"${{{variable}}}" if name == plan.registry_arg else text(value) for name, value in step.args
            }
        if step.needs:
            entry["contexts"] = {reference(by_image[name]): f"target:{target(name)}" for name in step.needs}
        targets[target(step.image)] = entry
    groups = {"default": {"targets": list(targets)}}
    for step in plan.steps:
        groups.setdefault(step.expectation.variant, {"targets": []})["targets"].append(target(step.image))
    note = f"{GENERATED.format(command)} To change it, change the policy or the Dockerfiles, and run that again."
    document: dict[str, Any] = {"//": note}
    if plan.registry:
        document["variable"] = {variable: {"default": plan.registry_default}}
    return escape_json(json.dumps({**document, "group": groups, "target": targets}, indent=2)) + "\n"


def _from_context(step: Step) -> str:
    """A Dockerfile's path as bake takes it: relative to the context."""
    if step.context in (".", ""):
        return step.dockerfile
    return str(PurePosixPath(*[".." for _ in PurePosixPath(step.context).parts], step.dockerfile))


def _mermaid(plan: Plan, _: str, __: str) -> str:
    names = {step.image: f"i{number}" for number, step in enumerate(plan.steps)}

    def label(text: str) -> str:
        return escape(text).replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")

    lines = ["flowchart LR"]
    for number, phase in enumerate(plan.phases):
        lines.append(f'  subgraph p{number} ["{label(phase.title)}"]')
        lines += [f'    {names[step.image]}["{label(step.image)}"]' for step in phase.steps]
        lines.append("  end")
    lines += [f"  {names[need]} --> {names[step.image]}" for step in plan.steps for need in step.needs]
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[[Plan, str, str], str]] = {
    "text": _text,
    "json": _json,
    "bake": _bake,
    "sh": shell_script,
    "bat": batch_file,
    "mermaid": _mermaid,
}
