"""Images in a real registry, Debian's `docker-registry`."""

from __future__ import annotations

import http.client
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import make_image as make
import pytest
from file_trees import write_tree
from own_registry import own_registry, way_to
from served_images import DENSE, TORCH, Served, estargz, layer

from wxlint.cli.main import main
from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.registry.client import ImageAddress, Registry
from wxlint.inspection.registry.store import RegistryStore


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
    registry = Registry(ImageAddress(debian, "t/asr", form), insecure=True)
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
    write_tree(tmp_path / "layout", make.oci_files([make.Layer(make.files(DENSE))], "cpu", bytes))
    options = ("--insecure-policy", "--dest-tls-verify=false", "--dest-compress-format", "zstd:chunked")
    places = (f"oci:{tmp_path}/layout:cpu", f"docker://{debian}/t/dense:cpu")
    subprocess.run(["skopeo", "copy", *options, *places], check=True, capture_output=True)
    registry = Registry(ImageAddress(debian, "t/dense", "cpu"), insecure=True)
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
