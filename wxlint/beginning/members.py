"""Which of the images that a repository builds are one family, and what is said of the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from wxlint.beginning.aliases import Alias, Original, aliases
from wxlint.beginning.survey import Built, Named, Survey, common, is_name, most
from wxlint.core.tuples import NamedTuple
from wxlint.images.stack.torch.channels import accelerator_of

_WORD = re.compile(r"[-_.]?\{variant\}")
_MOST_LISTED = 20
"""Images of one kind that are named one by one."""


class Member(NamedTuple):
    """An image of the family."""

    stage: str
    variant: str
    built: Built


class Members(NamedTuple):
    """images: the family. name, tag: their patterns. names: theirs without tags. survey: what was seen, with the words
    of variants in names as `images` has them. undecided: why others are none of them. aliases: their further tags.
    """

    images: list[Member]
    name: str
    tag: str
    names: set[str]
    survey: Survey
    undecided: list[str]
    aliases: tuple[Alias, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the policy names whole references: the tag is not the variant's name alone."""
        return self.tag not in ("{variant}", "latest") or "{variant}" in self.name or self.by_stage

    @property
    def by_stage(self) -> bool:
        """Whether there are several variants, and no reference says which."""
        return len({image.variant for image in self.images}) > 1 and not any(image.built.word for image in self.images)


def members(survey: Survey) -> Members:
    """Choose the family: the images whose names and tags follow the commonest pattern."""
    survey = survey._replace(built=tuple(_as_its_base(one, survey.built) for one in survey.built))
    known = [one for one in survey.built if one.accelerator]
    tag = _commonest(one.tag for one in known if one.tag != "latest") or most(one.tag for one in known)
    own = [one for one in known if one.tag == tag]
    if _stages_decide(own):
        survey = survey._replace(
            built=tuple(one._replace(name=_spelled(one), word="") if _has(one, tag) else one for one in survey.built),
            named=tuple(one._replace(name=_spelled(one), word="") if _has(one, tag) else one for one in survey.named),
        )
        known = [one for one in survey.built if one.accelerator]
        own = [one for one in known if one.tag == tag]
    if "{variant}" not in tag and any(one.word for one in own):
        own = [one for one in own if one.word]
    own += list(_with_other_words(known, own, tag))
    plain = list(_plain_beside_gpu(survey.built, own, tag))
    own += plain
    prefix, suffix = common(one.name for one in own)
    names = {one.name for one in own}
    if len(names) > 1 and "/" not in prefix and any("/" in name for name in names):
        folder = most(one.name.rpartition("/")[0] for one in own)
        own = [one for one in own if one.name.rpartition("/")[0] == folder]
        names = {one.name for one in own}
        prefix, suffix = common(names)
        prefix = prefix or (f"{folder}/" if folder and len(names) > 1 else "")
    images = _images(own, names, prefix, suffix)
    name = f"{prefix}{{stage}}{suffix}" if len(names) > 1 else next(iter(names), "")
    found = Members(images, name, tag, names, survey, [])
    originals = (Original(image.variant, image.built) for image in images)
    built = [one._replace(accelerator="cpu") if _is_like(one, plain) else one for one in survey.built]
    also = aliases(built, originals, tag) if found.whole and not found.by_stage else {}
    left = (one for one in built if one not in also)
    taken = [f"what it is for: {shown(one)}, {one.path} ({one.where}); cpu is taken" for one in plain]
    return found._replace(undecided=[*taken, *_left_out(left, images)], aliases=tuple(dict.fromkeys(also.values())))


def _commonest(tags: Iterable[str]) -> str:
    """The tag that most images have; of several the one that says the variant, and of those the one with a version."""
    counts = Counter(tags)
    return max(counts, key=lambda tag: (counts[tag], "{variant}" in tag, "{version}" in tag)) if counts else ""


def _with_other_words(known: Iterable[Built], own: Sequence[Built], tag: str) -> Iterator[Built]:
    """The images for other accelerators, under the same names, whose tags say it in a word of their own, or not at all.

    With app:{version}-cpu goes app:{version} that is built for CUDA, and app:{version}-amd that is for ROCm.
    """
    seen: dict[str, set[str]] = {}
    words: dict[str, set[str]] = {}
    for one in own:
        seen.setdefault(one.name, set()).add(one.accelerator)
        words.setdefault(one.name, set()).add(one.word)
    bare = _WORD.sub("", tag)
    if bare in (tag, "", "latest"):
        return
    worded = re.compile("([a-z0-9]+)".join(map(re.escape, tag.split("{variant}"))))
    for one in sorted(known, key=lambda one: one.tag == bare):
        if one.word or one.name not in seen:
            continue
        match = worded.fullmatch(one.tag)
        if one.tag == bare and one.accelerator not in words[one.name]:
            words[one.name].add(one.accelerator)
            yield one
        elif match is not None and (one.accelerator not in seen[one.name] or _named_alike(one, match[1], own)):
            words[one.name].add(match[1])
            seen[one.name].add(one.accelerator)
            yield one._replace(tag=tag, word=match[1])


