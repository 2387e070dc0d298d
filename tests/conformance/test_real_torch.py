"""A CPU image with a real CPU build of torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_family import POLICY, family, need_engine

TORCH = "2.13.0"
STAGE = """\
FROM {prefix}-base:cpu
USER root
COPY wheels /wheels
RUN pip install --no-cache-dir /wheels/torch-*.whl && rm -r /wheels
USER stage
COPY app.py /app.py
ENTRYPOINT ["python", "/app.py"]
"""
SOURCES = (["--no-index"], ["--index-url", "https://download.pytorch.org/whl/cpu"])
"""Folders that pip is configured for (PIP_FIND_LINKS), else PyTorch's own index: the default index has CUDA builds."""


def wheel(folder: Path) -> None:
    if sys.version_info[:2] != (3, 11):
        pytest.skip("the stand-in base has Python 3.11, and so must be the wheel")
    folder.mkdir()
    for source in SOURCES:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--dest",
            str(folder),
            *source,
            f"torch=={TORCH}",
        ]
        if not subprocess.run(command, capture_output=True, timeout=600).returncode:
            return
    pytest.skip(f"there is no CPU build of torch {TORCH} to be had")


@pytest.mark.engine
@pytest.mark.network
@pytest.mark.heavy
def test_a_cpu_image_with_cpu_torch(tmp_path: Path) -> None:
    need_engine()
    policy = POLICY.replace("max-cuda-size: 0", "max-cuda-size: 0, torch: required").replace(
        "base: base", "base: {{stage: base, expect: {{torch: forbidden}}}}"
    )
    with family(tmp_path, {"torch": STAGE}, policy) as made:
        wheel(tmp_path / "wheels")
        done = made.pytest("--wx-report", "report.json")
        assert done.returncode == 0, done.stdout
        images = {each["image"]: each for each in json.loads((tmp_path / "report.json").read_text())["images"]}
        checks = {check["name"]: check for check in images["torch:cpu"]["checks"]}
        assert {check["verdict"] for check in checks.values()} == {"PASS"}, done.stdout
        runtime = checks["torch-channel"]["evidence"]["runtime"]
        assert (runtime["cuda"], runtime["compiled"]) == (None, False)
        assert checks["torch"]["reason"].startswith(f"torch {TORCH}")
