"""What is built in a folder that is not known is counted as unknown, and not left out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from file_trees import write_tree


@pytest.mark.parametrize(
    ("name", "text", "unknown"),
    [
        ("b.bat", 'cd /d "%X%"\ndocker build -t acme/a:gpu ..\\app\n', 1),
        ("b.bat", 'cd /d "%~dp0.."\ndocker build -t acme/a:gpu app\n', 0),
        ("b.sh", 'cd "$X"\ndocker build -t acme/a:gpu app\n', 1),
        ("b.sh", 'docker build -t acme/a:gpu "$X"\n', 1),
        ("b.sh", 'cd "$(git rev-parse --show-toplevel)"\ndocker build -t acme/a:gpu app\n', 0),
        ("b.ps1", "cd $X\ndocker build -t acme/a:gpu app\n", 1),
        ("b.ps1", 'cd (Join-Path $PSScriptRoot "..")\ndocker build -t acme/a:gpu app\n', 0),
        ("b.sh", 'for d in app "$X"; do docker build -t acme/a:gpu "$d"; done\n', 0),
    ],
)
def test_a_build_is_seen_or_counted_as_unknown(name: str, text: str, unknown: int, tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "app/Dockerfile": "FROM python:3.12-slim\n"
            "RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cpu\nUSER 1000\n",
            f"ci/{name}": text,
        },
    )
    command = [sys.executable, "-m", "wxlint", "check", "--no-cache", "--format", "json", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert found["summary"]["references"]["unknown"] == unknown
    assert ("torch-index" in {finding["rule"] for finding in found["findings"]}) is not bool(unknown)
