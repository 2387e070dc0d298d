"""The images that a repository builds, by what their names have in common with others."""

from __future__ import annotations

from collections.abc import Iterable

from wxlint.core.values import HOLE
from wxlint.images.graph.producers import same_name
from wxlint.images.model.records import Use
from wxlint.images.model.reference import Reference
from wxlint.policy.accelerator_words import accelerator_words


class BuiltNames:
    """The images that the repository builds, by the last part of their names."""

    def __init__(self, uses: Iterable[Use]) -> None:
        self._tags: dict[str, dict[tuple[str, str | None], Reference]] = {}
        for use in uses:
            if use.produces and use.reference is not None:
                partly = use.reference.tag is not None and use.reference.tag.strip(HOLE) != ""
                tag = (use.reference.tag or "latest") if use.reference.tag_known or partly else None
                names = self._tags.setdefault(last_part(use.reference), {})
                names.setdefault((use.reference.name, tag), use.reference)

    def has(self, reference: Reference) -> bool:
        """Whether an image may be one that is built."""
        tag = reference.tag or "latest"
        names = self._tags.get(last_part(reference), {})
        if (reference.name, tag) in names:
            return True
        return any(_may_be(own, tag) and same_name(one, reference) for (_, own), one in names.items())

    def tags(self, reference: Reference) -> set[str]:
        """The known tags under which an image of exactly this name is built."""
        names = self._tags.get(last_part(reference), {})
        return {tag for name, tag in names if name == reference.name and tag is not None and HOLE not in tag}

    def alike(self, reference: Reference) -> list[Reference]:
        """What is built of the same name, or of one that may be the same."""
        wanted = last_part(reference)
        same = [one for one in self._tags.get(wanted, {}).values() if same_name(one, reference)]
        open_ends = [last for last in self._tags if last != wanted and wanted.endswith(last)]
        more = [one for last in open_ends for one in self._tags[last].values() if not has_last_part(one)]
        return same + more

    def under_other_tags(self, reference: Reference) -> list[str]:
        """The tags of variants under which this very image is built, their unknown parts as `*`.

        Only where the wanted tag is one of variants too, or the beginning of theirs.
        """
        wanted = reference.tag
        if not wanted or wanted == "latest":
            return []
        names = self._tags.get(last_part(reference), {})
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


def last_part(reference: Reference) -> str:
    """What names that can mean one repository have in common."""
    return reference.name.rpartition("/")[2].rpartition(HOLE)[2]


def has_last_part(reference: Reference) -> bool:
    """Whether the last part of a name is known."""
    return HOLE not in reference.name.rpartition("/")[2]
