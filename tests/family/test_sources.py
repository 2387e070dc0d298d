"""What the family's files must agree on and no linter rule states."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from family_kit import DOCKER, ROOT
from stagekit.promise import CUDA as PROMISED_CUDA

import pipeline
from wxlint.documents.source import read
from wxlint.policy.expectations import expected_images
from wxlint.policy.load import load_policy

CPU = ("demux", "tmdb", "pre-ner", "post-ner", "subtitle-gen", "mux")
CUDA = ("silero-vad", "pyannote-vad", "diarization", "asr", "second-pass-translation", "lyrics-detection")
PIN = re.compile(r'"([A-Za-z0-9._-]+)==([^"]+)"')


def dockerfile(stage: str) -> str:
    return (DOCKER / stage / "Dockerfile").read_text(encoding="utf-8")


def pins(path: Path) -> dict[str, set[str]]:
    """Distribution -> the releases that a constraints file pins, local versions left off."""
    found: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^\s;+]+)", line):
            found.setdefault(match[1].replace(".", "-").lower(), set()).add(match[2])
    return found


def test_gpu_stages_begin_alike_so_that_they_share_the_torch_layer() -> None:
    heads = {dockerfile(stage).split("torchaudio==")[0].split("\n", 1)[1] for stage in CUDA}
    assert len(heads) == 1


@pytest.mark.parametrize("variant", ["cpu", "cuda"])
def test_every_pinned_install_is_what_the_constraints_pin(variant: str) -> None:
    allowed = {**pins(DOCKER / "locked.txt"), **pins(DOCKER / f"constraints-{variant}.txt")}
    stages = (*CPU, *CUDA) if variant == "cpu" else CUDA
    for stage in stages:
        for name, version in PIN.findall(dockerfile(stage)):
            assert allowed[name.replace(".", "-").lower()] == {version}, f"{stage}: {name}"


def test_compose_pipeline_and_folders_name_the_same_stages() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert set(compose) == {*CPU, *CUDA} == set(pipeline.STAGES)
    assert {path.parent.name for path in DOCKER.glob("*/Dockerfile")} == {*CPU, *CUDA, "base", "base-cuda"}
    optional = {stage for stage, service in compose.items() if service.get("profiles") == ["optional"]}
    assert optional == set(pipeline.OPTIONAL)


def test_the_cpu_override_takes_every_gpu_stage() -> None:
    text = (ROOT / "docker-compose.cpu.yml").read_text(encoding="utf-8")
    services = yaml.safe_load(text.replace("!reset null", "reset"))["services"]
    assert set(services) == set(CUDA)
    for stage, service in services.items():
        assert service["image"] == f"${{DOCKERHUB_USER:-rajiup}}/cp-whisperx-app-{stage}:cpu"
        assert service["deploy"] == "reset"


def test_the_batch_file_ends_its_lines_as_cmd_needs_them() -> None:
    data = (ROOT / "scripts" / "build-all-images.bat").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")


def test_torch_lies_below_what_the_lock_pins() -> None:
    """A new version of something else must not build torch's layer again."""
    for base in ("base", "base-cuda"):
        assert f"COPY docker/{base}/requirements.txt" in dockerfile(base)
    for stage in CUDA:
        torch, lock = (
            dockerfile(stage).index(each) for each in ("torchaudio==", f"COPY docker/{stage}/requirements.txt")
        )
        assert torch < lock


def test_what_a_build_promises_is_what_the_policy_expects() -> None:
    path = ROOT / "policies" / "cp-whisperx.yaml"
    for expected in expected_images(load_policy(read(path, str(path)))):
        stage, variant = expected.stage, expected.variant
        if expected.is_base:
            continue
        (words,) = re.findall(r"stagekit\.promise (.+)", dockerfile(stage))
        promised = words.replace('"${VARIANT}"', variant).split()
        assert promised == [variant, *(["torch"] if expected.needs_torch == "required" else [])], stage
        if variant == "cuda":
            assert expected.torch == f"cu{PROMISED_CUDA.replace('.', '')}"


READS = re.compile(r"""os\.environ(?:\.get\(|\[)["'](\w+)["']""")


def test_compose_passes_what_a_stage_reads_and_what_is_documented() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    documented = set(re.findall(r"^\| (`[A-Z_`, ]+`) \|", (DOCKER / "README.md").read_text(encoding="utf-8"), re.M))
    names = {name for cell in documented for name in re.findall(r"[A-Z_]+", cell)}
    read = set()
    for stage, service in compose.items():
        own = set(READS.findall((DOCKER / stage / f"{stage.replace('-', '_')}_stage.py").read_text(encoding="utf-8")))
        set_by_the_image = {"HF_HOME", "PYANNOTE_CACHE", "STAGE_VARIANT"}
        assert own - set_by_the_image <= set(service.get("environment", ())), stage
        read |= set(service.get("environment", ()))
    build_arguments = {"REGISTRY", "VARIANT", "TORCH_INDEX_URL", "PYTHON_IMAGE", "CUDA_IMAGE"}
    assert names - build_arguments - {"STAGE_USER"} <= read


def test_every_cache_lies_in_a_folder_that_compose_mounts() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    for base in ("base", "base-cuda"):
        caches = re.findall(r"\b(?:HF_HOME|PYANNOTE_CACHE|TORCH_HOME)=(\S+)", dockerfile(base))
        assert len(caches) == 3
        for stage, service in compose.items():
            mounted = [volume.split(":")[1] + "/" for volume in service["volumes"]]
            assert all(any(cache.startswith(folder) for folder in mounted) for cache in caches), stage
