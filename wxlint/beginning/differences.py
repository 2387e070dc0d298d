"""Where a written policy and its repository differ."""

from __future__ import annotations

import os
from collections.abc import Iterator

from wxlint.beginning.known_parts import known_in
from wxlint.beginning.origin import filled
from wxlint.beginning.survey import context_of, every_build
from wxlint.facts.channels import is_of, shown
from wxlint.images.graph.family import Family
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import Reference, parse_reference
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.policy.model import Expectation, Policy
from wxlint.policy.named_files import named_files


def differences(repository: Repository) -> Iterator[str]:
    """What is built and not listed or in another folder, what is listed and not there, channels that no image has."""
    policy = repository.policy
    assert policy is not None
    family = repository.family
    for use, reference in unlisted(policy, family, repository):
        yield f"{use.span.path}:{use.span.line}: {reference.shown()} is built, and the policy does not list it"
    for expectation in family.expectations:
        path = family.in_root(expectation.dockerfile)
        if expectation.dockerfile and not expectation.optional and not os.path.isfile(path):
            yield f"{policy.path}: {expectation.image}: there is no {path}"
    yield from _missing_contexts(policy, family)
    yield from _other_contexts(repository)
    for name, variant in policy.variants.items():
        own = [i for i in repository.images if i.expectation is not None and i.expectation.variant == name]
        channels = {i.state.torch.channel for i in own if accelerator_of(i.state.torch.channel) == variant.accelerator}
        allowed = variant.settings.channels or ()
        if allowed and channels and not any(is_of(c, one, nightly=True) for c in channels for one in allowed):
            found = ", ".join(sorted(channels))
            yield f"{policy.path}: variants.{name}: torch-channel is {shown(allowed)}, and its images have {found}"
    named = {family.in_root(path) for path in named_files(policy.root, (*policy.compose, *policy.scripts))[0]}
    named |= {path for group in family.compose_groups for path in group}
    for path, script in repository.scripts.items():
        ours = [
            use for use in script.uses if use.produces and use.reference is not None and family.member(use.reference)
        ]
        if ours and path not in named and path.endswith((".sh", ".bat", ".cmd")):
            yield f"{path}: builds images of the family, and the policy does not name it under scripts"


def unlisted(policy: Policy, family: Family, repository: Repository) -> Iterator[tuple[Use, Reference]]:
    """The images that are built and neither of the family nor listed as others; each with its reference.

    Names that a workflow takes from its repository are those of the clone's origin, as in a policy that `init` writes.
    A forbidden tag of an image of the family is a finding of `check`.
    """
    known = known_in(repository, str(policy.root))
    for use in repository.uses if policy.image_pattern else ():
        reference = use.reference
        if use.produces and reference is not None and not reference.name_known:
            reference = parse_reference(filled(use.value, known))
        if not use.produces or reference is None or not reference.tag_known or not reference.name_known:
            continue
        member = family.member(reference)
        tag = reference.tag or "latest"
        if member is not None and (member.known and (member.variant or member.tagged) or tag in policy.forbidden_tags):
            continue
        if not family.is_other(reference):
            yield use, reference


def _missing_contexts(policy: Policy, family: Family) -> Iterator[str]:
    """The build contexts of the policy that are no folders, each with the images that have it."""
    found: dict[str, list[str]] = {}
    for expectation in family.expectations:
        folder = family.in_root(expectation.context)
        if expectation.dockerfile and not expectation.optional and not os.path.isdir(folder):
            found.setdefault(folder, []).append(expectation.image)
    for folder, images in found.items():
        more = f" and {len(images) - 1} more" if len(images) > 1 else ""
        yield f"{policy.path}: {images[0]}{more}: the build context is {folder}, and there is no such folder"


def _other_contexts(repository: Repository) -> Iterator[str]:
    """The builds of the policy's images where none of an image's has the context that the policy says."""
    family = repository.family
    found: dict[str, list[str]] = {}
    agreed = set()
    for build in every_build(repository):
        context = context_of(build)
        for expectation in family.by_dockerfile.get(build.dockerfile, []) if context else []:
            said = family.in_root(expectation.context)
            if build.span is None or not os.path.isdir(said) or not _is_called(family, expectation, build):
                continue
            if os.path.normpath(said) == os.path.normpath(context):
                agreed.add(expectation.image)
                continue
            place = f"{build.span.path}:{build.span.line}"
            text = f"{place}: {expectation.image} is built in {context}, and its context in the policy is {said}"
            found.setdefault(expectation.image, []).append(text)
    for image, lines in found.items():
        yield from lines if image not in agreed else ()


def _is_called(family: Family, expectation: Expectation, build: Build) -> bool:
    """Whether a build gives its image the name of one of the policy's."""
    found = [family.member(use.reference) for use in build.tags if use.reference is not None]
    wanted = (expectation.stage, expectation.variant)
    return any(one is not None and (one.stage, one.variant) == wanted for one in found)
