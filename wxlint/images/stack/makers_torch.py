"""Torch that a base image's maker built for it: NVIDIA's own (NGC, Jetson), AMD's. No index has it, so that an install
that takes another one's release cannot give it back."""

from __future__ import annotations

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.model.reference import Reference
from wxlint.images.stack.torch.model import Choice
from wxlint.images.stack.torch.needs import is_bound_above
from wxlint.images.stack.torch.possible import is_pinned

_NOT_RELEASED = ("a0", "nv", "git", "dev", "rc")
"""Parts of versions that only such builds have."""
_NGC_TAG = late(r"(\d\d)\.(\d\d)-")
_CONSTRAINED_SINCE = (25, 3)
"""NVIDIA's release notes of its PyTorch images: from 25.03 on, /etc/pip/constraint.txt has the versions of all packages
of the image, and pip installs no other."""


def has_makers_torch(reference: Reference | None) -> bool:
    """Return whether a public image holds a torch of its maker's own."""
    if reference is None or not reference.tag_known:
        return False
    found = facts.base_image(reference.upstream, reference.tag if reference.tag is not None else "latest")
    return found is not None and bool(found.has_torch) and found.torch == "unknown" and _is_looked_up(found.row)


def holds_cuda_torch(reference: Reference) -> bool:
    """Return whether a public image holds a torch for CUDA, whichever of its tags it is where that is not known."""
    tag = reference.tag if reference.tag is not None else "latest"
    found = facts.base_image(reference.upstream, tag if reference.tag_known else None)
    return found is not None and found.accelerator == "cuda" and bool(found.has_torch) and _is_looked_up(found.row)


def is_constrained(reference: Reference | None, text: str) -> bool:
    """Return whether pip refuses another torch in an image, since a file of its base's constrains it.

    text: of the Dockerfile; one that speaks of constraints may have lifted it. uv does not look at that file.
    """
    if reference is None or not reference.upstream.endswith("nvidia/pytorch") or not reference.tag:
        return False
    release = _NGC_TAG.match(reference.tag)
    return (
        release is not None
        and (int(release[1]), int(release[2])) >= _CONSTRAINED_SINCE
        and "constraint.txt" not in text
        and "PIP_CONSTRAINT" not in text
    )


def _is_looked_up(row: dict[str, str]) -> bool:
    return row["confidence"] != "unverified" and row["torch"] == "some" and row["accelerator"] in ("cuda", "rocm")


def takes_its_place(choice: Choice) -> bool:
    """Return whether a choice cannot keep a torch of the maker's own: it wants an exact release, or the newest."""
    wanted, install = choice.requirement, choice.install
    if install.conditional or install.no_deps or wanted.maybe or is_pinned(install.constraints):
        return False
    if wanted.name == "torch":
        exact = wanted.pin is not None and not any(part in wanted.pin for part in _NOT_RELEASED)
        return exact or (wanted.pin is None and (install.upgrade or install.reinstall) and not wanted.specifier)
    if wanted.name in FAMILY:
        return wanted.pin is not None and any(
            wanted.pin in getattr(facts.companions(version), wanted.name, ())
            for version in facts.torch_releases("default")
        )
    needed = facts.torch_needed(wanted.name, wanted.pin) if wanted.pin else None
    return needed is not None and needed.startswith("==")


def hides_requirements(install: Install) -> bool:
    """Return whether an install may ask for any release of torch, since not all of what it takes was read."""
    if install.unread:
        return True
    return not install.no_deps and any(map(_hides, install.requirements))


def may_take_its_place(choice: Choice) -> bool:
    """Return whether a choice may want another torch than one of which the release is not known."""
    wanted = choice.requirement
    if takes_its_place(choice):
        return True
    need = wanted.specifier if wanted.name in FAMILY else facts.torch_needed(wanted.name, wanted.pin) or ""
    return bool(need) and (is_bound_above(need) or "~=" in need)


def _hides(requirement: Requirement) -> bool:
    project = facts.git_project(requirement.url or "") if requirement.kind == "vcs" else None
    if project is not None:
        return "==" in project["needs"] or "<" in project["needs"]
    return requirement.kind in ("vcs", "path", "unknown")
