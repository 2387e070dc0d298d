"""Tags and bases: what the policy, or the builds of the repository, say that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Finding
from wxlint.core.fix import Edit
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.fixes.context import Context, Proposal
from wxlint.images.graph.image import proven_accelerator
from wxlint.images.graph.names.hints import said_by
from wxlint.images.graph.producers import same_name
from wxlint.images.model.records import Use
from wxlint.images.model.reference import Reference, parse_reference
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.policy.model import Expectation

_VARIANTS = frozenset(("cpu", "cuda", "gpu", "rocm"))
_PART = late(r"\{([a-z][a-z0-9_-]*)\}")
_TAG_OPTION = late(r"[ \t]+(?:-t|--tag)(?:[ \t]+|=)\Z")


def own_tag(context: Context, finding: Finding) -> Proposal | None:
    """The tag of the variant that a place of the family means: latest-tag, untagged-image, variant-tag."""
    wanted: set[tuple[str, bool]] = set()
    uses = [use for use in context.uses.get(finding.span, ()) if use.reference is not None]
    edits: set[Edit] = set()
    for use in uses:
        assert use.reference is not None
        if use.reference.digest or not use.reference.tag_known:
            continue
        found = _meant(context, use, use.reference)
        if found is None or found[0] == use.reference.tag:
            continue
        alone = context.repository.policy is None and use.produces
        if alone and _is_built_elsewhere(context, use, use.reference, found[0]):
            return None  # one tag of two builds: whether the tag is wrong or what is built, a person must say
        wanted.add(found)
        edit = _second(context, use, found[0]) or retagged(context, finding, use, found[0])
        if edit is None:
            return None
        edits.add(edit)
    if len(wanted) != 1 or len(edits) != 1:
        return None
    tag, safe = wanted.pop()
    return Proposal(tuple(edits), f"tag it :{tag}", safe)


def _is_built_elsewhere(context: Context, use: Use, name: Reference, tag: str) -> bool:
    """Whether another build of the repository than the one of a use makes an image of this name with a tag."""
    own = context.builds.get(use.span, [])
    for span, builds in context.builds.items():
        for build in builds:
            given = next((one.reference for one in build.tags if one.span == span), None)
            if given is not None and given.tag == tag and build not in own and same_name(given, name):
                return True
    return False


def _second(context: Context, use: Use, tag: str) -> Edit | None:
    """The edit that takes a tag out of a build that gives the wanted one already."""
    source = context.source(use.span.path)
    if not use.produces or source is None or use.reference is None or not use.reference.name_known:
        return None
    for build in context.builds.get(use.span, ()):
        given = [one.reference for one in build.tags if one.span != use.span and one.reference is not None]
        if any(same_name(one, use.reference) and one.tag == tag for one in given):
            start, end = source.offsets(use.span)
            option = _TAG_OPTION.search(source.text, source.starts[use.span.line - 1], start)
            return context.edit(source.path, option.start(), end, "") if option is not None else None
    return None


def _meant(context: Context, use: Use, reference: Reference) -> tuple[str, bool] | None:
    """The tag that a use means, and whether the policy says so.

    Where a tag has further parts, the policy says their defaults only; that of an architecture is never what is meant.
    """
    said = _by_policy(context, use, reference)
    policy = context.repository.policy
    if policy is not None:
        parts = set(_PART.findall(policy.tag_pattern)) - {"stage", "variant"}
        return (said, not parts) if said and "arch" not in parts else None
    return _by_builds(context, use, reference)


def _by_policy(context: Context, use: Use, reference: Reference) -> str | None:
    """The only tag that the policy leaves."""
    repository = context.repository
    if repository.policy is None:
        return None
    member = repository.family.member(reference)
    if member is None or not member.known or member.stage is None:
        return None
    fitting = [one for one in repository.family.expectations if one.stage == member.stage and "{" not in one.tag]
    fitting = _narrowed(context, use, fitting)
    tags = {one.tag for one in fitting}
    wanted = tags.pop() if len(tags) == 1 else None
    return None if wanted is None or _has_release(reference.tag) and not _has_release(wanted) else wanted


def _has_release(tag: str | None) -> bool:
    """Whether a tag says a release, which one without would lose."""
    return any(any(map(str.isdigit, part)) and not accelerator_words(part) for part in re.split("[-_]", tag or ""))


def _narrowed(context: Context, use: Use, fitting: list[Expectation]) -> list[Expectation]:
    """Of several variants those of the Dockerfile that is built here, or that starts here."""
    family = context.repository.family
    if use.produces or use.kind == "compose image":
        builds = context.builds.get(use.span, ())
        listed = [one.image for build in builds for one in family.by_dockerfile.get(build.dockerfile, ())]
        near = [one for one in fitting if one.image in listed]
        if len(near) > 1:
            given = {(name, value.text) for build in builds for name, value in build.args}
            near = [one for one in near if one.build_args and set(one.build_args) <= given] or [
                one for one in near if not one.build_args
            ]
        return near or fitting
    variants = {image.expectation.variant for image in context.images.get(use.span.path, ()) if image.expectation}
    near = [one for one in fitting if one.variant in variants]
    return near or fitting


def _by_builds(context: Context, use: Use, reference: Reference) -> tuple[str, bool] | None:
    """Without a policy: the tag that the repository gives to the only image of this name that is for the same."""
    wanted = {image.expected for image in context.images.get(use.span.path, ())} - {None}
    tags: dict[str, str | None] = {}
    for builds in context.repository.graph.evaluations.builds.values():
        for build in builds:
            for tag in build.tags:
                other = tag.reference
                if (
                    other is not None
                    and other.tag_known
                    and other.tag not in (None, "latest")
                    and same_name(other, reference)
                ):
                    said = said_by(other.tag or "", "tag")
                    tags[other.tag or ""] = said[0].accelerator if said else None
    if use.produces:
        return _proven_tag(context, use, reference, tags)
    if use.kind != "FROM":
        return None  # what runs or is published as :latest may be meant so
    plain = {tag: accelerator for tag, accelerator in tags.items() if tag in _VARIANTS}
    fitting = [tag for tag, accelerator in plain.items() if accelerator in wanted] if wanted else list(plain)
    return (fitting[0], False) if len(fitting) == 1 and reference.tag not in tags else None


def _proven_tag(
    context: Context, use: Use, reference: Reference, tags: dict[str, str | None]
) -> tuple[str, bool] | None:
    """The tag with the accelerator that the build proves, by the words of the tag itself: `asr:cpu` to `asr:cuda`."""
    proven = {
        proven_accelerator(image.state)[0]
        for build in context.builds.get(use.span, ())
        for image in context.images.get(build.dockerfile, ())
        if image.evaluated.build == build
    }
    accelerator = proven.pop() if len(proven) == 1 else None
    said = said_by(reference.tag or "", "tag")
    if accelerator not in ("cpu", "cuda") or not said or reference.tag is None:
        return None
    words = (
        {"cpu": ("cpu",), "cuda": ("cuda", "gpu")}[said[0].accelerator]
        if said[0].accelerator
        in (
            "cpu",
            "cuda",
        )
        else ()
    )
    for word in words:
        if word in reference.tag:
            return reference.tag.replace(word, accelerator), False
    return None


def retagged(context: Context, finding: Finding, use: Use, tag: str) -> Edit | None:
    """The edit that gives a reference another tag, where its tag is written; it comes in where there is none."""
    reference = use.reference
    assert reference is not None
    source = context.source(use.span.path)
    if source is None or HOLE in tag:
        return None
    start, end = source.offsets(use.span)
    text = source.text[start:end]
    closing = len(text) - len(text.rstrip("\"'"))
    body = text[: len(text) - closing]
    if reference.tag is None:
        return context.edit(use.span.path, end - closing, end - closing, f":{tag}") if _is_literal_end(body) else None
    if body.endswith(f":{reference.tag}"):
        return context.edit(use.span.path, end - closing - len(reference.tag), end - closing, tag)
    return context.traced(finding._replace(because=use.because), reference.tag, tag, span=use.span)


def _is_literal_end(text: str) -> bool:
    """Whether the end of a reference is written, not the value of a variable that may hold a tag."""
    return bool(text) and (text[-1].isalnum())


def own_base(context: Context, finding: Finding) -> Proposal | None:
    """The base of the image's variant: wrong-base."""
    edits: set[Edit] = set()
    labels: set[str] = set()
    bases: set[str] = set()
    whole = False
    for image in context.repository.images:
        expectation, lineage = image.expectation, image.base.lineage
        if expectation is None or expectation.base is None or not lineage or lineage[0].span != finding.span:
            continue
        wanted = parse_reference(Value(expectation.base))
        if wanted is None or not wanted.tag or "{" in expectation.base:
            return None
        named = next((u for u in lineage if u.reference is not None and same_name(u.reference, wanted)), None)
        if named is not None:
            edit = retagged(context, finding, named, wanted.tag)
        else:
            whole = True
            edit = _whole(context, lineage[0], expectation.base)
        if edit is None:
            return None
        edits.add(edit)
        labels.add(image.label)
        bases.add(expectation.base)
    if len(edits) != 1 or len(bases) != 1:
        return None
    return Proposal(tuple(edits), f"start it from {bases.pop()}", not whole, frozenset(labels))


def _whole(context: Context, use: Use, base: str) -> Edit | None:
    """The edit that writes another reference in place of one that is written out."""
    if context.text(use.span) != use.value.text:
        return None
    return Edit(use.span, base)


def nearest_cuda(context: Context, finding: Finding) -> Proposal | None:
    """The nearest tag of nvidia/cuda that can be pulled: cuda-image-tag."""
    found = list(_nearest(context, finding))
    if len({edit for edit, *_ in found}) != 1:
        return None
    edit, old, new = found[0]
    same_line = old.split("-")[0].split(".")[:2] == new.split("-")[0].split(".")[:2]
    safe = same_line and old.split("-")[1:] == new.split("-")[1:]
    return Proposal((edit,), f"take the tag {new}", safe)


def _nearest(context: Context, finding: Finding) -> Iterator[tuple[Edit, str, str]]:
    for use in context.uses.get(finding.span, ()):
        tag = use.reference.tag if use.reference is not None else None
        nearest = facts.is_cuda_tag_valid(tag).nearest if tag else None
        edit = retagged(context, finding, use, nearest) if nearest else None
        if edit is not None and tag and nearest:
            yield edit, tag, nearest
