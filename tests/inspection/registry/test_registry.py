"""Images in a registry: from a server of the tests that misbehaves on purpose, and from Debian's `docker-registry`."""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import make_image as make
import pytest
from own_registry import own_registry, way_to

from wxlint.cli.main import main
from wxlint.core.errors import ImageError
from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.model import Inspection
from wxlint.inspection.registry.client import Place, Registry, place_of
from wxlint.inspection.registry.store import RegistryStore

TORCH = {
    f"{make.SITE}/torch/version.py": make.torch_version("2.2.1+cu121", "12.1"),
    f"{make.SITE}/torch/lib/libtorch_cuda.so": bytes(range(256)) * 4000,
} | make.distribution("torch", "2.2.1")
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


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("WXLINT_CACHE_DIR", str(tmp_path / "cache"))
    with serving() as found:
        yield found


def look(served: Served, reference: str = "cpu", platform: str = "") -> tuple[Inspection, Registry]:
    registry = Registry(Place(served.host, "t/asr", reference), insecure=True)
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


DENSE = {**TORCH, f"{make.SITE}/torch/lib/libtorch_cuda.so": os.urandom(200_000)}
"""With bytes that do not shrink, so that not reading them saves something."""
CHUNKED = ("io.github.containers.zstd-chunked", "io.containers.zstd-chunked")


@pytest.mark.parametrize("prefix", CHUNKED)
def test_the_table_of_a_zstd_chunked_layer_is_read_in_place_of_it(served: Served, prefix: str) -> None:
    layer = chunked(DENSE, prefix)
    served.image([layer])
    image, registry = look(served)
    assert image.torch is not None and image.torch.cuda == "12.1"
    assert image.cuda.bytes == 200_000
    assert registry.received < len(layer[1]) / 10


@pytest.mark.parametrize("change", ["table", "place", "file"])
def test_a_false_table_of_a_zstd_chunked_layer_is_refused(served: Served, change: str) -> None:
    name = f"{make.SITE}/torch/version.py"
    stored = {**TORCH, name: TORCH[name].replace(b"12.1", b"11.8")} if change == "file" else TORCH
    plain, blob, notes = chunked(TORCH, CHUNKED[0], change == "table", stored)
    if change == "place":
        notes[f"{CHUNKED[0]}.manifest-position"] = "5:100:100:1"
    served.image([(plain, blob, notes)])
    with pytest.raises(ImageError, match="does not have the digest"):
        look(served)


def test_names() -> None:
    assert place_of("registry.example/team/asr:cuda") == ("registry.example", "team/asr", "cuda")
    assert place_of("localhost:5000/asr") == ("localhost:5000", "asr", "latest")
    digest = "sha256:" + "0" * 64
    assert place_of(f"registry.example/asr:1@{digest}") == ("registry.example", "asr", digest)
    for name in ("asr:cuda", "team/asr:cuda", "registry.example/", "registry.example/../x", "-x.y/z"):
        assert place_of(name) is None, name


def test_an_image_streams_by(served: Served) -> None:
    digest = served.image([layer()], User="app")
    image, _ = look(served)
    assert (image.digest, image.user) == (digest, "app")
    assert image.torch is not None and image.torch.cuda == "12.1"


def test_a_connection_that_breaks_is_taken_up_again(served: Served) -> None:
    served.image([layer({**TORCH, "noise": b"".join(hashlib.sha256(bytes([i])).digest() for i in range(250)) * 8})])
    served.breaks_at = [1500, 700]
    assert look(served)[0].torch is not None
    assert [h["Range"] for _, h in served.requests if "Range" in h] == ["bytes=1500-", "bytes=2200-"]


def test_a_connection_that_never_holds_is_a_clear_error(served: Served) -> None:
    served.image([layer()])
    served.breaks_at = [10] * 20
    with pytest.raises(ImageError, match="broke off"):
        look(served)


