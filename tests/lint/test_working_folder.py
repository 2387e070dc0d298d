"""The answer does not depend on the folder that somebody works in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.lint.families import every_family
from wxlint.lint.inputs import Gathered
from wxlint.lint.run import CheckOptions, check
from wxlint.output import Report

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
    write_tree(tmp_path, FILES)
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


CUDA = "nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04"
INDEX = "https://download.pytorch.org/whl"
TREES = {
    "compose gives the arguments": {
        "compose.yaml": "services:\n  a:\n    image: x/app:gpu\n    gpus: all\n    build: {context: app, "
        f"dockerfile: Dockerfile.gpu, args: {{I: cu121, B: '{CUDA}'}}}}\n",
        "app/Dockerfile.gpu": "ARG B=python:3.11-slim\nARG I=cpu\nFROM $B\nARG I\n"
        f"RUN pip install torch==2.3.1 --index-url {INDEX}/$I\n",
    },
    "a script gives the tag": {
        "build.sh": "docker build -t acme/a:cpu -f app/Dockerfile .\n",
        "app/Dockerfile": "FROM python:3.11-slim\nRUN pip install torch==2.3.1\n",
    },
    "a script moves to the root": {
        "tools/ci/build.sh": 'cd "$(dirname "$0")/../.."\ndocker build -t acme/a:cpu -f app/img/Dockerfile .\n',
        "app/img/Dockerfile": "FROM python:3.11-slim\nRUN pip install torch==2.3.1\n",
    },
    "scripts for Windows name their own folder": {
        "tools/ci/build.bat": "cd /d %~dp0..\\..\ndocker build -t acme/a:cpu -f app/img/Dockerfile .\n",
        "tools/ci/build.ps1": 'docker build -t acme/b:cpu -f "$PSScriptRoot/../../app/b/Dockerfile" .\n',
        "tools/ci/top.sh": 'cd "$(git rev-parse --show-toplevel)"\ndocker build -t acme/c:cpu -f app/c/Dockerfile .\n',
        "app/img/Dockerfile": "FROM python:3.11-slim\nRUN pip install torch==2.3.1\n",
        "app/b/Dockerfile": "FROM python:3.11-slim\nRUN pip install torch==2.3.1\n",
        "app/c/Dockerfile": "FROM python:3.11-slim\nRUN pip install torch==2.3.1\n",
    },
    "a workflow and a makefile give the tag": {
        ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-22.04\n    steps:\n"
        "      - uses: actions/checkout@v4\n      - run: docker build -t acme/b:cpu -f app/b/Dockerfile .\n",
        "Makefile": "all:\n\tdocker build -t acme/a:cpu -f app/a/Dockerfile .\n",
        "app/a/Dockerfile": "FROM python:3.11-slim\nRUN pip install torch==2.3.1\n",
        "app/b/Dockerfile": "FROM python:3.11-slim\nRUN pip install torch==2.3.1\n",
    },
    "the list lies at the root": {
        "build.sh": "docker build -t acme/a:1 -f app/cpu/Dockerfile .\n",
        "requirements.txt": "torch==2.3.1\n",
        "app/cpu/Dockerfile": "FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
    },
    "a folder says what it is for": {
        "app/gpu/Dockerfile": f"FROM python:3.11-slim\nRUN pip install torch==2.3.1 --index-url {INDEX}/cpu\n",
    },
}


@pytest.mark.parametrize("name", TREES)
def test_a_tree_without_a_policy_is_judged_alike_from_everywhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    write_tree(tmp_path, TREES[name])
    folders = {folder for file in TREES[name] for folder in (tmp_path / file).parents if tmp_path in folder.parents}

    def judged(folder: Path, *paths: str) -> list[tuple[str, int, str, str]]:
        monkeypatch.chdir(folder)
        checked = [report_of(gathered) for gathered in every_family(paths)]
        return sorted(
            (str((folder / one.span.path).resolve().relative_to(tmp_path)), one.span.line, one.rule, one.severity.name)
            for report in checked
            for one in report.findings
        )

    whole = judged(tmp_path, ".")
    assert whole or name.startswith("compose")
    for folder in folders:
        own = [one for one in whole if (tmp_path / one[0]).is_relative_to(folder) or one[0] == "requirements.txt"]
        assert judged(folder, os.path.relpath(tmp_path, folder)) == whole
        assert judged(folder, str(tmp_path)) == whole
        for start, path in (
            (folder, "."),
            (tmp_path, os.path.relpath(folder, tmp_path)),
            (folder, f"../{folder.name}"),
        ):
            if any(file.name.startswith("Dockerfile") for file in folder.rglob("*")):
                assert judged(start, path) == own
    for file in TREES[name]:
        if "Dockerfile" in file:
            alone = [one for one in whole if one[0] == file]
            here = tmp_path / file
            for start in (tmp_path, *folders):
                assert judged(start, os.path.relpath(here, start)) == alone


def report_of(gathered: Gathered) -> Report:
    return check(
        gathered.repository, CheckOptions(scope=gathered.scope, followed=gathered.followed, left_out=gathered.families)
    )
