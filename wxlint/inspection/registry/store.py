"""An image in a registry as a store: its manifests as the files of an OCI layout, its layers as they are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from wxlint.core.errors import ImageError
from wxlint.inspection.kept_scans import recall_scan
from wxlint.inspection.layers import LayerScan, Wanted, scan_layer
from wxlint.inspection.registry.client import Registry
from wxlint.inspection.registry.toc import read_table, table_digest
from wxlint.inspection.stores import scan_source
from wxlint.inspection.streams import Stream

_BLOBS = "blobs/sha256/"


class RegistryStore:
    """has, read and scan, by the names that an OCI layout would have."""

    def __init__(self, registry: Registry, wanted: Wanted = None) -> None:
        """Raises ImageError when there is no such image."""
        self.label = registry.place.name
        self._registry, self._wanted = registry, wanted
        self._texts: dict[str, bytes] = {}
        self._layers: dict[str, dict[str, Any]] = {}
        self._manifests: set[str] = set()
        raw, kind = registry.manifest(registry.place.reference)
        import hashlib

        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        self._keep(digest, raw)
        name = {"org.opencontainers.image.ref.name": self.label}
        entry = {"digest": digest, "mediaType": kind, "size": len(raw), "annotations": name}
        self._texts["index.json"] = json.dumps({"manifests": [entry]}).encode()

    def has(self, name: str) -> bool:
        """Whether the image has it; what its manifests name counts."""
        return name in self._texts or self._digest(name) in self._manifests or self._digest(name) in self._layers

    def read(self, name: str) -> bytes:
        """A manifest or a configuration."""
        if name not in self._texts:
            digest = self._digest(name)
            if digest in self._manifests:
                self._keep(digest, self._registry.manifest(digest)[0])
            elif digest in self._layers:
                self._texts[name] = self._registry.text(digest)
            else:
                raise ImageError(f"{self.label}: {name!r} is missing")
        return self._texts[name]

    def scan(self, name: str) -> LayerScan:
        """A layer: by its table of contents where it has one, else as it streams by, to its end and its digest."""
        digest = self._digest(name)
        layer = self._layers.get(digest)
        if layer is None:
            raise ImageError(f"{self.label}: {name!r} is missing")
        size, notes = layer.get("size"), layer.get("annotations")
        if not isinstance(size, int) or size < 0:
            raise ImageError(f"{self.label}: {digest}: its manifest says no size")
        texts = {k: v for k, v in notes.items() if isinstance(v, str)} if isinstance(notes, dict) else {}
        # The layer's digest says nothing of a table that somebody else's manifest points to.
        how = f"table {table_digest(texts)}" if table_digest(texts) else "stream"
        return recall_scan(digest, how, self._wanted, lambda: self._read(digest, size, texts))

    def _read(self, digest: str, size: int, texts: dict[str, str]) -> LayerScan:
        what = f"{self.label}: {digest}"
        part: Callable[[int, int], bytes | None] = lambda start, end: self._registry.part(digest, start, end)  # noqa: E731
        table = read_table(part, size, texts, what)
        if table is not None:
            return scan_layer(table, self._wanted)
        pieces = self._registry.stream(digest, size)
        found = scan_source(Stream(pieces, what), what, self._wanted)
        for _ in pieces:  # to the end, where the digest is held against what came
            pass
        return found

    def _digest(self, name: str) -> str:
        return f"sha256:{name.removeprefix(_BLOBS)}"

    def _keep(self, digest: str, raw: bytes) -> None:
        """A manifest or index, with what it names."""
        self._texts[_BLOBS + digest.removeprefix("sha256:")] = raw
        try:
            content = json.loads(raw)
        except (ValueError, RecursionError):
            return
        if not isinstance(content, dict):
            return
        for entry in content.get("manifests") or ():
            if isinstance(entry, dict):
                self._manifests.add(str(entry.get("digest")))
        for entry in (content.get("config"), *(content.get("layers") or ())):
            if isinstance(entry, dict):
                self._layers[str(entry.get("digest"))] = entry
