"""Which of the images that a repository builds are one family, and what is said of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from wxlint.beginning.aliases import Alias, Original, aliases, named_aliases
from wxlint.beginning.guesses import guesses
from wxlint.beginning.model import Built, NamedReference, Survey
from wxlint.beginning.name_words import with_other_tags, with_words_of_names
from wxlint.beginning.names import bare, common, is_name, most, spelled
from wxlint.beginning.other_words import plain_beside_gpu, with_other_words
from wxlint.beginning.unnamed import named_by_paths
from wxlint.beginning.whole_tags import is_called, with_whole_tags
from wxlint.core.tuples import NamedTuple
from wxlint.images.stack.torch.channels import accelerator_of

_N = TypeVar("_N", Built, NamedReference)
_MOST_LISTED = 20
"""Images of one kind that are named one by one."""


class FamilyMember(NamedTuple):
    """An image of the family."""

    stage: str
    variant: str
    built: Built


class Members(NamedTuple):
    """images: the family. name, tag: their patterns. names: theirs without tags. survey: what was seen, with the words
    of variants in names as `images` has them. undecided: why others are none of them. aliases: their further tags.
    """

    images: list[FamilyMember]
    name: str
    tag: str
    names: set[str]
    survey: Survey
    undecided: list[str]
    aliases: tuple[Alias, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the policy names whole references: the tag is not the variant's name alone."""
        return _is_whole(self.name, self.tag) or self.by_stage or bool(self.aliases)

    @property
    def by_stage(self) -> bool:
        """Whether there are several variants, and no reference says which."""
        return len({image.variant for image in self.images}) > 1 and not any(image.built.word for image in self.images)


def members(survey: Survey) -> Members:
    """Choose the family: the images whose names and tags follow the commonest pattern.

    Where the names of those are not each a stage's in a variant, the stages say the variants.
    """
    survey = with_words_of_names(survey)
    with_tags = with_whole_tags(survey.built)
    survey = survey._replace(built=tuple(_as_its_base(one, with_tags) for one in with_tags))
    guessed = guesses(survey)
    said = []
    if not guessed and not any(one.accelerator for one in survey.built):
        invented = named_by_paths(survey.unnamed, survey.called, {one.path for one in survey.services})
        left = tuple(one for one in survey.unnamed if one.path not in {image.path for image in invented})
        said = [f"what the images are called: no build names them; {survey.called} is taken"] if invented else []
        said += _taken(invented, survey.unnamed)
        survey = survey._replace(built=(*survey.built, *invented), unnamed=left)
    own, tag = _of_one_pattern(survey.built, guessed)
    found = _chosen(_with_stages(survey, tag), {}, tag) if _stages_decide(own) else _chosen(survey, guessed, tag)
    if own and not found.images:
        found = _by_stage(_with_stages(survey, ""), guessed, tag)
    return found._replace(undecided=[*said, *found.undecided])


def _of_one_pattern(built: Iterable[Built], guessed: Mapping[Built, Built]) -> tuple[list[Built], str]:
    """The images of the commonest tag, and that."""
    known = [one for one in built if one.accelerator] or list(guessed.values())
    tag = _commonest([one for one in known if one.tag != "latest"]) or most(one.tag for one in known)
    return [one for one in known if one.tag == tag], tag


def _with_stages(survey: Survey, tag: str) -> Survey:
    """With the words of variants in names as a part of the stages' names; tag: of the images of which, "" for all."""
    return survey._replace(
        built=tuple(_with_its_word(one) if _has(one, tag) else one for one in survey.built),
        named=tuple(_with_its_word(one) if _has(one, tag) else one for one in survey.named),
    )


def _chosen(survey: Survey, guessed: Mapping[Built, Built], tag: str) -> Members:
    """The family of the images that have a tag, with those beside them, or that have it but for the word."""
    own = [one for one in survey.built if one.accelerator and one.tag == tag]
    own = own or [one for one in guessed.values() if one.tag == tag]
    if "{variant}" not in tag and any(one.word for one in own):
        own = [one for one in own if one.word]
    elif "{variant}" not in tag and len({one.name for one in own}) > 1:
        own += [each for one, each in guessed.items() if each not in own and one.tag == tag and (one.hint or one.asked)]
    own += with_other_words(_with_bases(survey, guessed), own, tag)
    own += plain_beside_gpu(survey.built, own, tag)
    own += with_other_tags(survey.built, own)
    return _members_of(own, survey, tag)


def _with_bases(survey: Survey, guessed: Mapping[Built, Built]) -> list[Built]:
    """All images, those that do not say what they are for as is most likely, and what stands on these likewise."""
    seen = [guessed.get(one, one) for one in survey.built]
    return [_as_its_base(one, seen) for one in seen]


def _by_stage(survey: Survey, guessed: Mapping[Built, Built], tag: str) -> Members:
    """The family of all images of the commonest account, whatever tags they have."""
    guessed = {_with_its_word(one) if _has(one, "") else one: guess for one, guess in guessed.items()}
    known = [one for one in _with_bases(survey, guessed) if one.accelerator]
    account = most(one.name.rpartition("/")[0] for one in known)
    own = [one for one in known if one.name.rpartition("/")[0] == account]
    own.sort(key=lambda one: one.tag != tag)
    found = _members_of(own, survey, tag)
    paths = {(image.built.name, image.built.path, image.built.target) for image in found.images}
    others = (one for one in found.survey.built if (one.name, one.path, one.target) not in paths)
    return found._replace(
        undecided=[*_taken((image.built for image in found.images), survey.built), *_left_out(others, found.images)],
        aliases=tuple(dict.fromkeys(Alias(one.tag, one.accelerator) for one in own)),
    )


