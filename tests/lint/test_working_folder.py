"""The answer does not depend on the folder that somebody works in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

POLICY = """\
wxlint: 1
name: app
registry: acme
image: "{registry}/{stage}"
variants:
  cpu:
    tag: cpu
    base: {stage: base, dockerfile: docker/base/Dockerfile}
    stages: [api]
    torch-channel: cpu
dockerfile: "docker/{stage}/Dockerfile"
scripts: [scripts/build.sh]
"""
FILES = {
    "policies/app.yaml": POLICY,
    "docker/base/Dockerfile": "FROM python:3.11-slim\n",
    "docker/api/Dockerfile": "FROM acme/base:cuda\nCOPY docker/api/requirements.txt .\n"
    "RUN pip install -r requirements.txt\n",
    "docker/api/requirements.txt": "--index-url https://download.pytorch.org/whl/cu121\ntorch==2.3.1\n",
    "scripts/build.sh": "docker build -t acme/base:cpu -f docker/base/Dockerfile .\n"
    "docker build -t acme/api:cpu -f docker/api/Dockerfile .\n",
}


@pytest.fixture
def family(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".git").mkdir()
    return tmp_path


def found(family: Path, folder: str, *words: str) -> list[tuple[str, int, str]]:
    command = [sys.executable, "-m", "wxlint", "check", *words, "--format", "json", "--no-cache"]
    done = subprocess.run(command, cwd=family / folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [
        (str((family / folder / each["path"]).resolve().relative_to(family)), each["line"], each["rule"])
        for each in json.loads(done.stdout)["findings"]
    ]


@pytest.mark.parametrize("folder", ["docker/api", "docker", "scripts"])
def test_findings_are_those_from_the_root(family: Path, folder: str) -> None:
    path = family / "docker" / "api" / "Dockerfile"
    expected = found(family, ".", "docker/api/Dockerfile", "--policy", "policies/app.yaml")
    assert "wrong-base" in {rule for *_, rule in expected}
    assert found(family, folder, str(path), "--policy", str(family / "policies" / "app.yaml")) == expected


def test_a_folder_of_the_family_has_no_unknown_stages(family: Path) -> None:
    rules = {rule for *_, rule in found(family, "docker", "--policy", "../policies/app.yaml")}
    assert "unknown-stage" not in rules and "wrong-base" in rules
