"""`check --fix`, `--diff` and `--unsafe-fixes`: a whole migration, and what is refused or taken back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from before_family import family
from fixed_trees import CPU, CU121, GPU_BASE, contents, fix, write

from wxlint.cli.main import main

# -- the migration of a whole family


def test_the_whole_migration_is_one_command(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(family())
    os.chmod("scripts/build-all-images.sh", 0o755)
    assert main(["check", "--no-cache", "--policy", "policies/family.yaml"]) == 1
    capsys.readouterr()
    assert fix("--policy", "policies/family.yaml") == 0
    out, err = capsys.readouterr()
    assert out.startswith("nothing found")
    assert "fixed 41 findings in 16 files" in err
    assert main(["check", "--no-cache", "--policy", "policies/family.yaml", "--fail-on", "info"]) == 0
    asr = Path("docker/asr/Dockerfile").read_text()
    assert "FROM rajiup/cp-whisperx-app-base:cuda\n" in asr
    assert f"ARG TORCH_INDEX_URL={CU121}\n" in Path("docker/pyannote-vad/Dockerfile").read_text()
    assert "--index-url ${TORCH_INDEX_URL}\n" in Path("docker/pyannote-vad/Dockerfile").read_text()
    assert "# Geräusche: Größe" in Path("docker/diarization/Dockerfile").read_text("utf-8")
    assert b"FROM rajiup/cp-whisperx-app-base:cpu\r\n" in Path("docker/mux/Dockerfile").read_bytes()
    assert ":latest" not in Path("scripts/build-all-images.bat").read_text()
    assert Path("scripts/build-all-images.sh").stat().st_mode & 0o111
    after = contents(here)
    assert fix("--policy", "policies/family.yaml") == 0
    assert contents(here) == after


def test_a_patch_of_the_migration_is_applied_by_git(here: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write(family())
    os.chmod("scripts/build-all-images.sh", 0o755)
    before = contents(here)
    assert main(["check", "--diff", "--no-cache", "--policy", "policies/family.yaml"]) == 1
    patch = capfdbinary.readouterr().out
    assert contents(here) == before
    shutil.rmtree(here / ".git")
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "-c", "core.autocrlf=false", "apply", "-"], input=patch, check=True)
    assert main(["check", "--no-cache", "--policy", "policies/family.yaml"]) == 0
    assert main(["check", "--diff", "--no-cache", "--policy", "policies/family.yaml"]) == 0


# -- refused


def test_a_fix_that_changes_another_image_is_refused_and_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = f"--index-url {CPU}\ntorch==2.3.1\n"
    install = "COPY requirements.txt /\nRUN pip install -r /requirements.txt\n"
    files = {
        "requirements.txt": listed,
        "Dockerfile.gpu": GPU_BASE + install,
        "tool/Dockerfile": "FROM python:3.11-slim\n" + install,
        "b.sh": "docker build -f Dockerfile.gpu -t x/a:cuda .\ndocker build -f tool/Dockerfile -t x/tool:1 .\n",
    }
    write(files)
    fix("--unsafe-fixes", "--no-policy", ".")
    assert Path("requirements.txt").read_text() == listed
    assert (
        "not fixed requirements.txt:1: torch-index: take torch from cu121: it changes another image, tool/Dockerfile"
        in (capsys.readouterr().err)
    )


def test_a_fix_that_makes_a_finding_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        {
            "policy.yaml": "wxlint: 1\nimage: x/{stage}\ndockerfile: '{stage}/Dockerfile'\nscripts: [b.sh]\nvariants:\n"
            "  cpu: {stages: [a]}\n  cuda: {stages: [b]}\n",
            "a/Dockerfile": "FROM python:3.11-slim\n",
            "b/Dockerfile": GPU_BASE,
            "b.sh": "for s in a b; do\n  docker build -t x/$s:cpu $s\ndone\n",
        }
    )
    before = Path("b.sh").read_text()
    assert fix("--policy", "policy.yaml") == 1
    assert Path("b.sh").read_text() == before
    assert "tag it :cuda: it makes a new finding: b.sh:2: variant-tag" in capsys.readouterr().err


POLICY = (
    "wxlint: 1\nimage: x/{stage}\ndockerfile: Dockerfile\ncompose: [compose.yml]\nvariants:\n  cuda: {stages: [asr]}\n"
)
SERVICE = "services:\n  asr: &asr\n    image: x/asr:cpu\n    restart: always\n"
SHARING = "  db:\n    <<: *asr\n    image: postgres:16\n"


def test_a_fix_is_taken_back_when_what_it_brings_to_light_cannot_be_fixed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tag of a GPU stage asks for a device, which another service would get, too."""
    write({"wxlint.yaml": POLICY, "Dockerfile": GPU_BASE, "compose.yml": SERVICE + SHARING})
    assert fix(".") == 1
    assert Path("compose.yml").read_text() == SERVICE + SHARING
    assert ": tag it :cuda: it makes a new finding: compose.yml:2: gpu-reservation" in capsys.readouterr().err
    write({"compose.yml": SERVICE})
    assert fix(".") == 0
    assert "image: x/asr:cuda\n" in Path("compose.yml").read_text()


