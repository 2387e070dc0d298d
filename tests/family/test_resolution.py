"""What the GPU stages need resolves together, by pip's own resolver on the package index; nothing is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wxlint.documents.source import read
from wxlint.lint.inputs import gather
from wxlint.policy.load import load_policy

ROOT = Path(__file__).resolve().parents[2]


def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that pip is asked for in the Dockerfiles, but for pip itself, as the linter reads it."""
    monkeypatch.chdir(ROOT)
    repository = gather(["docker/"]).repository
    found = {r.written for e in repository.evaluated for s in e.stages for i in s.installs for r in i.requirements}
    return sorted(word for word in found if not word.startswith("pip=="))


@pytest.mark.network
@pytest.mark.slow
def test_pip_resolves_all_of_it_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch comes from pip's own index, whose wheel of this release is the CUDA 12.1 build."""
    wanted = asked(monkeypatch)
    assert {"torch==2.3.1", "torchaudio==2.3.1", "whisperx==3.3.1", "ctranslate2==4.4.0", "numpy==1.26.4"} <= set(
        wanted
    )
    if sys.platform != "linux" or sys.version_info[:2] not in ((3, 10), (3, 11), (3, 12)):
        pytest.skip("this set is for Python 3.10 to 3.12 on Linux")
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--report", str(report)]
    constraints = ["-c", "docker/constraints-cuda.txt", "-c", "docker/locked.txt"]
    done = subprocess.run([*command, *constraints, *wanted], cwd=ROOT, capture_output=True, text=True, timeout=900)
    if (
        "ResolutionImpossible" not in done.stderr
        and done.returncode
        and ("Connection" in done.stderr or "Retrying" in done.stderr)
    ):
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr[-3000:]
    resolved = {
        i["metadata"]["name"].lower().replace("_", "-"): i["metadata"]["version"]
        for i in json.loads(report.read_text())["install"]
    }
    pins = dict(word.split("==") for word in wanted)
    assert {name: resolved[name.lower()] for name in pins} == pins
    assert resolved["nvidia-cudnn-cu12"].startswith("8."), "ctranslate2 before 4.5 needs cuDNN 8"
    path = ROOT / "policies" / "cp-whisperx.yaml"
    assert load_policy(read(path, str(path))).variants["cuda"].torch == "cu121"
    assert resolved["nvidia-cuda-runtime-cu12"].startswith("12.1.")
