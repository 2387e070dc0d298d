"""Families whose tags say the variant in other ways than most, and their further tags."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main

CUDA = "nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04"


def test_a_plain_tag_and_other_words_go_with_the_variants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    bases = {
        "": "nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04",
        "-cpu": "python:3.11-slim",
        "-amd": "rocm/dev-ubuntu-22.04:6.2",
    }
    lines = []
    for word, base in bases.items():
        (tmp_path / f"Dockerfile{word}").write_text(f"FROM {base}\n")
        lines.append(f"docker build -t acme/app:1.2{word} -f Dockerfile{word} .\n")
    (tmp_path / "build.sh").write_text("".join(lines))
    assert main(["init"]) == 0
    text = Path("wxlint.yaml").read_text()
    assert 'image: "acme/app:{version}-{variant}"' in text
    assert '  cuda:\n    accelerator: cuda\n    tag: ""\n' in text
    assert "  amd:\n    accelerator: rocm\n" in text and "  cpu:\n    accelerator: cpu\n" in text
    assert main(["check", "--no-cache", "--fail-on", "info", "."]) == 0
    assert main(["init", "--check"]) == 0


@pytest.fixture
def floating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A family of two, each built under its release and under floating tags."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim\n")
    (tmp_path / "Dockerfile").write_text(f"FROM {CUDA}\n")
    tags = {"Dockerfile.cpu": ("1.2-cpu", "1.3-cpu", "cpu", "nightly-cpu"), "Dockerfile": ("1.2", "1.3", "latest")}
    lines = [f"docker build -t acme/app:{tag} -f {file} .\n" for file, each in tags.items() for tag in each]
    (tmp_path / "build.sh").write_text("".join(lines))
    return tmp_path


def test_further_tags_are_written_where_they_belong(floating: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    text = Path("wxlint.yaml").read_text()
    assert 'image: "acme/app:{version}-{variant}"\ntags: ["nightly-{variant}", "{variant}"]\n' in text
    assert '    tag: ""\n    tags: [latest]\n' in text
    assert "not decided" not in capsys.readouterr().err
    assert main(["check", "--no-cache", "--fail-on", "info", "."]) == 0
    assert main(["init", "--check"]) == 0


def test_a_tag_of_another_dockerfile_is_no_further_tag(floating: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (floating / "Dockerfile.lean").write_text(f"FROM {CUDA}\n")
    with open("build.sh", "a") as file:
        file.write("docker build -t acme/app:lean -f Dockerfile.lean .\n")
    assert main(["init"]) == 0
    assert 'other-images: ["acme/app:lean"]' in Path("wxlint.yaml").read_text()
    assert main(["init", "--check"]) == 0
    assert "it follows another pattern: acme/app:lean, Dockerfile.lean" in capsys.readouterr().err


def test_a_word_of_ones_own_is_a_variant_where_its_dockerfile_is_called_so(floating: Path) -> None:
    (floating / "Dockerfile.tensorrt").write_text(f"FROM {CUDA}\n")
    with open("build.sh", "a") as file:
        file.write("docker build -t acme/app:1.2-tensorrt -f Dockerfile.tensorrt .\n")
    assert main(["init"]) == 0
    assert "  tensorrt:\n    accelerator: cuda\n" in Path("wxlint.yaml").read_text()
    assert main(["check", "--no-cache", "--fail-on", "info", "."]) == 0
    assert main(["init", "--check"]) == 0


def test_a_plain_tag_beside_gpu_is_taken_for_the_cpus_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    (tmp_path / "Dockerfile.gpu").write_text(f"FROM {CUDA}\n")
    tags = {"Dockerfile": ("1.2", "latest"), "Dockerfile.gpu": ("1.2-gpu", "latest-gpu")}
    lines = [f"docker build -t acme/app:{tag} -f {file} .\n" for file, each in tags.items() for tag in each]
    (tmp_path / "build.sh").write_text("".join(lines))
    assert main(["init"]) == 0
    text = Path("wxlint.yaml").read_text()
    assert '  cpu:\n    accelerator: cpu\n    tag: ""\n    tags: [latest]\n' in text
    said = capsys.readouterr().err.splitlines()
    assert said[1:] == ["not decided: what it is for: acme/app:{version}, Dockerfile (build.sh:1); cpu is taken"]
    assert main(["check", "--no-cache", "--fail-on", "info", "."]) == 0


def test_images_that_are_published_as_latest_stand_on_no_foreign_latest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for word, base in (("cpu", "python:3.11-slim"), ("gpu", CUDA)):
        (tmp_path / f"Dockerfile.{word}").write_text(f"FROM {base}\n")
    (tmp_path / "build.sh").write_text(
        "docker build -t acme/app-cpu -f Dockerfile.cpu .\ndocker build -t acme/app-gpu -f Dockerfile.gpu .\n"
    )
    assert main(["init"]) == 0
    assert main(["check", "--no-cache", "--fail-on", "info", "."]) == 0
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:latest\n")
    capsys.readouterr()
    assert main(["check", "--no-cache", "--concise", "."]) == 1
    assert "Dockerfile.cpu:1:6: error: FROM names python:latest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("script", "parts"),
    [
        ("T=${1:-1.0.0}\n%sT=$T", "parts: {version: {build-arg: T}}"),
        ("T=1.0.0\n%sT=$T", "parts: {version: {build-arg: T}}"),
        ("%sT=$T --build-arg LABEL=$T", "parts: {version: {build-arg: T}}"),  # the one that the base's tag takes
        ("%sLABEL=$T", "parts: {version: {build-arg: LABEL}}"),
        ("%sLABEL=$T --build-arg OTHER=$T", ""),
        ("T=1.0.0\n%sLABEL=1.0.0", ""),  # it may be the version of anything
        ("%sT=v$T", ""),
        ("%sT=$OTHER", ""),
    ],
)
def test_the_build_argument_that_carries_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, parts: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, text in {
        ".git": "",
        "base": "FROM python:3.11-slim\n",
        "api": "ARG T=1.0.0\nFROM acme/base:cpu-${T}\nARG LABEL\nARG OTHER\n",
    }.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Dockerfile").write_text(text)
    build = "docker build -t acme/base:cpu-$T base\ndocker build -t acme/api:cpu-$T api --build-arg "
    (tmp_path / "build.sh").write_text(f"{script % build}\n")
    assert main(["init"]) == 0
    lines = Path("wxlint.yaml").read_text().splitlines()
    assert 'image: "acme/{stage}:{variant}-{version}"' in lines
    assert [line for line in lines if line.startswith("parts:")] == ([parts] if parts else [])
    assert main(["plan", "--part", "version=1.4.0", "--format", "sh"]) == (0 if ": T}" in parts else 2)
    assert main(["init", "--check"]) == 0
