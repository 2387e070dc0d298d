"""Which references belong to a family: by their names, or as a whole where the policy says how those are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.policy.image_names import Member, match, whose
from wxlint.policy.reference_pattern import fill, fits

if TYPE_CHECKING:
    from wxlint.policy.model import Policy, Variant

Parts = tuple[tuple[str, str], ...]
"""Names and patterns of the parts that a text may hold any value of."""


class _Name(NamedTuple):
    """A name as the family's pattern has it, without what stands for {registry}. registry: as in Member."""

    text: str
    registry: str


def member_of(policy: Policy, name: str, tag: str | None, holes: tuple[str, ...] = ()) -> Member | None:
    """Whether a reference is of the family. tag: None where none can be known."""
    if not policy.image_pattern:
        return None
    if policy.is_whole:
        return _whole_member(policy, name, tag)
    found = named_member(policy, Value(name, holes))
    own = next((v.name for v in policy.variants.values() if v.tag == tag), None)
    return found._replace(variant=own) if found is not None else None


def named_member(policy: Policy, name: Value) -> Member | None:
    """Whether an image name (a reference without tag and digest) is of the family; image_names.py says how."""
    stages = {stage for variant in policy.variants.values() for stage in variant.members}
    return match(name, policy.name_pattern, policy.registry, stages) if policy.image_pattern else None


def _whole_member(policy: Policy, name: str, tag: str | None) -> Member | None:
    """By each stage in each variant: those that the name may be of, then those that the tag may be of, too.

    tag: None where none can be known.
    """
    free = tuple((part, one.pattern) for part, one in policy.parts)
    own = _own_name(policy, name)
    if own is None:
        return None
    named: list[tuple[str, str]] = []
    tagged: dict[tuple[str, str], int] = {}
    for variant in policy.variants.values():
        for stage in variant.members:
            values = {"stage": stage, "variant": variant.tag, **{part: f"{{{part}}}" for part, _ in free}}
            if not fits(fill(policy.name_pattern.removeprefix("{registry}/"), values), own.text, free):
                continue
            named.append((stage, variant.name))
            lengths = [len(one) for one in _tags(policy, variant, values) if tag is not None and fits(one, tag, free)]
            if lengths:
                tagged[stage, variant.name] = max(lengths)
    if not named:
        return None
    if tag is not None and HOLE not in tag and tagged:  # of several readings the one that says most
        most = max(tagged.values())
        tagged = {pair: weight for pair, weight in tagged.items() if weight == most}
    stages = {stage for stage, _ in list(tagged) or named}
    variants = {variant for _, variant in tagged}
    return Member(
        stages.pop() if len(stages) == 1 else None,
        True,
        own.registry,
        variants.pop() if len(variants) == 1 else None,
    )


def _own_name(policy: Policy, name: str) -> _Name | None:
    """A name without its registry; None where that cannot be the family's."""
    pattern = policy.name_pattern.removeprefix("{registry}/")
    if pattern == policy.name_pattern:
        return _Name(name, "same")
    depth = pattern.count("/") + 1
    folder, tail = name.rpartition("/")[0], "/".join(name.split("/")[-depth:])
    registry = whose("/".join(name.split("/")[:-depth]), "{registry}", policy.registry) or ""
    return None if not registry or not tail or not folder and depth > 1 else _Name(tail, registry)


def _tags(policy: Policy, variant: Variant, values: dict[str, str]) -> list[str]:
    """The tags of a variant's images, in which only the free parts are left."""
    patterns = (*((policy.tag_pattern,) if policy.tag_pattern else ()), *policy.tags, *variant.tags)
    return [fill(one, values) for one in (patterns or ("{variant}",))]
