"""Build plans as JSON for `docker buildx bake`."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from wxlint.core.escape import escape_json
from wxlint.plan.script_table import GENERATED

if TYPE_CHECKING:
    from wxlint.plan.model import Plan, Step


def bake_file(plans: Sequence[Plan], command: str) -> str:
    """Contexts make one target's result another's base, without a registry.

    Of several families each has a group, targets and a variable of its own; paths are relative to the working folder.
    """
    families = _families(plans)
    made = {step.reference: (family, step) for family in families for step in family.plan.steps}
    targets = {
        family.target(step.image): dict(_target(family, step, made))
        for family in families
        for step in family.plan.steps
    }
    groups: dict[str, dict[str, list[str]]] = {"default": {"targets": list(targets)}}
    for family in families:
        for step in family.plan.steps:
            for group in filter(None, (family.prefix.rstrip("_"), step.expectation.variant)):
                groups.setdefault(group, {"targets": []})["targets"].append(family.target(step.image))
    note = f"{GENERATED.format(command)} To change it, change the policy or the Dockerfiles, and run that again."
    variables = {one.variable: {"default": one.plan.registry_default} for one in families if one.plan.registry}
    document: dict[str, Any] = {"//": note, **({"variable": variables} if variables else {})}
    return escape_json(json.dumps({**document, "group": groups, "target": targets}, indent=2)) + "\n"


class _Family:
    """A plan among others. prefix: of its targets. folder: its root, from the working folder; "" for the same.

    variable: its registry's.
    """

    def __init__(self, plan: Plan, prefix: str, folder: str, variable: str) -> None:
        self.plan, self.prefix, self.folder, self.variable = plan, prefix, folder, variable

    def target(self, image: str) -> str:
        return self.prefix + re.sub(r"[^A-Za-z0-9_-]", "-", image)

    def reference(self, step: Step) -> str:
        found, registry = _text(step.reference), self.plan.registry
        known = registry and found.startswith(f"{registry}/")
        return f"${{{self.variable}}}{found[len(registry) :]}" if known else found


def _families(plans: Sequence[Plan]) -> list[_Family]:
    if len(plans) == 1:
        return [_Family(plans[0], "", "", plans[0].registry_env or "REGISTRY")]
    found: list[_Family] = []
    for plan in plans:
        word = re.sub(r"[^A-Za-z0-9]", "_", plan.family)
        while any(one.prefix == f"{word}_" for one in found):
            word += "_2"
        folder = os.path.relpath(plan.root).replace(os.sep, "/")
        found.append(_Family(plan, f"{word}_", folder, plan.registry_env or f"{word.upper()}_REGISTRY"))
    return found


def _target(family: _Family, step: Step, made: dict[str, tuple[_Family, Step]]) -> Iterator[tuple[str, Any]]:
    yield (
        "context",
        _text(posixpath.normpath(posixpath.join(family.folder, step.context)) if family.folder else step.context),
    )
    yield "dockerfile", _text(_from_context(step))
    yield "tags", [family.reference(step)]
    if step.target:
        yield "target", _text(step.target)
    if step.platform:
        yield "platforms", [step.platform]
    if step.args:
        own = f"${{{family.variable}}}"
        yield "args", {name: own if name == family.plan.registry_arg else _text(value) for name, value in step.args}
    own_bases = [(family, base) for base in family.plan.steps if base.image in step.needs]
    bases = [*own_bases, *(made[name] for name in step.external if name in made)]
    if bases:
        yield "contexts", {of.reference(base): f"target:{of.target(base.image)}" for of, base in bases}


def _text(value: str) -> str:
    return value.replace("${", "$${").replace("%{", "%%{")


def _from_context(step: Step) -> str:
    """A Dockerfile's path as bake takes it: relative to the context."""
    if step.context in (".", ""):
        return step.dockerfile
    return str(PurePosixPath(*[".." for _ in PurePosixPath(step.context).parts], step.dockerfile))
