"""The paths of a family's Dockerfiles and build contexts, and the template that most of them follow."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wxlint.beginning.members import FamilyMember

_UNNAMED = re.compile(r"[\\{}\x00-\x1f]|^/|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)")
"""What no path in a policy holds."""


def can_be_named(folder: str) -> bool:
    """Whether a policy can name a folder."""
    return bool(folder) and not _UNNAMED.search(folder)


def dockerfiles(images: Iterable[FamilyMember]) -> list[tuple[FamilyMember, str]]:
    return [(image, image.built.path) for image in images]


def folders(images: Iterable[FamilyMember]) -> list[tuple[FamilyMember, str]]:
    return [(image, image.built.context) for image in images if image.built.context]


def template_of(paths: Iterable[tuple[FamilyMember, str]]) -> tuple[str, int]:
    """The path that most images have, with {stage} and {variant} in it."""
    counts: dict[str, int] = {}
    for image, path in paths:
        for text in _templates(image, path):
            counts[text] = counts.get(text, 0) + 1
    if not counts:
        return "", 0
    best = max(counts, key=lambda text: (counts[text], "{" in text, -len(text)))
    return best, counts[best]


def _templates(image: FamilyMember, path: str) -> set[str]:
    found = {path}
    if _UNNAMED.search(path):
        return set()
    if image.stage:
        found |= {text.replace(image.stage, "{stage}") for text in set(found)}
    return found | {text.replace(image.variant, "{variant}") for text in set(found)}


def filled(template: str, image: FamilyMember) -> str:
    """The path that a template stands for."""
    return template.replace("{stage}", image.stage).replace("{variant}", image.variant)