@pytest.mark.parametrize("which", ["config", "layer", "manifest"])
def test_another_digest_is_refused(served: Served, which: str) -> None:
    digest = served.image([layer()])
    other = make.files({**TORCH, "x": b"x"})
    if which == "manifest":
        served.manifests[digest] = served.manifests[digest][0] + b" ", served.manifests[digest][1]
    else:
        manifest = json.loads(served.manifests[digest][0])
        entry = manifest["config"] if which == "config" else manifest["layers"][0]
        data = gzip.compress(other, 1)
        served.blobs[entry["digest"]] = data[: entry["size"]].ljust(entry["size"], b"\0") if which == "layer" else b"{}"
    with pytest.raises(ImageError, match=r"has the digest|does not have that digest|digest|damaged|truncated"):
        look(served, digest if which == "manifest" else "cpu")


def test_only_the_last_bytes_differ(served: Served) -> None:
    plain = make.files(TORCH)
    stored = gzip.compress(plain, 1) + gzip.compress(bytes(512), 1)
    digest = served.image([(plain, stored, {})])
    entry = json.loads(served.manifests[digest][0])["layers"][0]
    served.blobs[entry["digest"]] = stored[:-1] + b"\1"
    with pytest.raises(ImageError):
        look(served)


def test_a_table_of_contents_is_read_in_place_of_the_layer(served: Served) -> None:
    found = estargz(TORCH)
    served.image([found])
    image, registry = look(served)
    assert image.torch is not None and image.torch.cuda == "12.1"
    assert image.cuda.libraries and image.layers[0].bytes == sum(map(len, TORCH.values()))
    asked = [headers for path, headers in served.requests if path.endswith(make.sha(found[1]))]
    assert asked and all("Range" in headers for headers in asked)
    whole = served.image([(found[0], found[1], {})], "plain")
    plain, of_all = look(served, whole)
    assert plain.cuda == image.cuda
    assert registry.received < of_all.received


def test_a_false_table_of_contents_is_refused(served: Served) -> None:
    served.image([estargz(TORCH, spoilt=True)])
    with pytest.raises(ImageError, match="table of contents does not have the digest"):
        look(served)


def test_a_second_look_reads_no_layer(served: Served) -> None:
    served.image([layer(), layer({"app/main.py": b"1" * 5000})])
    first, once = look(served)
    second, again = look(served)
    assert second == first
    assert (once.requests, again.requests) == (4, 2)  # manifest, configuration, and two layers at first


def test_a_layer_that_was_refused_is_not_kept(served: Served) -> None:
    plain, data, notes = layer()
    served.image([(plain, data, notes)])
    digest = f"sha256:{make.sha(data)}"
    served.blobs[digest] = gzip.compress(make.files({"app": b"x" * len(data)}), 1)[: len(data)].ljust(len(data), b"x")
    for _ in range(2):
        with pytest.raises(ImageError):
            look(served)
    served.blobs[digest] = data
    assert look(served)[0].torch is not None


def test_what_one_manifest_s_table_says_is_not_believed_of_another_s(served: Served) -> None:
    """Two manifests name one layer, and tables in it of which only one is the layer's."""
    plain, blob, notes = estargz(TORCH)
    served.image([(plain, blob, notes)])
    assert look(served)[0].torch is not None
    served.image([(plain, blob, dict.fromkeys(notes, f"sha256:{'0' * 64}"))])
    with pytest.raises(ImageError, match="table of contents"):
        look(served)
    served.image([(plain, blob, {})])
    assert look(served)[0].torch is not None


def test_an_index_is_resolved_by_platform(served: Served) -> None:
    entries = []
    for architecture, user in (("amd64", "a"), ("arm64", "b")):
        digest = served.image([layer()], "x", User=user)
        platform = {"os": "linux", "architecture": architecture}
        size = len(served.manifests[digest][0])
        entries.append({"digest": digest, "size": size, "platform": platform})
    kind = "application/vnd.oci.image.index.v1+json"
    served.manifests["cpu"] = json.dumps({"mediaType": kind, "manifests": entries}).encode(), kind
    assert look(served, platform="linux/arm64")[0].user == "b"
    assert look(served, platform="linux/amd64")[0].user == "a"
    with pytest.raises(ImageError, match="no such image"):
        look(served, platform="linux/s390x")


