"""Which image names belong to a family; of whole references, whole_names.py says more."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value

if TYPE_CHECKING:
    from wxlint.policy.model import Policy

_DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")


class Member(NamedTuple):
    """An image name that belongs to the family.

    stage: its stage, or None when that part of the name is unknown. known: the policy lists the stage.
    variant: the policy's variant that the whole reference says, None where it says none or that is not known.
    registry: "same" as the policy's, "other", or "unknown" (parameterised). listed: whether the policy has the stage in
    that variant. tagged: the tag is one of some image's, though it may be of several.
    """

    stage: str | None
    known: bool
    registry: str
    variant: str | None = None
    listed: bool = True
    tagged: bool = False


def member_of(policy: Policy, name: Value, tag: str | None) -> Member | None:
    """Whether a reference is of a family whose tags are its variants'. tag: None where none can be known."""
    found = named_member(policy, name)
    own = next((v.name for v in policy.variants.values() if v.tag == tag), None)
    return found._replace(variant=own) if found is not None else None


def named_member(policy: Policy, name: Value) -> Member | None:
    """Whether an image name (a reference without tag and digest) is of the family; image_names.py says how."""
    stages = {stage for variant in policy.variants.values() for stage in variant.members}
    return match(name, policy.name_pattern, policy.registry, stages) if policy.image_pattern else None


def match(name: Value, image: str, registry: str, stages: Collection[str]) -> Member | None:
    """Whether an image name (a reference without tag and digest) is one of `image` ("{registry}/app-{stage}").

    The last part decides. Where `image` has {registry}, another registry or none makes a name no stranger (people
    fork, mirror and build locally), provided the last part has more to it than {stage}: of `{registry}/{stage}`
    only known stages are members, under the policy's registry or one that is a variable.
    """
    fixed, tail, distinctive = _name_pattern(image)
    found = tail.fullmatch(name.text)
    if found is None:
        return None
    head, stage = found["head"], found["stage"]
    owner = whose(head.rstrip("/"), fixed, registry)
    known = stage in stages
    if owner is None or (not distinctive and (not known or owner == "other")):
        return None
    return Member(None if HOLE in stage else stage, known, owner)


@lru_cache(maxsize=8)
def _name_pattern(image: str) -> tuple[str, re.Pattern[str], bool]:
    """The part before the last slash; the last part as a pattern over whole names; whether it has more than {stage}."""
    fixed, _, last = image.rpartition("/")
    before, _, after = last.partition("{stage}")
    stage = rf"(?P<stage>[a-z0-9._\-{HOLE}]+)"
    tail = re.compile(rf"(?P<head>|.*[/{HOLE}]){re.escape(before)}{stage}{re.escape(after)}", re.DOTALL)
    return fixed, tail, any(c.isalnum() for c in before + after)


def whose(head: str, fixed: str, registry: str) -> str | None:
    """same, other or unknown registry; None when the part before the last slash cannot be the family's."""
    free = fixed.removeprefix("{registry}")
    if HOLE in head:
        end = head[head.rindex(HOLE) + 1 :]
        return "unknown" if end.endswith(free) or free.endswith(end) else None
    head = without_docker_hub(head)
    if head == without_docker_hub(fixed.replace("{registry}", registry)):
        return "same"
    return "other" if fixed.startswith("{registry}") and f"/{head}".endswith(free) else None


def without_docker_hub(name: str) -> str:
    """`docker.io/rajiup` and `rajiup` are one registry."""
    host, _, rest = name.partition("/")
    return rest if host in _DOCKER_HUB else name
