"""The indexes and folders that an install searches for torch."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install, PackageIndex
from wxlint.images.stack.torch import channels
from wxlint.images.stack.torch.model import Choice, How

_PAGE = late(r"/whl/(?:nightly/)?(?:[a-z]+[\d.]+/)?([a-z][a-z-]*)/?$")
"""The page of one package below a channel: `/whl/nightly/triton`."""


class SearchedPlace(NamedTuple):
    """One place that is searched: what it serves, and how it is given."""

    channel: str
    how: How
    source: PackageIndex | None = None


def places_of(install: Install) -> tuple[SearchedPlace, list[SearchedPlace], list[SearchedPlace]]:
    """The index of an install, its further indexes, and its folders and pages of wheels."""
    sources = install.sources
    base = (
        SearchedPlace(channels.served_by(sources.index), "index", sources.index)
        if sources.index is not None
        else SearchedPlace("default", "default")
    )
    extra = [SearchedPlace(channels.served_by(s), "extra", s) for s in sources.extra]
    links = [SearchedPlace(channels.served_by(s), "links", s) for s in sources.links if not channels.lists_no_wheels(s)]
    return base, extra, links


def may_hold_torch(place: SearchedPlace) -> bool:
    """Whether an index has torch for all that is known: a company's own extra index is taken not to, and the page of
    one other package has it only."""
    if place.source is not None and (page := _PAGE.search(place.source.value.text)) is not None:
        return page[1] in (*FAMILY, "cpu", "xpu", "nightly", "test", "lts")
    return place.channel != "unknown" or place.source is None or "pytorch" in place.source.value.text


def is_nightly(place: SearchedPlace | Choice) -> bool:
    """Whether something comes from an index of pre-releases."""
    return place.source is not None and "/nightly/" in place.source.value.text
