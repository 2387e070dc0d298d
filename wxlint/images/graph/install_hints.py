"""What names around an image say where its own says nothing: lists, extras, groups, profiles, its base's tag."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from wxlint.core.reasons import reason_at
from wxlint.images.graph.name_hints import Evidence, said_by
from wxlint.images.graph.state import State
from wxlint.images.model.records import Evaluated, Stage
from wxlint.images.stack.torch.model import Choice


def weak_evidence(evaluated: Evaluated, stage: Stage, base: State, choices: Iterable[Choice]) -> list[Evidence]:
    """What says that an image is for an accelerator. choices: those of its installs that decide about torch.

    Names that a base of another accelerator contradicts say nothing.
    """
    found = said_by(stage.name, "stage name") if stage.name else []
    service = evaluated.build.service
    if service is not None:
        found += said_by(service.name, "service")
        found += [one for profile in service.profiles for one in said_by(profile.value.text, "profile")]
    of_lists = [one for choice in choices for one in _of_list(evaluated.path, choice)]
    found += {one.reason.text: one for one in reversed(of_lists)}.values()
    root = base.root.reference if base.root is not None else None
    if root is not None and root.tag_known and root.tag:
        found += [one for one in said_by(root.tag, "base image tag") if one.accelerator == "cpu"]
    if base.accelerator in (None, "cpu"):
        return found
    return [one for one in found if one.accelerator == base.accelerator]


def _of_list(dockerfile: str, choice: Choice) -> list[Evidence]:
    """What the list or the group says that asks for torch."""
    wanted = choice.requirement
    if choice.install.conditional:
        return []
    span = wanted.span
    if wanted.group:
        found = said_by(wanted.group, "extra or group")
    elif span is None or span.path == dockerfile:
        return []
    else:
        found = said_by(posixpath.splitext(posixpath.basename(span.path))[0], "list")
    return [one._replace(reason=reason_at("name", one.reason.text, span)) for one in found]
