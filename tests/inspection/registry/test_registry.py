"""Images in a registry that misbehaves on purpose: what is read of them, what is refused, and what a name is."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path

import make_image as make
import pytest
from served_images import TORCH, Served, layer, look

from wxlint.cli.main import main
from wxlint.core.errors import ImageError
from wxlint.inspection.registry.client import ImageAddress, Registry, place_of


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
    asked: list[ImageAddress] = []

    def registry(place: ImageAddress, _: bool) -> Registry:
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
