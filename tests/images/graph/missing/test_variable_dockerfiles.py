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
        ("Dockerfile.cpu", "docker build -f Dockerfile.$1-$2 .\n", ["Dockerfile.*-*"]),
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


def gone(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> list[str]:
    write_tree(folder, {"Dockerfile": "FROM python:3.11\n", "build.sh": script})
    monkeypatch.chdir(folder)
    return [gone.path for gone in gather(["."], no_policy=True).repository.gone_dockerfiles]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("echo build", ["Dockerfile.dev"]),
        ('[ ! -f "$D" ] && exit 1', ["Dockerfile.dev"]),
        ('if [ ! -f "$D" ]; then\n  D=Dockerfile\nfi', []),
        ('if ! test -f "$D"; then D=Dockerfile; fi', []),
        ('python tools.py --output "$D"', []),
        ("python tools.py -o $D", []),
        ('generate_dockerfile "$D"', []),
        ("./tools/render.sh cpu ${D}", []),
    ],
)
def test_a_variable_whose_file_something_may_make(
    line: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f'D=Dockerfile.dev\n{line}\ndocker build -f "$D" -t acme/a:1.0 .\n'
    assert gone(tmp_path, monkeypatch, script) == expected


@pytest.mark.parametrize("name", ["Dockerfile", "docker/Dockerfile", "Dockerfile.$1"])
def test_an_empty_folder_may_be_a_submodule(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "third/app").mkdir(parents=True)
    assert gone(tmp_path, monkeypatch, f"docker build -f third/app/{name} third/app\n") == []


@pytest.mark.parametrize(
    "script",
    [
        "docker build -f ../other/Dockerfile.gpu ../other\n",
        'D=../other/Dockerfile.gpu\ndocker build -f "$D" ../other\n',
        "docker build -f ../Dockerfile.$1 ..\n",
    ],
)
def test_what_lies_beside_the_repository(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app/.git").mkdir(parents=True)
    (tmp_path / "Dockerfile").write_text("FROM python:3.11\n")
    assert gone(tmp_path / "app", monkeypatch, script) == []
