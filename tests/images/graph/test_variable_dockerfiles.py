"""Dockerfiles that builds name by a variable, in a repository with files of such names."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.lint.inputs import gather


@pytest.mark.parametrize(
    ("name", "script", "expected"),
    [
        ("cpu.Dockerfile", "docker build -f $1.Dockerfile .\n", []),
        ("Dockerfile.cpu-slim", "docker build -f Dockerfile.$1-$2 .\n", []),
        ("Dockerfile" + "-" * 200, f"docker build -f Dockerfile-{'$1-' * 20}x .\n", [f"Dockerfile-{'*-' * 20}x"]),
    ],
)
def test_a_name_with_unknown_parts(
    name: str, script: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {name: "FROM python:3.11\n", "Dockerfile": "FROM python:3.11\n", "build.sh": script})
    monkeypatch.chdir(tmp_path)
    repository = gather(["."], no_policy=True).repository
    assert [gone.path for gone in repository.gone_dockerfiles] == expected
