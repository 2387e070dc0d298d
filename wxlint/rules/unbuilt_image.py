"""An image of the family is used under a tag that nothing in the repository builds.

## Why

`FROM base:latest` while the scripts build `base:cpu` and `base:cuda` takes a stale image from the registry, or fails
on a new machine. Without a policy only the bases of Dockerfiles are judged: `latest`, or a name without a registry,
of an image that the repository itself builds under the tags of variants only. A base of a variant that is built no
more (`app:cu124` where workflows build `app:cu130`) is information: a registry may still have it, older by the day.
So is a base of the policy in another version than the one that is built, and without a policy a service or a pod that
runs an image as CUDA where the repository builds it for the CPU alone, or the reverse, and a name without a registry
(`asr-tools:latest`) that nothing builds or tags and that is none of Docker's official images: nothing can pull it. A
script that pushes `tsbench` and builds `ts-bench` is warned of. A service that runs `app:experimental-x`, where the
repository builds `app:*-cuda` only, is information, too.

## Bad

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```sh build.sh
docker build -t example/base:cpu base
```

```dockerfile app/Dockerfile
FROM example/base:latest
```

## Good

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```sh build.sh
docker build -t example/base:cpu base
```

```dockerfile app/Dockerfile
FROM example/base:cpu
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.facts.base_images import base_image
from wxlint.images.graph.producers import same_name
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.images.model.reference import MOVING, Reference
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.policy.image_names import Member
    from wxlint.policy.model import Expectation, Policy
    from wxlint.rules._made_nowhere import MadeNowhere

SEVERITY = Severity.ERROR
SUMMARY = "a family image that is used and that nothing builds"
HINT = "use a tag that is built, or build this one"
ABOUT_REFERENCES = True
INSTEAD_OF = ("latest-tag", "untagged-image")

_OLD_HINT = "take a tag that is built today, or build this one: what a registry still has of it grows old"
_VERSION = late(r"\d+(?:\.\d+)*")
_RUNS = ("compose image", "kubernetes image", "kustomize image", "helm image")
"""Kinds of uses that run an image."""
_NAMED = 3
"""Tags that a message lists in full."""


def check(repository: Repository) -> Iterator[Problem]:
    built = _Built(repository.uses)
    sources = [repository.sources.read(path) for path in repository.scripts]
    scripts = [source.text for source in sources if source is not None]
    nowhere: MadeNowhere | None = None
    for use in repository.uses:
        reference = use.reference
        if use.produces or reference is None or not reference.tag_known or reference.digest or built.has(reference):
            continue
        if repository.policy is not None and repository.policy.variants:
            yield from _by_policy(repository, use)
            yield from _of_another_version(repository, built, use, scripts)
            continue
        if use.kind == "FROM":
            yield from _without_policy(built, use, reference, scripts)
        elif use.kind in _RUNS:
            yield from _of_another_variant(built, use, reference, scripts)
            yield from _of_no_variant(built, use, reference, scripts)
        if use.kind == "docker push" or "/" not in reference.name and base_image(reference.name, None) is None:
            from wxlint.rules._made_nowhere import LOCAL, MadeNowhere

            nowhere = nowhere or MadeNowhere(repository)
            if use.kind == "docker push":
                yield from nowhere.pushed(use)
            elif use.kind in LOCAL and not built.alike(reference):
                yield from nowhere.local(use)


def _without_policy(built: _Built, use: Use, reference: Reference, scripts: Sequence[str]) -> Iterator[Problem]:
    if reference.tag in (None, "latest") or "/" not in reference.name:
        tags = sorted(built.tags(reference))
        if tags and all(accelerator_words(tag) for tag in tags):
            text = f"nothing builds {reference.shown()}; the repository builds {_tags(reference, tags)}"
            yield Problem(use.span, text, use.because)
            return
    tags = built.under_other_tags(reference)
    if tags and not any((reference.tag or "") in text for text in scripts):
        text = f"nothing here builds {reference.shown()}; the repository builds that image as {_tags(reference, tags)}"
        yield Problem(use.span, text, use.because, _OLD_HINT, Severity.INFO)


def _of_another_variant(built: _Built, use: Use, reference: Reference, scripts: Sequence[str]) -> Iterator[Problem]:
    """A service or a pod that runs a variant of an image that the repository builds for others only."""
    wanted, tags = accelerator_words(reference.tag or ""), sorted(built.tags(reference))
    if len(tags) < len(built.alike(reference)) or not all(map(accelerator_words, tags)):
        return  # under which tags, or for what, is not known
    if wanted and tags and not any(wanted & accelerator_words(tag) for tag in tags):
        if not any((reference.tag or "") in text for text in scripts):
            text = f"nothing here builds {reference.shown()}; the repository builds that image as "
            yield Problem(use.span, text + _tags(reference, tags), use.because, _OLD_HINT, Severity.INFO)


def _of_no_variant(built: _Built, use: Use, reference: Reference, scripts: Sequence[str]) -> Iterator[Problem]:
    """A service or a pod that runs an image by a name for a branch, of which the repository builds variants only."""
    wanted, alike = reference.tag or "latest", built.alike(reference)
    made = sorted({(one.tag or "").replace(HOLE, "*") for one in alike if _has_last_part(one)})
    if wanted in MOVING or accelerator_words(wanted) or _VERSION.search(wanted) or len(made) < len(alike):
        return  # it may be older, or is a matter of variants
    if made and all(accelerator_words(tag.replace("*", "/")) and not tag.startswith(f"{wanted}-") for tag in made):
        if not any(wanted in text for text in scripts):
            text = f"nothing here builds {reference.shown()}; the repository builds that image as "
            yield Problem(use.span, text + _tags(reference, made), use.because, _OLD_HINT, Severity.INFO)


class _Built:
    """The images that the repository builds, by the last part of their names."""

    def __init__(self, uses: Iterable[Use]) -> None:
        self._tags: dict[str, dict[tuple[str, str | None], Reference]] = {}
        for use in uses:
            if use.produces and use.reference is not None:
                partly = use.reference.tag is not None and use.reference.tag.strip(HOLE) != ""
                tag = (use.reference.tag or "latest") if use.reference.tag_known or partly else None
                names = self._tags.setdefault(_last_part(use.reference), {})
                names.setdefault((use.reference.name, tag), use.reference)

    def has(self, reference: Reference) -> bool:
        """Whether an image may be one that is built."""
        tag = reference.tag or "latest"
        names = self._tags.get(_last_part(reference), {})
        if (reference.name, tag) in names:
            return True
        return any(_may_be(own, tag) and same_name(one, reference) for (_, own), one in names.items())

    def tags(self, reference: Reference) -> set[str]:
        """The known tags under which an image of exactly this name is built."""
        names = self._tags.get(_last_part(reference), {})
        return {tag for name, tag in names if name == reference.name and tag is not None and HOLE not in tag}

    def alike(self, reference: Reference) -> list[Reference]:
        """What is built of the same name, or of one that may be the same."""
        wanted = _last_part(reference)
        same = [one for one in self._tags.get(wanted, {}).values() if same_name(one, reference)]
        open_ends = [last for last in self._tags if last != wanted and wanted.endswith(last)]
        more = [one for last in open_ends for one in self._tags[last].values() if not _has_last_part(one)]
        return same + more

    def under_other_tags(self, reference: Reference) -> list[str]:
        """The tags of variants under which this very image is built, their unknown parts as `*`.

        Only where the wanted tag is one of variants too, or the beginning of theirs.
        """
        wanted = reference.tag
        if not wanted or wanted == "latest":
            return []
        names = self._tags.get(_last_part(reference), {})
        same = [tag for (_, tag), one in names.items() if same_name(one, reference)]
        if None in same:
            return []  # under which tags is not known
        tags = [tag for tag in same if tag and accelerator_words(tag.replace(HOLE, "/"))]
        if not tags or not (accelerator_words(wanted) or all(_begins(tag, wanted) for tag in tags)):
            return []
        return sorted({tag.replace(HOLE, "*") for tag in tags})


def _may_be(own: str | None, tag: str) -> bool:
    """Whether a tag that is built, with parts that are not known, may be another."""
    if own is None or own == tag:
        return True
    return HOLE in own and tag.startswith(own.partition(HOLE)[0]) and tag.endswith(own.rpartition(HOLE)[2])


def _begins(own: str, wanted: str) -> bool:
    """Whether a tag that is built, whose beginning may not be known, goes on behind the wanted one."""
    first, hole, rest = own.partition(HOLE)
    if own.startswith(f"{wanted}-") or not hole:
        return own.startswith(f"{wanted}-")
    left = wanted[len(first) :] if wanted.startswith(first) else ""
    return any(rest.startswith(f"{left[at:]}-") for at in range(1, len(left)))


def _last_part(reference: Reference) -> str:
    """What names that can mean one repository have in common."""
    return reference.name.rpartition("/")[2].rpartition(HOLE)[2]


def _has_last_part(reference: Reference) -> bool:
    """Whether the last part of a name is known."""
    return HOLE not in reference.name.rpartition("/")[2]


def _by_policy(repository: Repository, use: Use) -> Iterator[Problem]:
    policy, reference = repository.policy, use.reference
    if policy is None or reference is None:
        return
    member = repository.family.member(reference)
    if member is None or not member.known or not member.listed:
        return
    if policy.is_whole:
        if not member.tagged and reference.tag_known:
            images = [e for e in repository.family.expectations if member.stage in (None, e.stage)]
            shown = _tags(reference, list(dict.fromkeys(_tag(policy, e) for e in images)))
            text = f"nothing builds {reference.shown()}; {member.stage or 'the family'} is built as {shown}"
            yield Problem(use.span, text, use.because)
        return
    if member.stage is None:
        return
    own = [v for v in policy.variants.values() if member.stage in v.members]
    if any(v.tag == reference.tag for v in own):
        return
    if reference.tag in {v.tag for v in policy.variants.values()} or reference.tag in policy.forbidden_tags:
        if use.kind.endswith("FROM") is False:
            return  # variant-tag and latest-tag say it
    tags = _tags(reference, [v.tag for v in own])
    yield Problem(use.span, f"nothing builds {reference.shown()}; {member.stage} is built as {tags}", use.because)


def _tag(policy: Policy, expectation: Expectation) -> str:
    """The tag of an image, as the policy writes it where a part of it is open: `{version}-cuda`."""
    if HOLE not in expectation.tag:
        return expectation.tag
    from wxlint.policy.whole_names import tags_of

    return tags_of(policy, policy.variants[expectation.variant], expectation.stage)[0]


def _of_another_version(repository: Repository, built: _Built, use: Use, scripts: Sequence[str]) -> Iterator[Problem]:
    """A base of the policy under one of its tags, where the repository builds that image under others only."""
    reference, family = use.reference, repository.family
    member = family.member(reference) if reference is not None and use.kind == "FROM" else None
    if reference is None or member is None or not (member.listed and member.stage and member.variant):
        return
    others = built.alike(reference)
    if any(not one.tag_known or not _has_last_part(one) for one in others):
        return  # it may be among them
    own = [one for one in others if _image_of(family.member(one)) == _image_of(member)]
    tags = {one.tag for one in own if one.tag and _VERSION.sub("0", one.tag) == _VERSION.sub("0", reference.tag or "")}
    if tags and not any(f"{_last_part(reference)}:{reference.tag}" in text for text in scripts):
        text = f"nothing here builds {reference.shown()}; the repository builds {member.stage} for {member.variant} as "
        yield Problem(use.span, text + _tags(reference, sorted(tags)), use.because, _OLD_HINT, Severity.INFO)


def _image_of(member: Member | None) -> tuple[str | None, str | None] | None:
    return (member.stage, member.variant) if member is not None else None


def _tags(reference: Reference, tags: Sequence[str]) -> str:
    """A few tags, the nearest of many first."""
    from difflib import SequenceMatcher

    if len(tags) <= _NAMED:
        return ", ".join(f":{tag}" for tag in tags)
    wanted = reference.tag or "latest"
    nearest = sorted(tags, key=lambda tag: -SequenceMatcher(None, tag, wanted).ratio())
    return f"{', '.join(f':{tag}' for tag in nearest[:1])} and {len(tags) - 1} other tags"
