"""What the index or the folder of wheels that a package comes from says of its build by its address.

Makers keep a place for each torch and CUDA: `data.pyg.org/whl/torch-2.4.0+cu121.html`, `llama-cpp-python/whl/cu124`.
Torch's own channels have few packages besides torch.
"""

from __future__ import annotations

from wxlint import facts
from wxlint.facts.generation import Generation, generation_of_folder
from wxlint.images.installs.model import Install
from wxlint.images.stack.torch.channels import channel_of_url


def said_by_place(name: str, install: Install, *, with_torch: bool) -> Generation | None:
    """Return what a package is built for by the one place that may have it; None where several may, or none says it.

    with_torch: it is built for one torch; of other packages the tables say whose indexes are to be read so.
    """
    row = facts.row_of("index_paths", name)
    return _said(install, row) if with_torch or row is not None else None


def _said(install: Install, row: dict[str, str] | None) -> Generation | None:
    """What the places that may have a package say, if it is one thing. row: of index_paths.csv."""
    sources = install.sources
    found = set()
    for source in (sources.index, *sources.extra, *sources.links):
        if source is None:
            continue
        if not source.value.known:
            return None
        url = source.value.text.lower()
        channel = channel_of_url(url)
        of_torch = channel not in ("default", "unknown")
        if channel == "default" or _is_of_others(url, row, of_torch=of_torch):
            continue
        found.add(generation_of_folder(url))
    only = found.pop() if len(found) == 1 else None
    return only if only is not None and only != Generation() else None


def _is_of_others(url: str, row: dict[str, str] | None, *, of_torch: bool) -> bool:
    """Whether a place is known to have other packages: it has their name, or is one of torch's channels."""
    if row is not None and row["at"] in url:
        return False
    if of_torch:
        return row is None or not row["torch_index"]
    return any(other["at"] in url for other in facts.table("index_paths"))
