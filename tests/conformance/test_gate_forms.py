"""`wxlint inspect --policy` is one gate, in whatever form an image is at hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import make_image as make
import pytest
from own_registry import own_registry

from wxlint.cli.main import main

POLICY = """\
wxlint: 1
image: "r/{stage}"
expect: {user: non-root, labels: {team: asr}, packages: {numpy: ">=1,<2"}}
variants:
  cpu: {stages: [one], torch-channel: cpu, expect: {max-cuda-size: 0}}
"""
SETTINGS: dict[str, object] = {"User": "1000", "Labels": {"team": "asr"}}
GOOD = make.files(make.distribution("numpy", "1.26.4"))
BAD = make.files(make.distribution("numpy", "2.0.0") | {"usr/lib/libcudart.so.12": b"x" * 3000})


def skopeo(*words: str) -> None:
    subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with own_registry(tmp_path_factory.mktemp("registry")) as found:
        yield found.host


@pytest.fixture(params=["tar", "oci", "dir", "stdin", "registry"])
def judged(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[bytes], tuple[int, dict[str, Any]]]:
    """Gives (exit code, what the report says by check) of an image with a layer, in one of its forms."""
    form = request.param
    if form in ("oci", "dir", "registry") and shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed")

    def judge(layer: bytes) -> tuple[int, dict[str, Any]]:
        (tmp_path / "wxlint.yaml").write_text(POLICY)
        saved = tmp_path / "image.tar"
        saved.write_bytes(make.docker_save([make.Layer(layer)], ["r/one:cpu"], **SETTINGS))
        name, options = str(saved), ["--as", "one:cpu"]
        if form == "stdin":
            name = "-"
        elif form == "registry":
            host = request.getfixturevalue("registry")
            name = f"{host}/r/one:cpu"
            options = ["--insecure"]
            skopeo("--dest-tls-verify=false", f"docker-archive:{saved}", f"docker://{name}")
        elif form != "tar":
            name = str(tmp_path / form)
            skopeo(f"docker-archive:{saved}", f"{form}:{name}{':r/one:cpu' if form == 'oci' else ''}")
        words = ["inspect", name, "--policy", "wxlint.yaml", "--report", "report.json", *options]
        with saved.open("rb") as stdin:
            done = subprocess.run(
                [sys.executable, "-m", "wxlint", *words], cwd=tmp_path, stdin=stdin, capture_output=True, text=True
            )
        assert done.returncode in (0, 1), done.stderr
        checks = json.loads((tmp_path / "report.json").read_text())["images"][0]["checks"]
        return done.returncode, {check["name"]: (check["verdict"], check["code"]) for check in checks}

    return judge


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_images_of_two_forms_are_compared(tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name, layer in (("old", GOOD), ("new", BAD)):
        saved = tmp_path / f"{name}.tar"
        saved.write_bytes(make.docker_save([make.Layer(layer)], [f"r/{name}:cpu"], **SETTINGS))
        skopeo("--dest-tls-verify=false", f"docker-archive:{saved}", f"docker://{registry}/r/{name}:cpu")
    old, new = str(tmp_path / "old.tar"), f"{registry}/r/new:cpu"
    assert main(["diff", "--insecure", old, f"{registry}/r/old:cpu", "--fail-on", "growth"]) == 0
    capsys.readouterr()
    assert main(["diff", "--insecure", old, new, "--fail-on", "growth"]) == 1
    assert "numpy: 1.26.4 -> 2.0.0" in capsys.readouterr().out.splitlines()


def test_an_image_that_keeps_the_policy(judged: Callable[[bytes], tuple[int, dict[str, Any]]]) -> None:
    code, checks = judged(GOOD)
    assert code == 0
    assert {name for name, (verdict, _) in checks.items() if verdict != "PASS"} == {"forbidden-tag", "distributions"}


def test_an_image_that_breaks_it(judged: Callable[[bytes], tuple[int, dict[str, Any]]]) -> None:
    code, checks = judged(BAD)
    assert code == 1
    assert {name for name, (verdict, _) in checks.items() if verdict == "FAIL"} == {"packages", "no-cuda", "cuda-size"}