def _is_like(one: Built, plain: Iterable[Built]) -> bool:
    """Whether an image is made from the same Dockerfile as one that is taken for the CPU's, and says no more."""
    return not one.accelerator and any((one.name, one.path, one.target) == (p.name, p.path, p.target) for p in plain)


def _plain_beside_gpu(built: Iterable[Built], own: Iterable[Built], tag: str) -> Iterator[Built]:
    """app:{version} beside app:{version}-gpu, with nothing in it that says what it is for: most likely the CPU's."""
    words: dict[str, set[str]] = {}
    for one in own:
        words.setdefault(one.name, set()).add(one.accelerator)
    for one in built:
        if not one.accelerator and not one.word and one.tag == _WORD.sub("", tag) != tag:
            found = words.get(one.name, set())
            if "cuda" in found and "cpu" not in found:
                found.add("cpu")
                yield one._replace(accelerator="cpu")


def _named_alike(one: Built, word: str, own: Iterable[Built]) -> bool:
    """Whether a Dockerfile is called for its word as those of other variants are for theirs (Dockerfile.tensorrt)."""
    return any(other.word and other.path == one.path.replace(word, other.word) != one.path for other in own)


def _stages_decide(own: Iterable[Built]) -> bool:
    """Whether the names of only some images say variants: those are stages (base-cpu, base-gpu) like the others."""
    worded = {one.name for one in own if "{variant}" in one.name}
    plain = {one.name for one in own if not one.word}
    return bool(worded) and len(plain) >= len(worded)


def _has(one: Built | Named, tag: str) -> bool:
    """Whether an image of a tag has the word of its variant in its name."""
    return one.tag == tag and "{variant}" in one.name


def _spelled(one: Built | Named) -> str:
    """The name of an image, with the word of its variant in it."""
    return one.name.replace("{variant}", one.word)


def _as_its_base(one: Built, built: Iterable[Built]) -> Built:
    """An image that does not say what it is for, as what it stands on does, where that is one thing."""
    if one.accelerator:
        return one
    found = {base.accelerator for base in built if base.accelerator and stands_on(one, base)}
    return one._replace(accelerator=found.pop()) if len(found) == 1 else one


def stands_on(one: Built, base: Built) -> bool:
    """Whether an image is built from another one, or from one of that name which nobody builds (base:latest)."""
    named = (*one.bases, one.upstream.rpartition(":")[0])
    return base.path != one.path and base.path in one.descends or _spelled(base) in named


def _images(own: Iterable[Built], names: set[str], prefix: str, suffix: str) -> list[Member]:
    found: dict[tuple[str, ...], Member] = {}
    for one in own:
        stage = one.name[len(prefix) : len(one.name) - len(suffix)] if len(names) > 1 else ""
        variant = one.word or one.accelerator
        if (stage and not is_name(stage)) or not is_name(variant):
            continue
        found.setdefault((stage, variant) if one.word else (stage,), Member(stage, variant, one))
    return list(found.values())


def _left_out(built: Iterable[Built], images: Iterable[Member]) -> Iterator[str]:
    """Each image that is none of the family, and why."""
    taken = {shown(image.built): image.built for image in images}
    kinds: dict[str, list[str]] = {}
    for one in built:
        same = taken.get(shown(one))
        if same is not None and (same.path, same.target) == (one.path, one.target):
            continue
        place = f"{shown(one)}, {one.path} ({one.where})"
        if same is not None:
            kind = "it has the name of another image"
        else:
            kind = "it follows another pattern" if one.accelerator else "what it is for"
        kinds.setdefault(kind, []).append(place)
    for kind, found in kinds.items():
        yield from listed(kind, found)


def listed(kind: str, found: Iterable[str]) -> list[str]:
    """What is not decided for one reason, and how many more there are of a long list."""
    each = list(dict.fromkeys(found))
    more = [f"{kind}: {len(each) - _MOST_LISTED} more"] if len(each) > _MOST_LISTED else []
    return [*(f"{kind}: {one}" for one in each[:_MOST_LISTED]), *more]


def shown(one: Built) -> str:
    """The name and tag of an image, with what the pattern has for versions."""
    return f"{one.name}:{one.tag}".replace("{variant}", one.word)


def goes_with(one: Built, accelerator: str) -> bool:
    """Whether torch's channel is of the accelerator that the image is for."""
    return bool(one.channel) and accelerator_of(one.channel) == accelerator
