"""Torch from the default index on a base of which nothing is known: a CUDA build, unless the base has one that fits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.images.graph.image import contributing
from wxlint.images.installs.model import Install
from wxlint.images.model.records import StageCopy
from wxlint.images.stack.torch.model import Torch
from wxlint.images.stack.torch.selection import choices
from wxlint.policy.accelerator_words import accelerator_words

if TYPE_CHECKING:
    from wxlint.images.graph.image import Image, TorchStep
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.reference import Reference

_MAY_HOLD = late(
    r"torch|vllm|whisper|transformer|diffusion|infer|hugging|sagemaker|lightning|neural|learn|tensor|model|notebook|"
    r"jupyter|conda|mamba|windows|nanoserver|servercore|llm|(?<![a-z])(?:ai|dl|ml|hf|tts|asr|nlp|deps|science)(?![a-z])"
)
"""Names of images that may well hold a torch, or for which the default index has no CUDA build."""
_PLAIN = late(
    r"(?:[a-z]+[-_])?(?:py(?:thon)?[-_]?[\d.]*|debian|ubuntu|alpine|ubi\d*|centos|rocky\w*|alma\w*|fedora|slim)"
)
"""Names of images of a system or of Python, which hold no packages."""


def open_base(repository: Repository, image: Image, step: TorchStep) -> str:
    """The base that alone keeps an install from putting a CUDA build into a CPU image; "" where it is known, where what
    it holds is likely to do, or where another install may decide."""
    choice, root = step.choices[0], image.state.root
    reference = root.reference if root is not None else None
    if image.expected != "cpu" or choice.channel != "default" or reference is None or not _is_silent(reference):
        return ""
    if _without_companions(step.before) != _UNKNOWN or step.install.conditional or choice.requirement.maybe:
        return ""
    state = image.state.torch
    if state.channel not in ("default", "unknown") or state.channel == "unknown" and state.maybe:
        return ""
    if choice.implied and not _PLAIN.fullmatch(reference.path.rpartition("/")[2].lower()):
        return ""  # what asks for any torch often stands on a base that has one
    if _may_come_otherwise(image, step) or any(
        repository.beliefs.state(*made).torch.channel != "none" for made in repository.graph.builds_of_name(reference)
    ):
        return ""
    return reference.shown()


_UNKNOWN = Torch("unknown")


def _without_companions(torch: Torch) -> Torch:
    return torch._replace(companions=_UNKNOWN.companions, stale=_UNKNOWN.stale)


def _is_silent(reference: Reference) -> bool:
    """Whether a name is known and speaks neither of an accelerator nor of what comes with torch."""
    text = f"{reference.name}:{reference.tag or ''}".lower()
    if HOLE in text or not reference.tag_known or _MAY_HOLD.search(text):
        return False
    return not accelerator_words(re.sub(r"[/.]", "-", text))


def _may_come_otherwise(image: Image, step: TorchStep) -> bool:
    """Whether something else of an image may bring torch, from where is not known or another index."""
    stages = contributing(image.evaluated, image.stage)
    if any(isinstance(one, StageCopy) and _brings_folders(one) for stage in stages for one in stage.steps):
        return True
    return any(_may_bring(one, step) for one in image.state.installs if one is not step.install)


def _brings_folders(step: StageCopy) -> bool:
    """Whether something of an image of somebody else is copied that is more than a program."""
    return step.stage is None and not all("/bin/" in path or path.strip("/").count("/") == 0 for path in step.paths)


def _may_bring(install: Install, step: TorchStep) -> bool:
    if install.unread or any(r.kind in ("path", "vcs", "unknown") for r in install.requirements):
        return True
    if install.tool == "apt":
        return any("torch" in r.name for r in install.requirements)
    for choice in choices(install):
        if choice.channel != "default" or step.choices[0].implied and choice.requirement.name == "torch":
            return True
    return False
