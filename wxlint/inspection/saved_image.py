"""Saved images: which image is in an archive, its configuration, and its layers in order.

Formats: `docker save` with `manifest.json` (layers as `<id>/layer.tar` or OCI blobs) and the OCI image layout
(`index.json`), also with indexes for several platforms. sha256 is verified for manifests and configurations, whose text
is believed; not for layers, which would cost a full pass over gigabytes for what an engine checks when it loads them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from wxlint.core.errors import ImageError, UsageError
from wxlint.core.machines import host_architecture
from wxlint.inspection.layers import Wanted
from wxlint.inspection.stores import Store, open_path, stream_store
from wxlint.inspection.streams import RawFile

MAX_LAYERS = 512
"""overlay2 allows 128."""
MAX_IMAGES = 1000

OpenSave = Callable[[str], AbstractContextManager[RawFile]]
"""Gives what `docker save IMAGE` writes, as a file to read; raises ImageError or EngineError."""


OpenRemote = Callable[[str], Store | None]
"""Gives the store of an image in a registry; None for a name that is of no registry."""


class SavedImage(NamedTuple):
    """names: references in the archive. digest: of the manifest; of the configuration (the image id) where the format
    has no manifest. layers: names in the store. diff_ids: digests of the uncompressed layers, one each.
    """

    names: tuple[str, ...]
    digest: str
    config: dict[str, Any]
    layers: tuple[str, ...]
    diff_ids: tuple[str, ...]


class _Candidate(NamedTuple):
    names: tuple[str, ...]
    platform: str
    digest: str


@contextmanager
def open_target(
    target: str, save: OpenSave, wanted: Wanted = None, remote: OpenRemote | None = None
) -> Iterator[tuple[Store, str]]:
    """(store, selector) for `PATH`, `PATH#SELECTOR`, `-` or the name of an image in the engine or, where `remote` takes
    it, in a registry."""
    if target == "-":
        import sys

        yield stream_store(sys.stdin.buffer, "standard input", wanted), ""
        return
    path, selector = target, ""
    if not os.path.exists(path) and "#" in target:
        path, _, selector = target.rpartition("#")
    if os.path.exists(path):
        with open_path(path, wanted) as store:
            yield store, selector
        return
    if target.startswith(("/", "./", "../")) or target.endswith((".tar", ".tar.gz", ".tgz", ".tar.zst")):
        raise ImageError(f"{path}: there is no such file")
    if not re.fullmatch(r"[A-Za-z0-9][\w.:/@-]{0,500}", target, re.ASCII):
        raise UsageError(f"{target!r} is neither a file nor the name of an image")
    found = remote(target) if remote is not None else None
    if found is not None:
        yield found, ""
        return
    with save(target) as stream:
        yield stream_store(stream, target, wanted), ""


def read_image(store: Store, selector: str = "") -> SavedImage:
    """The one image of the archive, or the one that `selector` names: a reference, a platform such as linux/arm64, a
    digest, or several of them with commas. Without a platform: the host's, else linux/amd64.

    Raises ImageError when there is none, when there are several, and when the archive contradicts itself.
    """
    words = [word for word in selector.split(",") if word]
    if store.has("index.json"):
        image = _from_index(store, words)
        if store.has("manifest.json"):  # engines may load either: both must mean the same
            configs = {_docker_config(store, entry)[1] for entry in _docker_entries(store)}
            if configs and image[1] not in configs:
                raise ImageError(f"{store.label}: index.json and manifest.json name different images")
        return image[0]
    if store.has("manifest.json"):
        return _from_manifest(store, words)
    if store.has("etc/passwd") or store.has("usr") or store.has("bin/sh"):
        raise ImageError(f"{store.label} is a file system, as `docker export` makes it; use `docker save`")
    raise ImageError(f"{store.label} is not a saved image: it has neither index.json nor manifest.json")


def _from_manifest(store: Store, words: Sequence[str]) -> SavedImage:
    entries = _docker_entries(store)
    chosen = [entry for entry in entries if all(word in _texts(entry.get("RepoTags")) for word in words)]
    if len(chosen) != 1:
        listed = ", ".join(" ".join(_texts(entry.get("RepoTags"))) or "(no tag)" for entry in entries[:20])
        raise ImageError(f"{store.label} holds {len(entries)} images, pick one with {store.label}#NAME: {listed}")
    raw, digest = _docker_config(store, chosen[0])
    layers = _texts(chosen[0].get("Layers"))
    return _image(store, _texts(chosen[0].get("RepoTags")), digest, raw, layers)


def _docker_entries(store: Store) -> list[dict[str, Any]]:
    entries = _json(store.read("manifest.json"), f"{store.label}: manifest.json")
    if not isinstance(entries, list) or not entries or len(entries) > MAX_IMAGES:
        raise ImageError(f"{store.label}: manifest.json is not a list of images")
    if not all(isinstance(entry, dict) and isinstance(entry.get("Config"), str) for entry in entries):
        raise ImageError(f"{store.label}: manifest.json has an entry without Config")
    return entries


def _docker_config(store: Store, entry: dict[str, Any]) -> tuple[bytes, str]:
    name: str = entry["Config"]
    raw = store.read(name)
    digest = hashlib.sha256(raw).hexdigest()
    stem = name.rpartition("/")[2].removesuffix(".json")
    if re.fullmatch(r"[0-9a-f]{64}", stem) and stem != digest:
        raise ImageError(f"{store.label}: {name} does not have the digest that its name says")
    return raw, "sha256:" + digest


def _from_index(store: Store, words: Sequence[str]) -> tuple[SavedImage, str]:
    """(the image, digest of its configuration)"""
    top = _object(_json(store.read("index.json"), f"{store.label}: index.json"), "index.json", store)
    found: list[_Candidate] = []
    seen: set[tuple[tuple[str, ...], str]] = set()
    for entry in _objects(top.get("manifests"), "index.json", store):
        _candidates(store, entry, _names(entry), 0, found, seen)
    chosen = [one for one in found if all(word in (*one.names, one.platform, one.digest) for word in words)]
    images = {one.names: " ".join(one.names) or one.digest for one in chosen}
    if len({one.digest for one in chosen}) > 1 and len(images) == 1:
        chosen = _for_platform(chosen)
    if len({one.digest for one in chosen}) > 1:
        kind, choices = (
            ("images", images.values()) if len(images) > 1 else ("platforms", [one.platform for one in chosen])
        )
        listed = ", ".join(sorted(set(choices))[:20])
        raise ImageError(f"{store.label} holds several {kind}, pick one with {store.label}#NAME: {listed}")
    if not chosen:
        listed = ", ".join(sorted({" ".join((*one.names, one.platform)) for one in found})[:20])
        raise ImageError(f"{store.label} has no such image; it holds: {listed or 'none'}")
    manifest = _object(_json(_blob(store, chosen[0].digest), chosen[0].digest), chosen[0].digest, store)
    config = _digest(_object(manifest.get("config"), "config", store).get("digest"), store)
    layers = [
        _blob_name(_digest(layer.get("digest"), store)) for layer in _objects(manifest.get("layers"), "layers", store)
    ]
    image = _image(store, chosen[0].names, chosen[0].digest, _blob(store, config), layers)
    return image, config


def _for_platform(candidates: list[_Candidate]) -> list[_Candidate]:
    """Those for the host, else for linux/amd64, else all."""
    for wanted in (f"linux/{host_architecture()}", "linux/amd64"):
        same = [one for one in candidates if one.platform == wanted or one.platform.startswith(wanted + "/")]
        if same:
            return same
    return candidates


def _candidates(
    store: Store,
    entry: dict[str, Any],
    names: tuple[str, ...],
    depth: int,
    found: list[_Candidate],
    seen: set[tuple[tuple[str, ...], str]],
) -> None:
    """Every manifest behind a descriptor whose blob is there (a saved image may lack its other platforms)."""
    digest = _digest(entry.get("digest"), store)
    platform = entry.get("platform")
    parts = [platform.get(key) for key in ("os", "architecture", "variant")] if isinstance(platform, dict) else []
    where = "/".join(part for part in parts if isinstance(part, str) and part)
    if (names, digest) in seen or not store.has(_blob_name(digest)) or where == "unknown/unknown":
        return  # "unknown" are attestations
    seen.add((names, digest))
    content = _object(_json(_blob(store, digest), digest), digest, store)
    if "manifests" in content:
        if depth > 3:
            raise ImageError(f"{store.label}: indexes within indexes, more than 4 deep")
        for inner in _objects(content["manifests"], digest, store):
            _candidates(store, inner, names, depth + 1, found, seen)
    elif "layers" in content and "config" in content:
        found.append(_Candidate(names, where, digest))
    if len(seen) > MAX_IMAGES:
        raise ImageError(f"{store.label} holds more than {MAX_IMAGES} images")


def _image(store: Store, names: Sequence[str], digest: str, raw: bytes, layers: Sequence[str]) -> SavedImage:
    config = _object(_json(raw, f"{store.label}: the configuration"), "the configuration", store)
    rootfs = config.get("rootfs")
    diff_ids = _texts(rootfs.get("diff_ids")) if isinstance(rootfs, dict) else None
    if diff_ids is None or not isinstance(config.get("config") or {}, dict):
        raise ImageError(f"{store.label} is not a container image: its configuration has no rootfs")
    if len(diff_ids) != len(layers) or len(layers) > MAX_LAYERS:
        raise ImageError(f"{store.label}: {len(layers)} layers, but its configuration speaks of {len(diff_ids)}")
    return SavedImage(tuple(names), digest, config, tuple(layers), tuple(diff_ids))


def _names(entry: dict[str, Any]) -> tuple[str, ...]:
    notes = entry.get("annotations")
    keys = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
    found = [notes[key] for key in keys if isinstance(notes.get(key), str)] if isinstance(notes, dict) else []
    short = [re.sub(r"^docker\.io/(?:library/)?", "", name) for name in found]
    return tuple(dict.fromkeys(short))


def _blob(store: Store, digest: str) -> bytes:
    raw = store.read(_blob_name(digest))
    algorithm, _, wanted = digest.partition(":")
    if hashlib.new(algorithm, raw).hexdigest() != wanted:
        raise ImageError(f"{store.label}: the content of {digest} does not have that digest")
    return raw


def _blob_name(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _digest(value: object, store: Store) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}", value):
        raise ImageError(f"{store.label}: {str(value)[:100]!r} is not a digest")
    return value


def _json(raw: bytes, what: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:  # also text that is not UTF-8, endless nesting, giant numbers
        raise ImageError(f"{what} is not JSON: {str(error)[:200]}") from None


def _object(value: object, what: str, store: Store) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ImageError(f"{store.label}: {what} is not a JSON object")
    return value


def _objects(value: object, what: str, store: Store) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MAX_IMAGES or not all(isinstance(item, dict) for item in value):
        raise ImageError(f"{store.label}: {what} has no list of objects where one must be")
    return value


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > 10_000 or not all(isinstance(item, str) for item in value):
        raise ImageError("the image: not a list of strings where one must be")
    return value
