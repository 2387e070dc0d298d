"""Which whole references belong to a family that says how those are called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.policy.image_names import Member, whose, without_docker_hub
from wxlint.policy.reference_pattern import fill, fits

if TYPE_CHECKING:
    from wxlint.policy.model import Policy, Variant

Parts = tuple[tuple[str, str], ...]
"""Names and patterns of the parts that a text may hold any value of."""


class _Name(NamedTuple):
    """A name as the family's pattern has it, without what stands for {registry}. registry: as in Member."""

    text: str
    registry: str


def whole_member(policy: Policy, name: str, tag: str | None) -> Member | None:
    """By each stage in each variant: those that the name may be of, then those that the tag may be of, too.

    A name that is of none of them may be of a stage in a variant that it is not listed for, or of a stage that is not
    listed at all. tag: None where none can be known.
    """
    own = _own_name(policy, name)
    if own is None:
        return None
    listed = [(stage, variant) for variant in policy.variants.values() for stage in variant.members]
    found = _of(policy, own, tag, listed)
    if found is not None or "{stage}" not in policy.name_pattern or HOLE in own.text:
        return found
    stages = sorted({stage for stage, _ in listed})
    others = [(stage, v) for v in policy.variants.values() for stage in stages if stage not in v.members]
    found = _of(policy, own, tag, others)
    if found is not None:
        return found._replace(listed=False)
    stage = next(filter(None, (_stage_in(policy, variant, own.text) for variant in policy.variants.values())), None)
    return None if stage is None else Member(stage, False, own.registry, listed=False)


def _of(policy: Policy, own: _Name, tag: str | None, pairs: Iterable[tuple[str, Variant]]) -> Member | None:
    """Which of some stages in variants a name and a tag say; None where the name is of none of them."""
    free = tuple((part, one.pattern) for part, one in policy.parts)
    pattern = policy.name_pattern.removeprefix("{registry}/")
    named: list[tuple[str, str]] = []
    tagged: dict[tuple[str, str], int] = {}
    for stage, variant in pairs:
        if not fits(fill(pattern, values_of(policy, variant, stage)), own.text, free):
            continue
        named.append((stage, variant.name))
        lengths = [len(one) for one in tags_of(policy, variant, stage) if tag is not None and fits(one, tag, free)]
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
        tagged=bool(tagged),
    )


def _stage_in(policy: Policy, variant: Variant, name: str) -> str | None:
    """What stands for the stage in a name, where the last part of the pattern has more to it than that."""
    values = {**values_of(policy, variant, ""), "stage": "{stage}"}
    before, _, after = fill(policy.name_pattern.removeprefix("{registry}/"), values).partition("{stage}")
    distinctive = any(c.isalnum() for c in before.rpartition("/")[2] + after)
    if "{" in before + after or not distinctive or not (name.startswith(before) and name.endswith(after)):
        return None
    stage = name[len(before) : len(name) - len(after)]
    return stage if stage and stage.strip("-_.") == stage and "/" not in stage else None


def _own_name(policy: Policy, name: str) -> _Name | None:
    """A name without its registry; None where that cannot be the family's."""
    pattern = policy.name_pattern.removeprefix("{registry}/")
    if pattern == policy.name_pattern:
        same = without_docker_hub(pattern) == pattern
        return _Name(without_docker_hub(name) if same else name, "same")
    depth = pattern.count("/") + 1
    folder, tail = name.rpartition("/")[0], "/".join(name.split("/")[-depth:])
    registry = whose("/".join(name.split("/")[:-depth]), "{registry}", policy.registry) or ""
    return None if not registry or not tail or not folder and depth > 1 else _Name(tail, registry)


def tags_of(policy: Policy, variant: Variant, stage: str) -> list[str]:
    """The tags of a stage's images in a variant, in which only the free parts are left."""
    of_all = (*((policy.tag_pattern,) if policy.tag_pattern else ()), *policy.tags) or ("{variant}",)
    values = values_of(policy, variant, stage)
    return [fill(one, values) for one in (*of_all, *variant.tags)]


def values_of(policy: Policy, variant: Variant, stage: str) -> dict[str, str]:
    """What stands for each part in references of an image; the free ones stand for themselves."""
    return {"stage": stage, "variant": variant.tag, **{part: f"{{{part}}}" for part, _ in policy.parts}}
