"""The troubles that everyone with such a family meets: `check` names each with its remedy, before a build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from family_kit import ROOT

TORCH = "https://download.pytorch.org/whl/cu121"
TROUBLES = {
    "base not found": (
        "docker/mux/Dockerfile",
        "base:cpu",
        "base:v2",
        [
            "unbuilt-image",
            "nothing builds rajiup/cp-whisperx-app-base:v2; base is built as :cpu, :cuda",
            "start it FROM rajiup/cp-whisperx-app-base:cpu",
        ],
    ),
    "latest, as before": (
        "docker/mux/Dockerfile",
        "base:cpu",
        "base:latest",
        ["latest-tag", "wrong-base", "start it FROM rajiup/cp-whisperx-app-base:cpu"],
    ),
    "CUDA not available, by the tag": (
        "docker-compose.yml",
        "app-asr:cuda",
        "app-asr:cpu",
        ["gpu-reservation", "service asr runs a cpu image and asks for a GPU"],
    ),
    "CUDA not available, without a reservation": (
        "docker-compose.yml",
        "  deploy:\n",
        "  x-deploy:\n",
        ["gpu-reservation", "asr"],
    ),
    "wrong PyTorch": (
        "docker/asr/Dockerfile",
        TORCH,
        TORCH.replace("cu121", "cpu"),
        [
            "torch-index",
            "torch comes from channel cpu; asr:cuda takes cu121",
            "= help: write --index-url https://download.pytorch.org/whl/cu121",
        ],
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_check_names_the_trouble_and_the_remedy(tmp_path: Path, trouble: str) -> None:
    for name in ("docker", "policies", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("docker-compose.yml", "docker-compose.cpu.yml", "pipeline.py", ".dockerignore"):
        shutil.copy(ROOT / name, tmp_path)
    path, old, new, said = TROUBLES[trouble]
    text = (tmp_path / path).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / path).write_text(text.replace(old, new), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "wxlint", "check", "docker/"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    for each in said:
        assert each in done.stdout
    assert "= help: " in done.stdout