def asks(served: Served, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes] | None:
    """A token from another path, for the right user only."""
    if path.startswith("/token"):
        right = "Basic " + base64.b64encode(b"me:secret").decode()
        if headers.get("Authorization") == right and "scope=repository%3At%2Fasr%3Apull" in path:
            return 200, {}, b'{"token": "abc"}'
        return 401, {}, b"no"
    if headers.get("Authorization") == "Bearer abc":
        return None
    return 401, {"WWW-Authenticate": f'Bearer realm="http://{served.host}/token",service="s"'}, b""


def test_the_token_dance(served: Served, tmp_path: Path) -> None:
    served.image([layer()])
    served.guard = asks
    with pytest.raises(ImageError, match="docker login"):
        look(served)
    auth = base64.b64encode(b"me:secret").decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {served.host: {"auth": auth}}}))
    assert look(served)[0].torch is not None


def test_a_credential_helper(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served.image([layer()])
    served.guard = asks
    helper = tmp_path / "docker-credential-test"
    helper.write_text('#!/bin/sh\ngrep -q "^127" && echo \'{"Username": "me", "Secret": "secret"}\'\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {served.host: "test"}}))
    assert look(served)[0].torch is not None
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {served.host: "../x"}}))
    with pytest.raises(ImageError, match="no name of a program"):
        look(served)


def test_a_redirect_elsewhere_does_not_get_the_token(served: Served, tmp_path: Path) -> None:
    with serving() as other:
        served.image([layer()])
        other.blobs = served.blobs

        def away(one: Served, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes] | None:
            if "/blobs/" in path and headers.get("Authorization") == "Bearer abc":
                return 307, {"Location": f"http://{other.host}{path}"}, b""
            return asks(one, path, headers)

        served.guard = away
        auth = base64.b64encode(b"me:secret").decode()
        (tmp_path / "config.json").write_text(json.dumps({"auths": {served.host: {"auth": auth}}}))
        assert look(served)[0].torch is not None
        assert other.requests and all("Authorization" not in headers for _, headers in other.requests)


def test_a_name_is_the_engine_s_where_it_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    image = make.docker_files([make.Layer(make.files(TORCH))], ["registry.example/t/asr:cpu"])
    (tmp_path / "saved.tar").write_bytes(make.files(image))
    engine = tmp_path / "docker"
    engine.write_text(
        f'#!/bin/sh\nlast() {{ for word; do :; done; echo "$word"; }}\n'
        f'[ "$(last "$@")" = registry.example/t/asr:cpu ] || exit 1\n[ "$1" = image ] || cat {tmp_path}/saved.tar\n'
    )
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("WXLINT_CACHE_DIR", str(tmp_path / "cache"))
    asked: list[Place] = []

    def registry(place: Place, _: bool) -> Registry:
        asked.append(place)
        raise ImageError("no registry is asked in this test")

    monkeypatch.setattr("wxlint.inspection.registry.client.Registry", registry)
    assert main(["inspect", "registry.example/t/asr:cpu", "--expect", "cuda:12.1"]) == 0
    assert "is the engine's; docker://registry.example/t/asr:cpu is the one in its registry" in capsys.readouterr().err
    assert asked == []
    for words in (["docker://registry.example/t/asr:cpu"], ["registry.example/t/asr:cpu", "--platform", "linux/arm64"]):
        assert main(["inspect", *words]) == 2
    assert main(["inspect", "registry.example/t/other:cpu"]) == 2
    assert main(["inspect", "docker://python:3.11"]) == 2
    assert [place.name for place in asked] == [
        *["registry.example/t/asr:cpu"] * 2,
        "registry.example/t/other:cpu",
        "docker.io/library/python:3.11",
    ]
    assert main(["inspect", "docker://a b"]) == 2


def test_insecure_is_for_this_machine_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "registry.example/asr:cpu", "--insecure"]) == 2
    assert "registries on this machine" in capsys.readouterr().err


