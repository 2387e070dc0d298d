"""What the policy says of a repository: which image each Dockerfile is for, and where the policy's paths lie."""

from __future__ import annotations

import os
import posixpath
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wxlint.images.model.records import Use
    from wxlint.images.model.reference import Reference
    from wxlint.policy.image_names import Member
    from wxlint.policy.model import Expectation, Policy


class Family:
    """The images of the policy; without a policy there are none.

    root: the folder of the repository, which paths are relative to where no policy says so.
    """

    def __init__(self, policy: Policy | None, root: str | Path) -> None:
        self.policy = policy
        self.root = policy.root if policy else Path(root)

    @property
    def path(self) -> str:
        """The policy's path as people see it; "" without a policy."""
        return self.policy.path if self.policy else ""

    @cached_property
    def is_whole(self) -> bool:
        """Whether the policy says whole references, and not names whose tags are the variants'."""
        return self.policy is not None and self.policy.is_whole

    @cached_property
    def expectations(self) -> tuple[Expectation, ...]:
        """What the policy expects of each image."""
        if self.policy is None:
            return ()
        from wxlint.policy.expectations import expected_images

        return expected_images(self.policy)

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Expectation]:
        return {(e.stage, e.variant): e for e in reversed(self.expectations)}  # of several platforms the first

    @cached_property
    def by_dockerfile(self) -> dict[str, list[Expectation]]:
        """What the policy expects, by the path of the Dockerfile as people see it."""
        found: dict[str, list[Expectation]] = {}
        for expectation in self.expectations:
            found.setdefault(self.in_root(expectation.dockerfile), []).append(expectation)
        return found

    def image(self, stage: str, variant: str) -> Expectation | None:
        """The image of a stage in a variant; None when the policy has no such image."""
        return self._by_name.get((stage, variant))

    def member(self, reference: Reference) -> Member | None:
        """What the policy says that a reference is; None when it is none of the family's."""
        if self.policy is None:
            return None
        tag = None if reference.tag is None and not reference.tag_known else reference.tag or "latest"
        if not reference.tag_known and not self.is_whole:
            tag = None
        key = (reference.name, tag)
        if key not in self._members:
            self._members[key] = _member(self.policy, reference, tag, whole=self.is_whole)
        return self._members[key]

    def is_other(self, reference: Reference) -> bool:
        """Whether the policy lists an image as one that is built here and none of the family's."""
        from fnmatch import fnmatchcase

        name = f"{reference.name}:{reference.tag or 'latest'}"
        return any(fnmatchcase(name, glob) for glob in (self.policy.other_images if self.policy else ()))

    def listed(self, reference: Reference) -> Expectation | None:
        """The image of the policy that a reference names; None where it names none, or it is not known which."""
        member = self.member(reference)
        if member is None or member.stage is None or member.variant is None:
            return None
        return self.image(member.stage, member.variant)

    def tagged(self, expectations: Iterable[Expectation], tags: Iterable[Use]) -> list[Expectation]:
        """Those of some images that one of a build's tags names."""
        references = [use.reference for use in tags if use.reference is not None]
        if not self.is_whole:
            named_tags = {reference.tag for reference in references}
            return [e for e in expectations if e.tag in named_tags]
        members = [self.member(reference) for reference in references]
        named = {(member.stage, member.variant) for member in members if member is not None}
        return [e for e in expectations if (e.stage, e.variant) in named]

    def is_named(self, expectation: Expectation, use: Use) -> bool:
        """Whether a use names an image by its name and its tag."""
        found = self.listed(use.reference) if use.reference is not None and not use.reference.untagged else None
        return found is not None and found.image == expectation.image

    @cached_property
    def _members(self) -> dict[tuple[str, str | None], Member | None]:
        return {}

    @cached_property
    def compose_groups(self) -> list[tuple[str, ...]]:
        """The compose files that each variant uses together."""
        variants = self.policy.variants.values() if self.policy else ()
        return [self.listed_files(variant.compose) for variant in variants]

    def listed_files(self, globs: tuple[str, ...]) -> tuple[str, ...]:
        """The files that paths and globs of the policy name, as people see them, in the order of the policy."""
        if self.policy is None:
            return ()
        from wxlint.policy.named_files import named_files

        found: dict[str, None] = {}
        for glob in globs:
            names = named_files(self.policy.root, [glob])[0] if any(c in glob for c in "*?[") else [glob]
            found.update((self.in_root(name), None) for name in names)
        return tuple(found)

    def in_root(self, path: str) -> str:
        """A path of the policy (relative to its root) as people see it."""
        joined = posixpath.normpath(posixpath.join(self._shown_root, path))
        if not joined.startswith("../"):
            return joined
        return os.path.relpath(joined).replace(os.sep, "/")  # somebody works below the root

    @cached_property
    def _shown_root(self) -> str:
        return os.path.relpath(self.root if self.policy else ".").replace(os.sep, "/")

    def below_root(self, path: str) -> str:
        """A path as people see it, written as the policy writes it: relative to its root."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")


def _member(policy: Policy, reference: Reference, tag: str | None, *, whole: bool) -> Member | None:
    if not policy.image_pattern:
        return None
    if whole:
        from wxlint.policy.whole_names import whole_member

        return whole_member(policy, reference.name, tag)
    from wxlint.policy.image_names import member_of

    return member_of(policy, Value(reference.name, reference.value.holes), tag)


def listed_for(expectation: Expectation, path: str) -> tuple[str | None, tuple[Reason, ...]]:
    """What the policy says that an image computes on, and where; nothing of a CUDA image that uses no device."""
    if expectation.accelerator == "cuda" and not expectation.gpu:
        return None, ()
    return expectation.accelerator, (Reason("policy", listed_as(expectation), path),)


def listed_as(expectation: Expectation) -> str:
    """ "the policy lists app:gpu under variant cuda (cu124)", with the channel where the name does not say it."""
    from wxlint.facts.channels import shown

    channel = shown(expectation.allowed_channels)
    more = f" ({channel})" if channel and channel != expectation.variant else ""
    return f"the policy lists {expectation.image} under variant {expectation.variant}{more}"
