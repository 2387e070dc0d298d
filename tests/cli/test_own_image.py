"""wxlint's own image: its Dockerfile passes its own check, and the image works as people run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from wxlint.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
POLICY = "image/wxlint.yaml"
LOCKED = ("--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


@pytest.mark.parametrize("words", [("--no-policy",), ("--policy", POLICY)])
def test_its_dockerfile_passes_its_own_check(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["check", "--no-cache", "--fail-on", "info", *words, "image/Dockerfile"]) == 0


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """Built as the comment on top of the Dockerfile says."""
    if shutil.which("docker") is None or docker("image", "inspect", "python:3.11-slim").returncode:
        pytest.skip("no engine with a base")
    name = f"wxlint-test-{uuid.uuid4().hex[:10]}:0.1"
    env = os.environ | {"DOCKER_BUILDKIT": "1"}
    command = ["docker", "build", "-q", "-f", "image/Dockerfile", "-t", name, "."]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    yield name
    docker("image", "rm", "--force", name)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of this user with a bad image that is committed, and one that is not."""
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
    (tmp_path / "old" / "Dockerfile").write_text("FROM python:latest\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@registry.example"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    (tmp_path / "new" / "Dockerfile").write_text("FROM debian:latest\n")
    tmp_path.chmod(0o755)
    return tmp_path


def ran(image: str, repository: Path, *words: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return docker("run", "--rm", *LOCKED, *options, "-v", f"{repository}:/repo:ro", image, *words)


@pytest.mark.engine
def test_it_checks_a_repository_that_it_cannot_write(image: str, repository: Path) -> None:
    done = ran(image, repository, "check")
    assert done.returncode == 1, done.stderr
    assert "old/Dockerfile:1:6: warning:" in done.stdout and "new/Dockerfile:1:6: warning:" in done.stdout
    assert done.stderr == ""
    assert ran(image, repository).stdout == done.stdout  # `check` is what it does unasked


@pytest.mark.engine
def test_it_shows_what_changed_since_a_commit(image: str, repository: Path) -> None:
    user = ("--user", f"{os.getuid()}:{os.getgid()}")  # git refuses the repositories of others
    done = ran(image, repository, "check", "--concise", "--since", "HEAD", options=user)
    assert done.returncode == 1, done.stderr
    assert "new/Dockerfile" in done.stdout and "old/Dockerfile" not in done.stdout


@pytest.mark.engine
def test_it_is_not_root_and_holds_what_its_policy_says(
    image: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = docker("run", "--rm", "--entrypoint", "id", image, "-u")
    assert asked.stdout.strip() == "65534"
    monkeypatch.chdir(ROOT)
    assert main(["inspect", image, "--expect", "cpu", "--policy", POLICY, "--as", "wxlint:cpu"]) == 0
    said = capsys.readouterr()
    assert "FAIL" not in said.err and "PASS" in said.err