def test_a_redirect_out_of_this_machine_is_not_followed_without_tls(served: Served) -> None:
    served.guard = lambda *_: (307, {"Location": "http://registry.example/x"}, b"")
    with pytest.raises(ImageError, match="which is not secure"):
        look(served)


def test_an_image_that_is_not_there(served: Served) -> None:
    with pytest.raises(ImageError, match="has no such image"):
        look(served)


# -- Debian's registry


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with own_registry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry.host


def push(host: str, served: Served, tag: str) -> None:
    """Put everything of an image into a registry."""
    for digest, data in served.blobs.items():
        connection = http.client.HTTPConnection(host)
        connection.request("POST", "/v2/t/asr/blobs/uploads/")
        answer = connection.getresponse()
        answer.read()
        place = answer.headers["Location"].partition(host)[2]
        connection.request("PUT", f"{place}&digest={digest}", data, {"Content-Type": "application/octet-stream"})
        assert connection.getresponse().status == 201
    raw, kind = served.manifests[tag]
    connection = http.client.HTTPConnection(host)
    connection.request("PUT", f"/v2/t/asr/manifests/{tag}", raw, {"Content-Type": kind})
    assert connection.getresponse().status == 201


@pytest.mark.parametrize("form", ["gzip", "zstd", "estargz"])
def test_a_real_registry(debian: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    found = estargz(TORCH) if form == "estargz" else layer()
    if form == "zstd":
        zstandard = pytest.importorskip("zstandard")
        found = (found[0], zstandard.ZstdCompressor().compress(found[0]), {})
    served = Served()
    digest = served.image([found], form, User="app")
    push(debian, served, form)
    registry = Registry(Place(debian, "t/asr", form), insecure=True)
    image = run_inspect(f"{debian}/t/asr:{form}", remote=lambda _: RegistryStore(registry))
    assert (image.digest, image.user) == (digest, "app")
    assert image.torch is not None and image.torch.cuda == "12.1"
    assert (registry.received < len(found[1])) == (form == "estargz")


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_what_skopeo_makes_of_a_layer_is_read_by_its_table(
    debian: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zstd:chunked layer of a real producer; bytes that do not shrink, so that there is something to save."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("WXLINT_CACHE_DIR", str(tmp_path / "cache"))
    for name, data in make.oci_files([make.Layer(make.files(DENSE))], "cpu", bytes).items():
        (tmp_path / "layout" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "layout" / name).write_bytes(data)
    options = ("--insecure-policy", "--dest-tls-verify=false", "--dest-compress-format", "zstd:chunked")
    places = (f"oci:{tmp_path}/layout:cpu", f"docker://{debian}/t/dense:cpu")
    subprocess.run(["skopeo", "copy", *options, *places], check=True, capture_output=True)
    registry = Registry(Place(debian, "t/dense", "cpu"), insecure=True)
    image = run_inspect(f"{debian}/t/dense:cpu", remote=lambda _: RegistryStore(registry))
    assert image.torch is not None and image.torch.cuda == "12.1"
    assert (image.cuda.bytes, registry.received < 20_000) == (200_000, True)


def test_a_real_registry_that_dies_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("WXLINT_CACHE_DIR", str(tmp_path / "cache"))
    served = Served()
    served.image([layer(DENSE)])
    with own_registry(tmp_path / "registry") as registry:
        push(registry.host, served, "cpu")
        sent = 0

        def dies(piece: bytes) -> bytes | None:
            nonlocal sent
            sent += len(piece)
            if sent > 100_000:
                registry.stop()
                return None
            return piece

        with way_to(registry.host, dies) as host:
            assert main(["inspect", "--insecure", f"{host}/t/asr:cpu", "--expect", "cuda"]) == 2
        said = capsys.readouterr()
        assert said.out == "" and f"wxlint: error: {host}/t/asr:cpu: the " in said.err
        assert main(["inspect", "--insecure", f"{registry.host}/t/asr:cpu"]) == 2
        assert "cannot be reached" in capsys.readouterr().err
        registry.start()
        assert main(["inspect", "--insecure", f"{registry.host}/t/asr:cpu", "--expect", "cuda"]) == 0
