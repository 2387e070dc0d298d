"""Bases of a family that the repository builds, and that are none of the family's images."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main

POLICY = """\
wxlint: 1
registry: acme
registry-arg: REGISTRY
registry-env: MY_REGISTRY
image: "{registry}/{stage}:{variant}"
dockerfile: "{stage}/Dockerfile"
other-images: ["acme/os:*"]
variants: {cpu: {base: base, stages: [asr]}}
"""


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "wxlint.yaml").write_text(POLICY)
    for name, base in {"os": "debian:12", "base": "${REGISTRY}/os:1.0", "asr": "${REGISTRY}/base:cpu"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(f"ARG REGISTRY=acme\nFROM {base}\n")
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "bake", "sh", "bat", "mermaid"])
def test_a_plan_says_which_base_it_does_not_build(form: str, family: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--format", form]) == 0
    assert capsys.readouterr().err == (
        "wxlint: base:cpu: built from acme/os:1.0, which has to be there: "
        "wxlint.yaml has it under other-images, so that it is not in the plan\n"
    )


def test_it_does_so_in_another_registry(
    family: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MY_REGISTRY", "mirror.example/acme")
    assert main(["plan"]) == 0
    assert "base:cpu: built from mirror.example/acme/os:1.0, which has to be there" in capsys.readouterr().err


def test_of_a_base_from_elsewhere_it_says_nothing(family: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (family / "base/Dockerfile").write_text("FROM debian:12\n")
    assert main(["plan"]) == 0
    assert capsys.readouterr().err == ""


def test_nor_of_one_that_another_family_of_the_plan_makes(family: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'wxlint: 1\nname: os\nimage: "acme/os:1.0"\nvariants: {cpu: {dockerfile: Dockerfile}}\n'
    (family / "os/wxlint.yaml").write_text(text)
    assert main(["plan", ".", "os"]) == 0
    assert capsys.readouterr().err == ""
