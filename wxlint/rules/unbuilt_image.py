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

Where all pushes of the repository are understood, tags of docker/metadata-action among them, whoever runs, scans or
deploys one of its images by a tag that none of them can make (`app:cuda`, of `app:latest-cuda` and `app:1.2.0-cuda`) is
warned of: such a tag is missing, or is what somebody pushed in earlier days.

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

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.facts.base_images import base_image
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.images.model.reference import MOVING, Reference
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem
from wxlint.rules._built_names import BuiltNames, has_last_part, last_part

if TYPE_CHECKING:
    from wxlint.policy.image_names import Member
    from wxlint.policy.model import Expectation, Policy
    from wxlint.rules._made_nowhere import MadeNowhere
    from wxlint.rules._unpublished import Unpublished

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
    built = BuiltNames(repository.uses)
    sources = [repository.sources.read(path) for path in repository.scripts]
    scripts = [source.text for source in sources if source is not None]
    nowhere: MadeNowhere | None = None
    by_policy = repository.policy is not None and bool(repository.policy.variants)
    unpublished = _unpublished(repository) if not by_policy else None
    for use in repository.uses:
        reference = use.reference
        if use.produces or reference is None or not reference.tag_known or reference.digest:
            continue
        missing = list(unpublished.of(use)) if unpublished is not None else []
        yield from missing
        if missing or built.has(reference):
            continue
        if by_policy:
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


def _unpublished(repository: Repository) -> Unpublished | None:
    """What judges tags of images that are pushed from here; None where nothing is pushed."""
    scripts = repository.scripts.values()
    if not any(use.kind in ("docker push", "bake tag") for script in scripts for use in script.uses):
        if not any(build.pushes for script in scripts for build in script.builds):
            return None
    from wxlint.rules._unpublished import Unpublished

    return Unpublished(repository)


def _without_policy(built: BuiltNames, use: Use, reference: Reference, scripts: Sequence[str]) -> Iterator[Problem]:
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


def _of_another_variant(built: BuiltNames, use: Use, reference: Reference, scripts: Sequence[str]) -> Iterator[Problem]:
    """A service or a pod that runs a variant of an image that the repository builds for others only."""
    wanted, tags = accelerator_words(reference.tag or ""), sorted(built.tags(reference))
    if len(tags) < len(built.alike(reference)) or not all(map(accelerator_words, tags)):
        return  # under which tags, or for what, is not known
    if wanted and tags and not any(wanted & accelerator_words(tag) for tag in tags):
        if not any((reference.tag or "") in text for text in scripts):
            text = f"nothing here builds {reference.shown()}; the repository builds that image as "
            yield Problem(use.span, text + _tags(reference, tags), use.because, _OLD_HINT, Severity.INFO)


def _of_no_variant(built: BuiltNames, use: Use, reference: Reference, scripts: Sequence[str]) -> Iterator[Problem]:
    """A service or a pod that runs an image by a name for a branch, of which the repository builds variants only."""
    wanted, alike = reference.tag or "latest", built.alike(reference)
    made = sorted({(one.tag or "").replace(HOLE, "*") for one in alike if has_last_part(one)})
    if wanted in MOVING or accelerator_words(wanted) or _VERSION.search(wanted) or len(made) < len(alike):
        return  # it may be older, or is a matter of variants
    if made and all(accelerator_words(tag.replace("*", "/")) and not tag.startswith(f"{wanted}-") for tag in made):
        if not any(wanted in text for text in scripts):
            text = f"nothing here builds {reference.shown()}; the repository builds that image as "
            yield Problem(use.span, text + _tags(reference, made), use.because, _OLD_HINT, Severity.INFO)


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


def _of_another_version(
    repository: Repository, built: BuiltNames, use: Use, scripts: Sequence[str]
) -> Iterator[Problem]:
    """A base of the policy under one of its tags, where the repository builds that image under others only."""
    reference, family = use.reference, repository.family
    member = family.member(reference) if reference is not None and use.kind == "FROM" else None
    if reference is None or member is None or not (member.listed and member.stage and member.variant):
        return
    others = built.alike(reference)
    if any(not one.tag_known or not has_last_part(one) for one in others):
        return  # it may be among them
    own = [one for one in others if _image_of(family.member(one)) == _image_of(member)]
    tags = {one.tag for one in own if one.tag and _VERSION.sub("0", one.tag) == _VERSION.sub("0", reference.tag or "")}
    if tags and not any(f"{last_part(reference)}:{reference.tag}" in text for text in scripts):
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
