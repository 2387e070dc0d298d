"""The reference family is clean, and each mistake that people make in such a family is found where it is made."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from wxlint.core.findings import Finding
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather
from wxlint.output import Report

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("docker", "policies", "scripts", "docker-compose.yml", "docker-compose.cpu.yml")


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / part)
        else:
            shutil.copy(source, tmp_path / part)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*paths: str) -> Report:
    gathered = gather(paths or ["docker"])
    return engine.check(
        gathered.repository, engine.CheckOptions(scope=gathered.scope, followed=gathered.followed, notes=gathered.notes)
    )


def test_the_reference_family_is_clean(family: Path) -> None:
    report = run()
    assert report.findings == ()
    assert report.summary.unknown == report.summary.bad == 0
    assert report.summary.good >= 40
    assert any("docker-compose.yml" in note for note in report.summary.notes)


class Mistake(NamedTuple):
    """In `path`, `old` becomes `new`; the finding stands on the line that holds `at`, under the text `under`."""

    rule: str
    path: str
    old: str
    new: str
    at: str
    under: str


CPU_FROM = "FROM ${REGISTRY}/cp-whisperx-app-base:cpu"
GPU_TAG = "ARG VARIANT=cuda"
INDEX = "--index-url"
MISTAKES = [
    Mistake(
        "latest-tag",
        "docker/demux/Dockerfile",
        CPU_FROM,
        CPU_FROM.replace(":cpu", ":latest"),
        "FROM",
        "${REGISTRY}/cp-whisperx-app-base:latest",
    ),
    Mistake(
        "wrong-base",
        "docker/demux/Dockerfile",
        CPU_FROM,
        CPU_FROM.replace(":cpu", ":cuda"),
        "FROM",
        "${REGISTRY}/cp-whisperx-app-base:cuda",
    ),
    Mistake(
        "untagged-image",
        "docker/demux/Dockerfile",
        CPU_FROM,
        CPU_FROM.replace(":cpu", ""),
        "FROM",
        "${REGISTRY}/cp-whisperx-app-base",
    ),
    Mistake("wrong-base", "docker/demux/Dockerfile", CPU_FROM, "FROM python:3.11-slim", "FROM", "python:3.11-slim"),
    Mistake(
        "wrong-base",
        "docker/asr/Dockerfile",
        GPU_TAG,
        "ARG VARIANT=cpu",
        "FROM",
        "${REGISTRY}/cp-whisperx-app-base:${VARIANT}",
    ),
    Mistake(
        "latest-tag",
        "docker/asr/Dockerfile",
        GPU_TAG,
        "ARG VARIANT=latest",
        "FROM",
        "${REGISTRY}/cp-whisperx-app-base:${VARIANT}",
    ),
    Mistake(
        "base-upstream", "docker/base/Dockerfile", "python:3.11-slim", "python:3.8-slim", "FROM", "${PYTHON_IMAGE}"
    ),
    Mistake(
        "base-upstream",
        "docker/base-cuda/Dockerfile",
        "nvidia/cuda:12.1.0",
        "nvidia/cuda:11.8.0",
        "FROM",
        "${CUDA_IMAGE}",
    ),
    Mistake(
        "cuda-image-tag",
        "docker/base-cuda/Dockerfile",
        "-cudnn8-runtime-ubuntu22.04",
        "-cudnn8",
        "FROM",
        "${CUDA_IMAGE}",
    ),
    Mistake(
        "torch-index",
        "docker/asr/Dockerfile",
        "/whl/cu121",
        "/whl/cpu",
        INDEX,
        '${TORCH_INDEX_URL:+--index-url "${TORCH_INDEX_URL}"}',
    ),
    Mistake(
        "torch-index",
        "docker/asr/Dockerfile",
        "/whl/cu121",
        "/whl/cu118",
        INDEX,
        '${TORCH_INDEX_URL:+--index-url "${TORCH_INDEX_URL}"}',
    ),
    Mistake(
        "torch-extra-index",
        "docker/asr/Dockerfile",
        INDEX,
        "--extra-index-url",
        "--extra-index-url",
        '${TORCH_INDEX_URL:+--extra-index-url "${TORCH_INDEX_URL}"}',
    ),
    Mistake(
        "torch-version",
        "docker/asr/Dockerfile",
        '"torchaudio==2.3.1"',
        '"torchaudio==2.2.1"',
        "torchaudio",
        '"torchaudio==2.2.1"',
    ),
    Mistake(
        "torch-version", "docker/asr/Dockerfile", '"torch==2.3.1"', '"torch==2.6.0"', "torch==2.6.0", '"torch==2.6.0"'
    ),
    Mistake(
        "unquoted-specifier",
        "docker/asr/Dockerfile",
        '"torchaudio==2.3.1"',
        "torchaudio>=2.3",
        "torchaudio",
        "torchaudio>=2.3",
    ),
    Mistake(
        "cuda-package",
        "docker/demux/Dockerfile",
        "RUN pip check",
        "RUN pip install onnxruntime-gpu && pip check",
        "onnxruntime",
        "onnxruntime-gpu",
    ),
    Mistake(
        "implicit-torch",
        "docker/demux/Dockerfile",
        "RUN pip check",
        "RUN pip install openai-whisper && pip check",
        "whisper",
        "openai-whisper",
    ),
    Mistake(
        "torch-without-index",
        "docker/demux/Dockerfile",
        "RUN pip check",
        "RUN pip install torch && pip check",
        "install torch",
        "torch",
    ),
    Mistake(
        "latest-tag",
        "docker-compose.yml",
        "app-demux:cpu",
        "app-demux:latest",
        "app-demux",
        "${DOCKERHUB_USER:-rajiup}/cp-whisperx-app-demux:latest",
    ),
    Mistake(
        "variant-tag",
        "docker-compose.yml",
        "app-demux:cpu",
        "app-demux:cuda",
        "app-demux",
        "${DOCKERHUB_USER:-rajiup}/cp-whisperx-app-demux:cuda",
    ),
    Mistake(
        "unknown-stage",
        "docker-compose.yml",
        "app-demux:cpu",
        "app-demxu:cpu",
        "app-demxu",
        "${DOCKERHUB_USER:-rajiup}/cp-whisperx-app-demxu:cpu",
    ),
    Mistake("gpu-reservation", "docker-compose.yml", "  deploy:\n", "  x-deploy:\n", "asr:", "asr"),
    Mistake("missing-stage", "docker-compose.yml", "\n  demux:\n", "\n  demuxer:\n", "#", ""),
    Mistake("syntax-error", "docker/mux/Dockerfile", "RUN pip check", "RUNN pip check", "RUNN", "RUNN"),
    Mistake(
        "syntax-error",
        "docker-compose.yml",
        "services:\n",
        "services:\n  demux: {}\n  demux: {}\n",
        "demux: {}",
        "demux",
    ),
    Mistake(
        "unbuilt-image",
        "docker/mux/Dockerfile",
        CPU_FROM,
        CPU_FROM.replace(":cpu", ":v2"),
        "FROM",
        "${REGISTRY}/cp-whisperx-app-base:v2",
    ),
    Mistake(
        "compose-run-gpus",
        "scripts/build-all-images.sh",
        "\nreport\n",
        "\ndocker compose run --gpus all asr\nreport\n",
        "--gpus",
        "docker compose run --gpus all asr",
    ),
]


def says(finding: Finding, rule: str) -> bool:
    """Whether a finding is a rule's, or stands for one of it at the same place."""
    return finding.rule == rule or any(one.text.startswith(f"{rule} at the same place: ") for one in finding.because)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: f"{m.rule}-{m.path}-{m.new[:30]}")
def test_a_mistake_is_found_where_it_is_made(mistake: Mistake, family: Path) -> None:
    path = family / mistake.path
    text = path.read_text()
    assert mistake.old in text
    path.write_text(text.replace(mistake.old, mistake.new))
    found = [f for f in run().findings if says(f, mistake.rule) and f.span.path == mistake.path]
    assert found, [(f.rule, f.span, f.message) for f in run().findings]
    lines = path.read_text().splitlines()
    shown = [(lines[f.span.line - 1], lines[f.span.line - 1][f.span.column - 1 : f.span.end_column - 1]) for f in found]
    assert any(mistake.at in line and (not mistake.under or mistake.under == under) for line, under in shown), shown
