"""What layers hold, kept by their digests: a second look at an image reads none of them again.

Only a layer whose digest was held against its bytes is kept, and only such a layer is looked for, so that no image says
what another one holds. Files, trust, bounds: see `core.cache`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from wxlint.core.cache import open_cache
from wxlint.inspection.file_kinds import Metadata, Packages, Record, RequiresDist, TorchBuild, VersionText
from wxlint.inspection.layers import Kept, LayerScan, Wanted
from wxlint.inspection.paths import Stat

_PROGRAM = os.path.dirname(os.path.dirname(__file__))
_FACTS = {cls.__name__: cls for cls in (TorchBuild, Record, Packages, VersionText)}
"""Facts that are plain within."""


def recall_scan(digest: str, how: str, wanted: Wanted, read: Callable[[], LayerScan]) -> LayerScan:
    """What `read` gives, from an earlier look where there was one.

    Args:
        digest: of the layer as it is stored, "sha256:...".
        how: "stream" or "table": what is read of a layer that has a table of contents is less.
        read: raises where the layer is not that of the digest.
    """
    found = re.fullmatch(r"sha256:([0-9a-f]{64})", digest)
    if found is None:
        return read()
    cache = open_cache("", _PROGRAM, "scans", found[1])
    key = (digest, how, "all" if wanted is None else "paths", *sorted(wanted or ()))
    scan = cache.recall(key, _CODEC, read)
    cache.save()
    return scan


class _Codec:
    """Scans as what marshal takes, which has dictionaries and bytes, too."""

    def encode(self, value: LayerScan) -> Any:
        files = {path: (*kept[:3], _encoded(kept.fact)) for path, kept in value.files.items()}
        stats = None if value.stats is None else {path: tuple(stat) for path, stat in value.stats.items()}
        return tuple(value._replace(files=files, stats=stats))  # type: ignore[arg-type]

    def decode(self, data: Any) -> LayerScan:
        scan = LayerScan._make(data)
        files = {path: Kept(*said[:3], _decoded(said[3])) for path, said in scan.files.items()}
        stats = None if scan.stats is None else {path: Stat._make(said) for path, said in scan.stats.items()}
        return scan._replace(files=files, stats=stats)


_CODEC = _Codec()


def _encoded(fact: Any) -> Any:
    if fact is None:
        return None
    if isinstance(fact, Metadata):
        return "Metadata", fact.name, fact.version, tuple(map(tuple, fact.requires))
    return fact.__class__.__name__, *fact


def _decoded(said: Any) -> Any:
    if said is None:
        return None
    name, *fields = said
    if name == "Metadata":
        return Metadata(fields[0], fields[1], tuple(map(RequiresDist._make, fields[2])))
    return _FACTS[name]._make(fields)
