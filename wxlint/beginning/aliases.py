"""Further tags of a family's images: floating ones such as :cpu and :latest beside :1.2-cpu."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from wxlint.beginning.model import Built
from wxlint.core.tuples import NamedTuple

_PART = re.compile(r"\{[a-z]+\}")


class Alias(NamedTuple):
    """tag: the pattern. variant: whose it is; "" where the pattern says it."""

    tag: str
    variant: str


class Original(NamedTuple):
    """An image of the family, as the policy names it. variant: its name there."""

    variant: str
    built: Built


def aliases(built: Iterable[Built], originals: Iterable[Original], pattern: str) -> Mapping[Built, Alias]:
    """The images that are one of the family under another tag, each with what the policy calls that."""
    known = list(originals)
    found: dict[Built, Alias] = {}
    for one in built:
        original = _original(one, known)
        if original is None or one.tag == original.built.tag:
            continue
        tag = _worded(one.tag, original.variant).replace("sha-{version}", "sha-{commit}")
        parts = _PART.findall(tag)
        if len(set(parts)) == len(parts) and ("{arch}" in pattern or "{arch}" not in parts):
            found[one] = Alias(tag, "" if "{variant}" in parts else original.variant)
    return found


def _original(one: Built, originals: Iterable[Original]) -> Original | None:
    """The image of the family that a build makes, by its Dockerfile and what it is for."""
    known = list(originals)
    same = [
        each
        for each in known
        if (each.built.name, each.built.path, each.built.target) == (one.name, one.path, one.target)
        and (one.word == each.built.word if one.word else one.accelerator == each.built.accelerator)
    ]
    alone = [each for each in known if (each.built.name, each.built.path) == (one.name, one.path)]
    if not same and len(alone) == 1 and one.accelerator in ("", alone[0].built.accelerator):
        return alone[0]
    exact = [each for each in same if each.built.args == one.args]
    return exact[0] if len(exact) == 1 else same[0] if len(same) == 1 and not one.args else None


def _worded(tag: str, variant: str) -> str:
    """A tag with {variant} for a variant's name in it."""
    return (
        tag if "{variant}" in tag else re.sub(rf"(?<![^-_.]){re.escape(variant)}(?![^-_.])", "{variant}", tag, count=1)
    )
