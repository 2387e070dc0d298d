"""An image that several builds produce: a join keeps what they agree on, lineage too."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.images.graph.image import Image
from wxlint.lint import run
from wxlint.lint.inputs import gather

POLICY = """\
wxlint: 1
name: example
registry: example
image: "{registry}/{stage}"
dockerfile: docker/{stage}/Dockerfile
variants:
  cuda:
    tag: cuda
    base: {stage: base}
    upstream: ["nvidia/cuda:12*"]
    stages: [mid, top]
"""
FAMILY = {
    "wxlint.yaml": POLICY,
    "docker/base/Dockerfile": "ARG CUDA=12.1.0\nFROM nvidia/cuda:${CUDA}-base-ubuntu22.04\n",
    "docker/mid/Dockerfile": "FROM example/base:cuda\n",
    "docker/top/Dockerfile": "FROM example/mid:cuda\n",
}


def script(*, echo: str = "", mid: str = "", base: str = "") -> str:
    return (
        f"{echo}docker build {base} -t example/base:cuda -f docker/base/Dockerfile .\n"
        f"docker build {mid} -t example/mid:cuda -f docker/mid/Dockerfile .\n"
        "docker build -t example/top:cuda -f docker/top/Dockerfile .\n"
    )


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(files: dict[str, str]) -> tuple[list[str], list[Image]]:
    write_tree(Path(), files)
    gathered = gather(["."])
    report = run.check(
        gathered.repository, run.CheckOptions(frozenset(["wrong-base", "base-upstream"]), scope=gathered.scope)
    )
    top = [image for image in gathered.repository.images if image.evaluated.path == "docker/top/Dockerfile"]
    return [f"{finding.rule} {finding.span.path}" for finding in report.findings], top


def test_two_scripts_that_build_a_second_level_base() -> None:
    bat = script(echo="@echo off\n", mid="--build-arg A=2", base="--build-arg B=2")
    found, images = check(
        {**FAMILY, "build.sh": script(mid="--build-arg A=1", base="--build-arg B=1"), "build.bat": bat}
    )
    assert found == []
    for image in images:
        passed = [use.value.text for use in image.base.lineage]
        assert passed == ["example/mid:cuda", "example/base:cuda", "nvidia/cuda:12.1.0-base-ubuntu22.04"]
        assert (image.base.accelerator, image.base.cuda) == ("cuda", "12.1")
        assert image.base.root is not None


def test_builds_on_different_upstreams_share_the_family_base_and_no_root() -> None:
    bat = script(echo="@echo off\n", base="--build-arg CUDA=12.4.1", mid="--build-arg A=2")
    found, images = check({**FAMILY, "build.sh": script(mid="--build-arg A=1"), "build.bat": bat})
    assert found == []
    for image in images:
        assert [use.value.text for use in image.base.lineage] == ["example/mid:cuda", "example/base:cuda"]
        assert (image.base.accelerator, image.base.cuda, image.base.root) == ("cuda", None, None)


def test_one_build_that_goes_another_way_proves_nothing_of_those_above() -> None:
    files = {**FAMILY, "docker/mid/Dockerfile": "ARG FROM=example/base:cuda\nFROM ${FROM}\n"}
    bat = script(echo="@echo off\n", mid="--build-arg FROM=debian:12")
    found, images = check({**files, "build.sh": script(), "build.bat": bat})
    assert found == ["wrong-base docker/mid/Dockerfile"]
    for image in images:
        assert image.base.accelerator is None


def test_one_build_that_names_the_base_by_an_unknown_registry_is_no_proof_against_it() -> None:
    files = {**FAMILY, "docker/mid/Dockerfile": "ARG REGISTRY=example\nFROM ${REGISTRY}/base:cuda\n"}
    other = script(mid="--build-arg REGISTRY=$1")
    found, images = check({**files, "build.sh": script(mid="--build-arg A=1"), "other.sh": other})
    assert found == []
    for image in images:
        assert [use.value.text for use in image.base.lineage][:1] == ["example/mid:cuda"]
        assert image.base.root is not None
        assert "example/base:cuda" in {use.value.text for use in image.base.partly}
