"""Who produces an image: the builds of a repository, by the names that they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from wxlint.core.values import HOLE, Value
from wxlint.images.graph.family import Family
from wxlint.images.model.records import Build, Evaluated, Stage
from wxlint.images.model.reference import Reference, parse_reference

Producer = tuple[Evaluated, Stage]
"""A build, and the stage of its Dockerfile that becomes the image."""

MOVING = frozenset(("latest", "main", "master", "edge", "nightly", "dev"))
"""Tags that are given to the newest build."""


class Producers:
    """The builds by what they produce. evaluated_at: gives a Dockerfile under each of its builds."""

    def __init__(
        self, builds: Mapping[str, list[Build]], evaluated_at: Callable[[str], list[Evaluated]], family: Family
    ) -> None:
        self._builds, self._evaluated_at, self._family = builds, evaluated_at, family

    @cached_property
    def _produced(self) -> dict[str, list[tuple[Reference, Producer]]]:
        """What builds produce, by the last part of the name and the tag."""
        found: dict[str, list[tuple[Reference, Producer]]] = {}
        listed = self._family.by_dockerfile
        for path, builds in self._builds.items():
            if path not in listed and not any(build.tags for build in builds):
                continue
            for evaluated in self._evaluated_at(path):
                stage = evaluated.target(evaluated.build.target)
                if stage is None:
                    continue
                for reference in self._names(evaluated):
                    if reference.tag_known:
                        found.setdefault(_key(reference), []).append((reference, (evaluated, stage)))
        return found

    def _names(self, evaluated: Evaluated) -> list[Reference]:
        """What a build's image is called: its tags, and what the policy calls it."""
        references = [use.reference for use in evaluated.build.tags if use.reference is not None]
        expectations = self._family.by_dockerfile.get(evaluated.path, [])
        if len(expectations) > 1:
            expectations = self._family.tagged(expectations, evaluated.build.tags)
        named = [parse_reference(Value(expectation.reference)) for expectation in expectations]
        return references + [reference for reference in named if reference is not None]

    def of(self, reference: Reference) -> list[Producer]:
        """The builds of this repository that produce an image a FROM names."""
        if not reference.tag_known:
            return []
        found = [p for name, p in self._produced.get(_key(reference), ()) if same_name(name, reference)]
        if not found and (reference.tag or "latest") in MOVING:
            found = self._under_any_tag(reference)
        return list({(evaluated, stage.index): (evaluated, stage) for evaluated, stage in found}.values())

    def _under_any_tag(self, reference: Reference) -> list[Producer]:
        """The builds that make every image of a name, where they build the same and some of its tags are not known: a
        workflow takes them from docker/metadata-action, and a moving tag is one of them."""
        made = self.of_name(reference)
        same = {(evaluated.path, stage.index, evaluated.build.args) for evaluated, stage in made}
        names = [use.reference for evaluated, _ in made for use in evaluated.build.tags]
        is_open = any(name is not None and name.name == reference.name and not name.tag_known for name in names)
        return made[:1] if len(same) == 1 and is_open else []

    @cached_property
    def _tagged_by_name(self) -> dict[str, list[Producer]]:
        """Every build that makes a tag, by the name without the tag."""
        found: dict[str, list[Producer]] = {}
        for path, builds in self._builds.items():
            if any(build.tags for build in builds):
                for evaluated in self._evaluated_at(path):
                    stage = evaluated.target(evaluated.build.target)
                    references = (use.reference for use in evaluated.build.tags)
                    for name in {r.name for r in references if r is not None and r.name_known}:
                        found.setdefault(name, []).extend([(evaluated, stage)] if stage is not None else [])
        return found

    def of_name(self, reference: Reference) -> list[Producer]:
        """The builds that make an image of this name, whatever its tag."""
        return self._tagged_by_name.get(reference.name, []) if reference.name_known else []


def _key(reference: Reference) -> str:
    return f"{reference.path.rpartition('/')[2].rpartition(HOLE)[2]}:{reference.tag or 'latest'}"


def same_name(one: Reference, other: Reference) -> bool:
    """Tell whether two names can mean one repository: equal, or equal behind an unknown registry."""
    if one.name == other.name:
        return True
    if one.name_known and other.name_known:
        return False
    tails = [name.rpartition(HOLE)[2].lstrip("/") for name in (one.name, other.name)]
    shorter, longer = sorted(tails, key=len)
    return bool(shorter) and (longer == shorter or longer.endswith("/" + shorter))
