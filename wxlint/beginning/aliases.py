"""Further tags of a family's images: floating ones such as :cpu and :latest beside :1.2-cpu."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from wxlint.beginning.model import Built, NamedReference
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
        tag = _with_commit(_worded(one.tag, original.variant))
        if _can_be_listed(tag, pattern):
            found[one] = Alias(tag, "" if "{variant}" in tag else original.variant)
    return found


def named_aliases(named: Iterable[NamedReference], originals: Iterable[Original], pattern: str) -> Iterator[Alias]:
    """The further tags by which something else than a build names the family's images: `docker tag`, a service.

    latest is the tag of the one variant that has no word of its own, or of the one in the name; a service that runs it
    proves nothing.
    """
    known = list(originals)
    names = {one.built.name for one in known}
    words = {one.built.word for one in known} - {""}
    plain = {one.variant for one in known if not one.built.word}
    by_name = {one.built.word: one.variant for one in known if "{variant}" in one.built.name}
    for one in named:
        if one.name not in names or one.tag == pattern or not _can_be_listed(one.tag, pattern):
            continue
        if one.word in words and "{variant}" in one.tag:
            yield Alias(_with_commit(one.tag), "")
        elif one.made and "{variant}" in one.name and one.word in by_name:
            yield Alias(_with_commit(one.tag), by_name[one.word])
        elif one.made and one.tag == "latest" and len(plain) == 1:
            yield Alias(one.tag, *plain)


def _with_commit(tag: str) -> str:
    return tag.replace("sha-{version}", "sha-{commit}")


def _can_be_listed(tag: str, pattern: str) -> bool:
    """Whether a policy can list a tag: each part is in it once, and an architecture only where one is said."""
    parts = _PART.findall(tag)
    return len(set(parts)) == len(parts) and ("{arch}" in pattern or "{arch}" not in parts)


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
    said = not one.args or "{variant}" in one.name
    return exact[0] if len(exact) == 1 else same[0] if len(same) == 1 and said else None


def _worded(tag: str, variant: str) -> str:
    """A tag with {variant} for a variant's name in it."""
    return (
        tag if "{variant}" in tag else re.sub(rf"(?<![^-_.]){re.escape(variant)}(?![^-_.])", "{variant}", tag, count=1)
    )
