"""Which targets bake finds, against `docker buildx bake --print`, which needs no engine."""

from __future__ import annotations

import subprocess
from itertools import product
from pathlib import Path

import pytest

from wxlint.lint.inputs import gather
from wxlint.rules import load_rule

HCL = """group "all" { targets = ["cpu", "app"] }
group "broken" { targets = ["cpu", "gone"] }
target "cpu" {}
target "_base" {}
target "app" {
  name = "app-${tag}"
  matrix = { tag = ["cpu", "cuda"] }
}
"""
JSON = '{"target": {"default": {}, "json": {}}}'
COMPOSE = "services:\n  web: {build: .}\n  job.one: {build: .}\n  db: {image: redis}\n"
FILES = {"docker-bake.hcl": HCL, "docker-bake.json": JSON, "compose.yaml": COMPOSE}
FOLDERS = [
    ("docker-bake.hcl",),
    ("docker-bake.json",),
    ("compose.yaml",),
    ("docker-bake.hcl", "compose.yaml"),
    (*FILES,),
]
TARGETS = ["", "default", "all", "broken", "app", "app-rocm", "web", "job_one", "db"]


def buildx() -> list[str]:
    command = ["docker", "buildx"]
    try:
        found = subprocess.run([*command, "version"], capture_output=True)
    except FileNotFoundError:
        found = None
    if found is None or found.returncode:
        pytest.skip("no buildx")
    return command


def chosen(options: str) -> list[str]:
    return [word for word in options.split(" ") if word]


OPTIONS = ["", "-f docker-bake.hcl", "-f docker-bake.hcl -f compose.yaml"]
CASES = [(files, said) for files, said in product(FOLDERS, OPTIONS) if set(chosen(said)[1::2]) <= set(files)]


@pytest.mark.parametrize(("files", "options"), CASES)
def test_what_bake_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], options: str) -> None:
    command = buildx()
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\n")
    for name in files:
        (tmp_path / name).write_text(FILES[name])
    monkeypatch.chdir(tmp_path)
    for target in TARGETS:
        words = [*chosen(options), *([target] if target else [])]
        ran = subprocess.run([*command, "bake", *words, "--print"], capture_output=True, text=True)
        (tmp_path / "build.sh").write_text(" ".join(["docker", "buildx", "bake", *words]) + "\n")
        repository = gather(["."], no_policy=True).repository
        found = [*load_rule("unknown-bake-target").check(repository)]
        assert bool(found) == ("failed to find target" in ran.stderr), (words, ran.stderr, found)
