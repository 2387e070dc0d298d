"""The images that a repository builds besides a family, as globs for a policy."""

from __future__ import annotations

from wxlint.beginning.differences import unlisted
from wxlint.beginning.names import without_versions
from wxlint.images.graph.family import Family
from wxlint.images.graph.repository import Repository
from wxlint.policy.model import Policy


def other_images(repository: Repository, policy: Policy) -> list[str]:
    """Globs of what is built and not of the policy's family: a whole name, where the family has none so called."""
    family = Family(policy, policy.root)
    found = set()
    for _, reference in unlisted(policy, family, repository):
        own = family.member(reference) is not None
        tag = without_versions(reference.tag or "latest") if own else "*"
        for part in ("{version}", "{arch}"):
            tag = tag.replace(part, "*")
        found.add(f"{reference.name}:{tag}")
    return sorted(found)
