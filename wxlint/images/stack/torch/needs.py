"""What a package that brings torch along asks of it, by the tables."""

from __future__ import annotations

from wxlint import facts
from wxlint.core.values import HOLE
from wxlint.images.installs.requirement import Requirement


def needed_by_project(requirement: Requirement) -> str:
    """The lower bound that a project in git sets for torch; "" where it asks for none, or that is not known."""
    project = facts.git_project(requirement.url) if requirement.kind == "vcs" and requirement.url else None
    return project["needs"] if project is not None and not requirement.extras else ""


def requires_torch(requirement: Requirement) -> bool:
    """Whether a requirement brings torch with it, whichever."""
    if not requirement.name or requirement.kind == "path":
        return False
    row = facts.brings_torch(requirement.name, requirement.pin, requirement.extras)
    return row is not None or bool(needed_by_project(requirement))


def needed(requirement: Requirement) -> str | None:
    """What the release of a package that an install takes asks of torch; None where that is not known."""
    need = facts.torch_needed(requirement.name, requirement.pin, requirement.extras)
    if need is None:
        return needed_by_project(requirement) or None
    ranged = requirement.pin is None and (requirement.specifier or HOLE in requirement.specifier)
    return None if ranged and is_bound_above(need) else need  # an older release of it may ask for an older torch


def is_bound_above(specifier: str) -> bool:
    """Whether a range ends, so that a later torch may not be in it."""
    return any(sign in specifier for sign in ("==", "~=", "<"))
