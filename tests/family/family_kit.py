"""The reference family's own tests. Those marked `engine` build and run its images on a container engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"

# The stages import this as their images do, from PYTHONPATH.
sys.path.insert(0, str(DOCKER / "common"))
sys.path.insert(0, str(ROOT))

REGISTRY = os.environ.get("DOCKERHUB_USER") or "rajiup"


class Done(NamedTuple):
    """A program that has ended."""

    code: int
    out: str
    err: str


class Family(NamedTuple):
    """A checkout's compose project with folders of its own for films and results."""

    folder: Path

    def compose(self, *words: str, env: dict[str, str] | None = None) -> Done:
        """`docker compose WORDS` with the checkout's compose file on this folder."""
        return program("docker", "compose", *words, cwd=self.folder, env=env)

    def stage(self, name: str, *words: str) -> Done:
        """`docker compose run --rm NAME WORDS`, as the user who runs the tests."""
        return self.compose("run", "--rm", "-T", name, *words)


def program(*words: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> Done:
    """Runs a program to its end."""
    variables = {**os.environ, **(env or {})}
    done = subprocess.run(
        words, check=False, cwd=cwd, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return Done(done.returncode, done.stdout, done.stderr)


def no_engine() -> str:
    """Why no engine can be used here, "" when one answers."""
    if shutil.which("docker") is None:
        return "there is no docker client"
    for words in (("docker", "version"), ("docker", "compose", "version")):
        done = program(*words)
        if done.code:
            return f"{' '.join(words)}: {(done.err.strip().splitlines() or ['failed'])[-1]}"
    return ""


@pytest.fixture(scope="session")
def cpu_images() -> None:
    """base:cpu and the six CPU stages, built by the script that users run."""
    why = no_engine()
    if why:
        pytest.skip(f"needs a container engine: {why}")
    done = program(str(ROOT / "scripts" / "build-all-images.sh"), "cpu")
    assert done.code == 0, (done.out + done.err)[-3000:]


@pytest.fixture
def family(cpu_images: None, tmp_path: Path) -> Iterator[Family]:
    """The family's compose project, with empty in/ and out/ that the containers' user may write."""
    for name in ("docker-compose.yml", "docker-compose.cpu.yml", "pipeline.py"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(DOCKER / "common", tmp_path / "docker" / "common")  # which pipeline.py shares with the stages
    for name in ("in", "out", "models"):
        (tmp_path / name).mkdir()
    # The project's name: the folder's own may hold what compose does not take.
    user = f"{os.getuid()}:{os.getgid()}"
    settings = f"STAGE_USER={user}\nCOMPOSE_PROJECT_NAME=wxlint-family-{os.getpid()}\n"
    (tmp_path / ".env").write_text(settings, encoding="utf-8")
    yield Family(tmp_path)
    done = program("docker", "compose", "down", "--remove-orphans", cwd=tmp_path)
    assert done.code == 0, done.err