def _members_of(own: list[Built], survey: Survey, tag: str) -> Members:
    own, prefix, suffix = _of_one_account(own)
    names = {one.name for one in own}
    taken = list(_taken(own, survey.built))
    survey = survey._replace(built=tuple(_as_in(own, one) for one in survey.built))
    images = _images(own, names, prefix, suffix)
    name = f"{prefix}{{stage}}{suffix}" if len(names) > 1 else next(iter(names), "")
    found = Members(images, name, tag, names, survey, [])
    originals = [] if found.by_stage else [Original(image.variant, image.built) for image in images]
    also = aliases(survey.built, originals, tag)
    if not found.whole:
        also = {one: alias for one, alias in also.items() if not alias.variant or alias.tag != "latest"}
    others = (one for one in survey.built if one not in also)
    tags = [*also.values(), *(named_aliases(survey.named, originals, tag) if found.whole else ())]
    return found._replace(undecided=[*taken, *_left_out(others, images)], aliases=tuple(dict.fromkeys(tags)))


def _of_one_account(own: list[Built]) -> tuple[list[Built], str, str]:
    """The images whose names have something in common, and what they start and end with."""
    names = {one.name for one in own}
    prefix, suffix = common(names)
    if len(names) > 1 and "/" not in prefix and any("/" in name for name in names):
        folder = most(one.name.rpartition("/")[0] for one in own)
        own = [one for one in own if one.name.rpartition("/")[0] == folder]
        names = {one.name for one in own}
        prefix, suffix = common(names)
        prefix = prefix or (f"{folder}/" if folder and len(names) > 1 else "")
    return own, prefix, suffix


def _is_whole(name: str, tag: str) -> bool:
    return tag not in ("{variant}", "latest") or "{variant}" in name


def _taken(own: Iterable[Built], built: Iterable[Built]) -> Iterator[str]:
    """What is said of the images of the family whose accelerator is a guess."""
    known = {(one.path, one.target, one.args) for one in built if one.accelerator}
    for one in own:
        if (one.path, one.target, one.args) not in known:
            why = ", as a service asks for it" if one.asked == one.accelerator else ""
            yield f"what it is for: {shown(one)}, {one.path} ({one.where}); {one.accelerator} is taken{why}"


def _as_in(own: Iterable[Built], one: Built) -> Built:
    """An image that is built again under a name of the family, as the family has it."""
    same = [other for other in own if (other.path, other.target) == (one.path, one.target) and not one.word]
    for other in same:
        if "{variant}" in other.name and spelled(other.name, other.word) == one.name:
            return one._replace(name=other.name, word=other.word, accelerator=other.accelerator)
    found = {other.accelerator for other in same if other.name == one.name}
    return one._replace(accelerator=found.pop()) if len(found) == 1 and not one.accelerator else one


def _commonest(known: Iterable[Built]) -> str:
    """The tag that most images have; of several one under an account, one that says the variant, one with a version."""
    counts: dict[str, int] = {}
    published: dict[str, bool] = {}
    for one in known:
        counts[one.tag] = counts.get(one.tag, 0) + 1
        published[one.tag] = published.get(one.tag, False) or "/" in one.name
    weight = {tag: (n, published[tag], "{variant}" in tag, "{version}" in tag) for tag, n in counts.items()}
    return max(weight, key=weight.__getitem__, default="")


def _stages_decide(own: Iterable[Built]) -> bool:
    """Whether the names of only some images say variants: those are stages (base-cpu, base-gpu) like the others."""
    worded = {one.name for one in own if "{variant}" in one.name}
    plain = {one.name for one in own if not one.word}
    return bool(worded) and len(plain) >= len(worded)


def _has(one: Built | NamedReference, tag: str) -> bool:
    """Whether an image of a tag ("" for any) has the word of its variant in its name."""
    return tag in ("", one.tag) and "{variant}" in one.name


def _with_its_word(one: _N) -> _N:
    """An image with the word of its variant as a part of its name like others."""
    return one._replace(name=spelled(one.name, one.word), word="")


def _as_its_base(one: Built, built: Iterable[Built]) -> Built:
    """An image that does not say what it is for, as what it stands on does, where that is one thing."""
    if one.accelerator:
        return one
    found = {base.accelerator for base in built if base.accelerator and stands_on(one, base)}
    return one._replace(accelerator=found.pop()) if len(found) == 1 else one


def stands_on(one: Built, base: Built) -> bool:
    """Whether an image is built from another one, or from one of that name which nobody builds (base:latest)."""
    named = (*one.bases, one.upstream.rpartition(":")[0])
    if spelled(base.name, base.word) in named:
        return True
    another = "{variant}" in base.name and bare(base.name) in named
    return base.path != one.path and base.path in one.descends and not another


def _images(own: Iterable[Built], names: set[str], prefix: str, suffix: str) -> list[FamilyMember]:
    found: dict[tuple[str, ...], FamilyMember] = {}
    for one in own:
        stage = one.name[len(prefix) : len(one.name) - len(suffix)] if len(names) > 1 else ""
        variant = one.accelerator if one.word in ("", "latest") else one.word
        if (stage and not is_name(stage)) or not is_name(variant):
            continue
        key = (stage, variant) if one.word else (stage,)
        if key not in found or is_called(one.path, variant) and not is_called(found[key].built.path, variant):
            found[key] = FamilyMember(stage, variant, one)
    return list(found.values())


def _left_out(built: Iterable[Built], images: Iterable[FamilyMember]) -> Iterator[str]:
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
    return f"{spelled(one.name, one.word)}:{spelled(one.tag, one.word)}"


def goes_with(one: Built, accelerator: str) -> bool:
    """Whether torch's channel is of the accelerator that the image is for."""
    return bool(one.channel) and accelerator_of(one.channel) == accelerator
