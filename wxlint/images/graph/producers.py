"""Who produces an image: the builds of a repository, by the names that they give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from wxlint import facts
from wxlint.core.findings import Span
from wxlint.core.values import HOLE, Value
from wxlint.images.graph.family import Family
from wxlint.images.model.records import Build, Evaluated, Stage, Use
from wxlint.images.model.reference import MOVING, Reference, parse_reference

Producer = tuple[Evaluated, Stage]
"""A build, and the stage of its Dockerfile that becomes the image."""


class Producers:
    """The builds by what they produce.

    evaluated_at: gives a Dockerfile under each of its builds. uses: of the scripts, in order. is_own: whether an owner
    and a name are those of the repository.
    """

    def __init__(
        self,
        builds: Mapping[str, list[Build]],
        evaluated_at: Callable[[str], list[Evaluated]],
        family: Family,
        *,
        uses: Callable[[], Iterable[Use]] = tuple,
        is_own: Callable[[str, str], bool] = lambda owner, name: False,
    ) -> None:
        self._builds, self._evaluated_at, self._family = builds, evaluated_at, family
        self._uses, self._is_own = uses, is_own

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
            return self._under_an_open_tag(reference)
        found = self._under_its_name(reference) or self._copied_to(reference)
        if not found and (reference.tag or "latest") in MOVING:
            found = self._under_any_tag(reference)
        found = found or self._of_own_name(reference)
        return list({(evaluated, stage.index): (evaluated, stage) for evaluated, stage in found}.values())

    def _under_an_open_tag(self, reference: Reference) -> list[Producer]:
        """The build that gives a name with the same unknown parts: a later job starts from it by the same variables.
        None where several builds may, or where no part of the name and the tag is known."""
        last = reference.path.rpartition("/")[2]
        if not reference.tag or not any(char.isalnum() for char in f"{last}{reference.tag}"):
            return []
        wanted = reference.name, reference.tag
        made = [made for use, made in self._open if (name := use.reference) and (name.name, name.tag) == wanted]
        return made[:1] if len(set(map(_what, made))) == 1 else []

    def _under_its_name(self, reference: Reference) -> list[Producer]:
        """The builds that give an image this name."""
        return [p for name, p in self._produced.get(_key(reference), ()) if same_name(name, reference)]

    @cached_property
    def _copies(self) -> list[tuple[Use, Use]]:
        """The images to which a command gives another name, each with that name; not those that are put together of
        one for each machine."""
        found: list[tuple[Use, Use]] = []
        copied: list[Use] = []
        joined: set[Span] = set()
        for use in self._uses():
            if use.kind not in ("docker tag", "image copy"):
                continue
            if not use.produces:
                copied.append(use)
                continue
            if len(copied) > 1:
                joined.add(copied[-1].span)
            elif copied and copied[0].span.path == use.span.path and copied[0].span not in joined:
                found.append((copied[0], use))
            copied = []
        return found

    def _copied_to(self, reference: Reference) -> list[Producer]:
        """The builds of what a command gives this name."""
        found: list[Producer] = []
        for copied, use in self._copies:
            name = use.reference
            if name is None or not name.tag_known or _key(name) != _key(reference) or not same_name(name, reference):
                continue
            if copied.reference is not None and copied.reference.tag_known:
                found += self._under_its_name(copied.reference)
            else:
                found += [made for tag, made in self._open if _is_same(tag, copied)]
        return found

    @cached_property
    def _open(self) -> list[tuple[Use, Producer]]:
        """The tags that are not wholly known, with the builds that give them."""
        found = []
        for path, builds in self._builds.items():
            if all(use.value.known for build in builds for use in build.tags):
                continue
            for evaluated in self._evaluated_at(path):
                stage = evaluated.target(evaluated.build.target)
                tags = (use for use in evaluated.build.tags if not use.value.known)
                found += [(use, (evaluated, stage)) for use in tags if stage is not None]
        return found

    def _of_own_name(self, reference: Reference) -> list[Producer]:
        """The builds that give an image the repository's own name, which the forge fills in; none where they build
        different images."""
        if not reference.name_known or not self._open:
            return []
        from wxlint.images.graph.names.open_names import may_become, own_name_in

        own = own_name_in(reference.path, self._is_own)
        made = [made for use, made in self._open if own is not None and may_become(use, reference, own)]
        return made[:1] if len(set(map(_what, made))) == 1 else []

    def only_one(self, reference: Reference) -> list[Producer]:
        """The one build of the repository that does not stand on an image that is called like the repository itself:
        that image. Nothing says so, but a forge gives it that name."""
        if not reference.name_known or (reference.tag or "latest") not in MOVING or "/" not in reference.path:
            return []
        if facts.base_image(reference.upstream, reference.tag or "latest") is not None:
            return []
        from wxlint.images.graph.names.open_names import own_name_in

        if own_name_in(reference.path, self._is_own) != tuple(reference.path.split("/")):
            return []
        made = [one for path in self._builds for one in self._evaluated_at(path) if not _stands_on(one, reference)]
        found = [(one, stage) for one in made if (stage := one.target(one.build.target)) is not None]
        return found[:1] if len(set(map(_what, found))) == 1 else []

    def _under_any_tag(self, reference: Reference) -> list[Producer]:
        """The builds that make every image of a name, where they build the same and some of its tags are not known: a
        workflow takes them from docker/metadata-action, and a moving tag is one of them."""
        made = self.of_name(reference)
        names = [use.reference for evaluated, _ in made for use in evaluated.build.tags]
        is_open = any(name is not None and name.name == reference.name and not name.tag_known for name in names)
        return made[:1] if len(set(map(_what, made))) == 1 and is_open else []

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


def _stands_on(evaluated: Evaluated, reference: Reference) -> bool:
    """Whether a stage of a Dockerfile starts from an image of this name, whichever tag it has."""
    bases = (stage.base.reference for stage in evaluated.stages)
    return any(base is not None and base.name == reference.name for base in bases)


def _is_same(one: Use, other: Use) -> bool:
    """Whether two places name one image, whose tag has the same unknown parts."""
    if one.reference is None or other.reference is None or not same_name(one.reference, other.reference):
        return False
    tag = one.reference.tag or ""
    unknown = tag.count(HOLE)
    return other.reference.tag == tag and _last(one.value.holes, unknown) == _last(other.value.holes, unknown)


def _last(holes: tuple[str, ...], count: int) -> tuple[str, ...]:
    return holes[len(holes) - count :]


def _what(producer: Producer) -> tuple[object, ...]:
    """What a build makes: two that have it alike make the same image."""
    evaluated, stage = producer
    return evaluated.path, stage.index, evaluated.build.args


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
