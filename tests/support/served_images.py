"""A registry of the tests that misbehaves on purpose, and layers of every form to put into it."""

from __future__ import annotations

import gzip
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import make_image as make
import pytest

from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.model import Inspection
from wxlint.inspection.registry.client import ImageAddress, Registry
from wxlint.inspection.registry.store import RegistryStore

TORCH = {
    f"{make.SITE}/torch/version.py": make.torch_version("2.2.1+cu121", "12.1"),
    f"{make.SITE}/torch/lib/libtorch_cuda.so": bytes(range(256)) * 4000,
} | make.distribution("torch", "2.2.1")
DENSE = {**TORCH, f"{make.SITE}/torch/lib/libtorch_cuda.so": os.urandom(200_000)}
"""With bytes that do not shrink, so that not reading them saves something."""
CHUNKED = ("io.github.containers.zstd-chunked", "io.containers.zstd-chunked")
Blobs = dict[str, bytes]


class Served:
    """What a server has, and how it answers. requests: (path, headers) of all of them."""

    def __init__(self) -> None:
        self.blobs: Blobs = {}
        self.manifests: dict[str, tuple[bytes, str]] = {}
        self.requests: list[tuple[str, Mapping[str, str]]] = []
        self.breaks_at: list[int] = []
        self.guard: Callable[[Served, str, Mapping[str, str]], tuple[int, dict[str, str], bytes] | None] | None = None
        self.host = ""

    def blob(self, data: bytes) -> dict[str, Any]:
        digest = f"sha256:{make.sha(data)}"
        self.blobs[digest] = data
        return {"digest": digest, "size": len(data)}

    def image(self, layers: list[tuple[bytes, bytes, dict[str, str]]], tag: str = "cpu", **settings: Any) -> str:
        """layers: (uncompressed, as stored, annotations). Gives the digest."""
        config = make.config([make.Layer(plain) for plain, _, _ in layers], settings)
        kind = "application/vnd.oci.image.manifest.v1+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {**self.blob(config), "mediaType": "application/vnd.oci.image.config.v1+json"},
            "layers": [
                {**self.blob(data), "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "annotations": notes}
                for _, data, notes in layers
            ],
        }
        raw = json.dumps(manifest).encode()
        digest = f"sha256:{make.sha(raw)}"
        self.manifests[tag] = self.manifests[digest] = raw, kind
        return digest

    def answer(self, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        found = self.guard(self, path, headers) if self.guard else None
        if found is not None:
            return found
        name = path.rpartition("/")[2]
        if "/manifests/" in path:
            raw, kind = self.manifests.get(name, (b"", ""))
            return (200, {"Content-Type": kind}, raw) if raw else (404, {}, b"none")
        data = self.blobs.get(name)
        if data is None:
            return 404, {}, b"none"
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("Range", ""))
        if part is None:
            return 200, {}, data
        return 206, {}, data[int(part[1]) : int(part[2]) + 1 if part[2] else None]


@contextmanager
def serving() -> Iterator[Served]:
    served = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append((self.path, dict(self.headers)))
            status, headers, data = served.answer(self.path, dict(self.headers))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if "/blobs/" in self.path and len(data) > 2000 and served.breaks_at:
                data = data[: served.breaks_at.pop(0)]
                self.close_connection = True
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served.host = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def look(served: Served, reference: str = "cpu", platform: str = "") -> tuple[Inspection, Registry]:
    registry = Registry(ImageAddress(served.host, "t/asr", reference), insecure=True)
    name = f"{served.host}/t/asr:cpu"
    return run_inspect(name, remote=lambda _: RegistryStore(registry), platform=platform), registry


def layer(content: Mapping[str, bytes] = TORCH) -> tuple[bytes, bytes, dict[str, str]]:
    plain = make.files(content)
    return plain, gzip.compress(plain, 1), {}


def estargz(content: Mapping[str, bytes], spoilt: bool = False) -> tuple[bytes, bytes, dict[str, str]]:
    """A layer of the form: a gzip member for each header and each content, the table, and the footer with its place."""
    plain, blob, entries = b"", b"", []
    for name, data in content.items():
        member = make.member(name, data)
        head, rest = member[:512], member[512:]
        blob += gzip.compress(head)
        digest = f"sha256:{make.sha(data)}"
        entries.append(
            {"name": name, "type": "reg", "size": len(data), "offset": len(blob), "digest": digest, "mode": 0o100644}
        )
        blob += gzip.compress(rest) if rest else b""
        plain += member
    blob += gzip.compress(make.END)
    table = json.dumps({"version": 1, "entries": entries}).encode()
    at = len(blob)
    blob += gzip.compress(make.tar(make.member("stargz.index.json", table)))
    extra = b"SG" + (22).to_bytes(2, "little") + f"{at:016x}STARGZ".encode()
    footer = b"\x1f\x8b\x08\x04" + bytes(6) + len(extra).to_bytes(2, "little") + extra + b"\x01\0\0\xff\xff" + bytes(8)
    digest = make.sha(table + b" ") if spoilt else make.sha(table)
    return plain + make.END, blob + footer, {"containerd.io/snapshot/stargz/toc.digest": f"sha256:{digest}"}


def chunked(
    content: Mapping[str, bytes], prefix: str, spoilt: bool = False, stored: Mapping[str, bytes] | None = None
) -> tuple[bytes, bytes, dict[str, str]]:
    """A zstd:chunked layer: a frame for each header and each content, and the table in a frame that is skipped.

    stored: other contents than the table says.
    """
    squeeze = pytest.importorskip("zstandard").ZstdCompressor().compress
    plain, blob, entries = b"", b"", []
    for name, data in content.items():
        member = make.member(name, data)
        blob += squeeze(member[:512])
        entry = {"name": name, "type": "reg", "size": len(data), "offset": len(blob), "mode": 0o644}
        blob += squeeze((stored or content)[name])
        digest = f"sha256:{make.sha(data)}"
        entries.append({**entry, "endOffset": len(blob), "digest": digest, "chunkDigest": digest})
        blob += squeeze(member[512 + len(data) :])
        plain += member
    text = json.dumps({"version": 1, "entries": entries}).encode()
    table = squeeze(text)
    blob += squeeze(make.END) + b"\x50\x2a\x4d\x18" + len(table).to_bytes(4, "little")
    place = f"{len(blob)}:{len(table)}:{len(text)}:1"
    checksum = f"sha256:{make.sha(table + b' ' if spoilt else table)}"
    notes = {f"{prefix}.manifest-position": place, f"{prefix}.manifest-checksum": checksum}
    return plain + make.END, blob + table, notes
