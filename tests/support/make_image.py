"""Writes saved images byte by byte, whole or broken on purpose."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

BLOCK = 512
END = b"\0" * 1024
FILE, HARDLINK, SYMLINK, CHAR_DEVICE, DIRECTORY, FIFO = b"0", b"1", b"2", b"3", b"5", b"6"


def header(
    name: str | bytes, size: int = 0, flag: bytes = FILE, target: str = "", size_field: bytes | None = None
) -> bytes:
    """One ustar header; a name over 100 bytes needs `long_name` in front."""
    raw = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
    block = bytearray(BLOCK)
    block[: min(len(raw), 100)] = raw[:100]
    block[100:124] = b"0000644\0" + b"0000000\0" * 2
    block[124:136] = size_field if size_field is not None else b"%011o\0" % size
    block[136:148] = b"00000000000\0"
    block[156:157] = flag
    link = target.encode("utf-8", "surrogateescape")[:100]
    block[157 : 157 + len(link)] = link
    block[257:265] = b"ustar\x0000"
    return with_checksum(block)


def with_checksum(block: bytearray) -> bytes:
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % BLOCK)


def member(name: str | bytes, data: bytes = b"", flag: bytes = FILE, target: str = "") -> bytes:
    raw = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
    front = header("././@LongLink", len(raw) + 1, b"L") + padded(raw + b"\0") if len(raw) > 100 else b""
    return front + header(name, len(data), flag, target) + padded(data)


def pax(records: Mapping[str, str], flag: bytes = b"x") -> bytes:
    """A pax header for the member that follows."""
    body = b""
    for key, value in records.items():
        line = f" {key}={value}\n".encode("utf-8", "surrogateescape")
        length = len(line) + 1
        while len(str(length)) + len(line) != length:
            length = len(str(length)) + len(line)
        body += str(length).encode() + line
    return header("pax", len(body), flag) + padded(body)


def link(name: str, target: str) -> bytes:
    return member(name, flag=SYMLINK, target=target)


def folder(name: str) -> bytes:
    return member(name + "/", flag=DIRECTORY)


def tar(*members: bytes) -> bytes:
    return b"".join(members) + END


def files(content: Mapping[str, bytes]) -> bytes:
    """A tar of plain files."""
    return tar(*(member(name, data) for name, data in content.items()))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Layer(NamedTuple):
    """content: an uncompressed tar. created_by: its history entry."""

    content: bytes
    created_by: str = ""


def config(
    layers: Sequence[Layer], settings: Mapping[str, Any] | None = None, history: object = None, **more: Any
) -> bytes:
    """An image configuration; more: keys to add or replace."""
    return json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "config": dict(settings or {}),
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha(layer.content)}" for layer in layers]},
            "history": history if history is not None else [{"created_by": layer.created_by} for layer in layers],
        }
        | more
    ).encode()


def docker_files(
    layers: Sequence[Layer], tags: Sequence[str] = ("asr:cpu",), raw: bytes | None = None, **settings: Any
) -> dict[str, bytes]:
    """The files of an older `docker save`."""
    raw = config(layers, settings) if raw is None else raw
    found = {f"{sha(raw)}.json": raw}
    names = []
    for number, layer in enumerate(layers):
        name = f"{sha(layer.content + bytes([number]))}/layer.tar"
        found[name] = layer.content
        names.append(name)
    found["manifest.json"] = json.dumps(
        [{"Config": f"{sha(raw)}.json", "RepoTags": list(tags), "Layers": names}]
    ).encode()
    return found


def docker_save(
    layers: Sequence[Layer], tags: Sequence[str] = ("asr:cpu",), raw: bytes | None = None, **settings: Any
) -> bytes:
    """An older `docker save`."""
    return files(docker_files(layers, tags, raw, **settings))


def blob(found: dict[str, bytes], data: bytes) -> dict[str, Any]:
    """Put a blob into an OCI layout; gives its descriptor."""
    found[f"blobs/sha256/{sha(data)}"] = data
    return {"digest": f"sha256:{sha(data)}", "size": len(data)}


def squeezed(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def oci_manifest(
    found: dict[str, bytes],
    layers: Sequence[Layer],
    raw: bytes | None = None,
    compress: Callable[[bytes], bytes] = squeezed,
    **settings: Any,
) -> dict[str, Any]:
    """Put an image into an OCI layout; gives the descriptor of its manifest."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            **blob(found, config(layers, settings) if raw is None else raw),
            "mediaType": "application/vnd.oci.image.config.v1+json",
        },
        "layers": [_layer(found, compress(layer.content)) for layer in layers],
    }
    return {**blob(found, json.dumps(manifest).encode()), "mediaType": manifest["mediaType"]}


def _layer(found: dict[str, bytes], data: bytes) -> dict[str, Any]:
    ending = {b"\x1f\x8b": "+gzip", b"\x28\xb5": "+zstd"}.get(data[:2], "")
    return {**blob(found, data), "mediaType": f"application/vnd.oci.image.layer.v1.tar{ending}"}


def oci_files(
    layers: Sequence[Layer],
    name: str = "asr:cpu",
    compress: Callable[[bytes], bytes] = squeezed,
    raw: bytes | None = None,
    **settings: Any,
) -> dict[str, bytes]:
    """An OCI layout with one image: path to content."""
    found: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    entry = oci_manifest(found, layers, raw, compress, **settings)
    entry["annotations"] = {"org.opencontainers.image.ref.name": name}
    return with_index(found, [entry])


def with_index(found: dict[str, bytes], entries: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    found["index.json"] = json.dumps({"schemaVersion": 2, "manifests": list(entries)}).encode()
    return found


SITE = "usr/lib/python3.11/site-packages"


def torch_version(version: str, cuda: str | None = None, hip: str | None = None) -> bytes:
    """`torch/version.py` as torch 2.x writes it."""
    return (
        "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']\n"
        f"__version__ = {version!r}\ndebug = False\ncuda: Optional[str] = {cuda!r}\n"
        f"git_version = 'abc'\nhip: Optional[str] = {hip!r}\n"
    ).encode()


def distribution(
    name: str, version: str, requires: Sequence[str] = (), sizes: Mapping[str, int] | None = None, site: str = SITE
) -> dict[str, bytes]:
    """METADATA and RECORD of an installed distribution."""
    where = f"{site}/{name.replace('-', '_')}-{version}.dist-info"
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {each}" for each in requires),
    ]
    rows = [f"{path},sha256=x,{size}" for path, size in (sizes or {}).items()] + [
        f"{name}-{version}.dist-info/RECORD,,"
    ]
    return {
        f"{where}/METADATA": "\n".join([*lines, "", "Requires-Dist: nvidia-cublas-cu12", ""]).encode(),
        f"{where}/RECORD": "\n".join(rows).encode(),
    }