TAGGED = {
    "deploy/pod.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: asr\n      image: x/asr:{}\n"
    "      resources: {limits: {nvidia.com/gpu: 1}}\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  b:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - uses: actions/checkout@v4\n      - uses: docker/build-push-action@v6\n        with:\n"
    "          context: .\n          push: true\n          tags: x/asr:{}\n",
    "Makefile": "TAG ?= {}\nbuild:\n\tdocker build -t x/asr:$(TAG) .\n",
    "docker-bake.hcl": 'target "asr" {\n  context = "."\n  tags = ["x/asr:{}"]\n}\n',
    "build.sh": '#!/bin/sh\nTAG={}\ndocker build -t x/asr:${TAG} .\ndocker push "x/asr:$TAG"\n',
    "build.bat": "@echo off\r\nset TAG={}\r\ndocker build -t x/asr:%TAG% .\r\n",
}


@pytest.mark.parametrize("name", TAGGED)
@pytest.mark.parametrize("wrong", ["latest", "cpu"])
def test_tags_wherever_they_stand(here: Path, name: str, wrong: str) -> None:
    """In manifests, workflows, makefiles, bake files and scripts; where a variable holds the tag, there."""
    policy = POLICY.replace("compose: [compose.yml]\n", "").replace(
        "{stages: [asr]}", "{stages: [asr]}\n  cpu: {optional: [mux]}"
    )
    text = TAGGED[name]
    write({"wxlint.yaml": policy, "Dockerfile": GPU_BASE, name: text.replace("{}", wrong)})
    fix(".")
    assert Path(name).read_bytes().decode() == text.replace("{}", "cuda")


def test_new_lines_end_as_the_lines_around_them(here: Path) -> None:
    write({"wxlint.yaml": POLICY, "Dockerfile": GPU_BASE, "compose.yml": SERVICE.replace("\n", "\r\n").encode()})
    assert fix(".") == 0
    text = Path("compose.yml").read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") == 11


def test_files_that_were_not_given_are_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        {
            "Dockerfile.gpu": GPU_BASE + "COPY r.txt /\nRUN pip install -r /r.txt\n",
            "r.txt": f"--index-url {CPU}\ntorch==2.3.1\n",
            "other/Dockerfile": "FROM python:3.11-slim\nRUN pip install flask>=2\n",
        }
    )
    before = contents(here)
    fix("--unsafe-fixes", "--no-policy", "Dockerfile.gpu")
    assert contents(here) == before


def test_standard_input_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fix("-") == 2
    assert main(["check", "--unsafe-fixes", "."]) == 2
    assert main(["check", "--fix", "--diff", "."]) == 2
