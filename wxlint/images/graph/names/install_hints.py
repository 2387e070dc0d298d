"""What names around an image say where its own says nothing: lists, extras, groups, profiles, its base's tag."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.images.graph.names.hints import NameHint, said_by
from wxlint.images.graph.state import State
from wxlint.images.installs.model import VLLM_DEVICE, Install
from wxlint.images.model.records import Evaluated, Stage
from wxlint.images.stack.torch import selection
from wxlint.images.stack.torch.channels import accelerator_of, channel_of_url
from wxlint.images.stack.torch.model import Choice, describe

_CHOOSES = late(r"(?:\w+_)?(?:DEVICE|BACKEND|ACCELERATOR|VARIANT|FLAVOU?R|COMPUTE)(?:_TYPE|_PLATFORM)?")
"""Names of arguments that say what is built for."""
_SERVERS = frozenset(("vllm", "sglang", "lmdeploy", "tensorrt-llm"))
"""Distributions whose wheels on the default index serve models on a GPU of NVIDIA; those for a CPU lie elsewhere."""


def weak_evidence(evaluated: Evaluated, stage: Stage, base: State, choices: Iterable[Choice]) -> list[NameHint]:
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


def _of_list(dockerfile: str, choice: Choice) -> list[NameHint]:
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


def said_by_arguments(evaluated: Evaluated, stages: Iterable[Stage]) -> list[NameHint]:
    """What the arguments of stages say, as a build gives them, else by their defaults: `ARG DEVICE=cu118`. One that a
    build gives and whose value is not known says nothing."""
    given = {name: value.text if value.known else "" for name, value in evaluated.build.args}
    found = []
    for instruction in (one for stage in stages for one in evaluated.instructions_of(stage) if one.keyword == "ARG"):
        for word in instruction.args.split():
            name, _, default = word.partition("=")
            if _CHOOSES.fullmatch(name):
                span = instruction.span(evaluated.dockerfile.source, 0, len(instruction.text))
                said = said_by(given.get(name, default.strip("\"'")), f"ARG {name}")
                found += [one._replace(reason=reason_at("name", one.reason.text, span)) for one in said]
    return found


def chosen(state: State) -> list[NameHint]:
    """What installs were made for, whatever came of it: the channels that they name, where the default index is none,
    and what serves models on a GPU."""
    return [one for install in state.installs for one in _chosen(install)]


def _chosen(install: Install) -> Iterator[NameHint]:
    for choice in selection.choices(install):
        channel = choice.channel
        if channel == "default" and choice.requirement.ignored:
            channel = channel_of_url(choice.requirement.ignored)  # pip does not look at it, but it is meant
        accelerator = accelerator_of(channel) if channel != "default" else None
        if accelerator is not None:
            yield NameHint(accelerator, describe(choice))
    for wanted in install.requirements:
        accelerator = _served_on(wanted.name, install)
        if accelerator is not None:
            yield NameHint(accelerator, reason_at("install", wanted.written, wanted.span))


def _served_on(name: str, install: Install) -> str | None:
    """The accelerator that a distribution which serves models is installed for; None where that is not known."""
    device = next((value for switch, value in install.switches if switch == VLLM_DEVICE), None)
    if device is None or name != "vllm":
        return "cuda" if name in _SERVERS else None
    return {"cpu": "cpu", "cuda": "cuda", "rocm": "rocm", "xpu": "other"}.get(device.text) if device.known else None
