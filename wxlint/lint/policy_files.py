"""The files that a policy names: Dockerfiles, compose files and scripts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.errors import PolicyError
from wxlint.core.paths import shown
from wxlint.core.suggest import did_you_mean
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.file_kinds import COMPOSE, DOCKERFILE, KUBERNETES, SHELL, kind_of_name
from wxlint.policy.named_files import files_beside, named_files

if TYPE_CHECKING:
    from wxlint.images.graph.family import Family
    from wxlint.policy.model import Policy


class PolicyFiles(NamedTuple):
    """The files that a policy names, as shown.

    listed: compose files and scripts, with their kinds. compose_beside: the compose files of the policy's folder, where
    it says nothing of such files.
    """

    listed: dict[str, str]
    dockerfiles: frozenset[str]
    compose_beside: frozenset[str]

    @property
    def named(self) -> frozenset[str]:
        return self.dockerfiles.union(self.listed)


def files_of(policy: Policy, images: Family) -> PolicyFiles:
    """The files that the policy names. Raises PolicyError for a path or glob that names none."""
    variants = [
        (("variants", name, "compose"), variant.compose)
        for name, variant in policy.variants.items()
        if variant.compose != policy.compose  # else inherited: reported at its own place
    ]
    listed: dict[str, str] = {}
    problems: list[str] = []
    for keys, globs in ((("compose",), policy.compose), (("scripts",), policy.scripts), *variants):
        for n, glob in enumerate(globs):
            names, missing = named_files(policy.root, [glob])
            listed.update((shown(policy.root / name), _kind(name, keys[-1] == "compose")) for name in names)
            if missing:
                span = policy.span(*keys, n)
                place = f"{policy.path}:{span.line}:{span.column}" if span else policy.path
                near = did_you_mean(glob, files_beside(policy.root, glob))
                problems.append(
                    f"{place}: {'.'.join(keys)}: found {glob!r}, which names no file; allowed: one that does{near}"
                )
    if problems:
        raise PolicyError(problems)
    dockerfiles = frozenset(shown(policy.root / e.dockerfile) for e in images.expectations)
    says_compose = policy.compose or any(variant.compose for variant in policy.variants.values())
    return PolicyFiles(listed, dockerfiles, frozenset() if says_compose else _compose_beside(policy.root))


def _kind(name: str, compose: bool) -> str:
    """The kind of a file that the policy names: what it is named for, whatever its name or content says."""
    if compose:
        return COMPOSE
    folder, base = os.path.split(name)
    kind = kind_of_name(base, folder).kind
    return kind if kind and kind not in (DOCKERFILE, COMPOSE, KUBERNETES) else SHELL


def _compose_beside(root: Path) -> frozenset[str]:
    """The compose file of a folder that compose takes by itself, and what overrides it."""
    for stem in ("compose", "docker-compose"):
        for ending in ("yaml", "yml"):
            if disk.is_file(os.path.join(root, f"{stem}.{ending}")):
                names = [f"{stem}.{ending}", *(f"{stem}.override.{one}" for one in ("yaml", "yml"))]
                return frozenset(shown(root / name) for name in names)
    return frozenset()
