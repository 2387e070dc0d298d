"""A small family of images in a folder, for tests with an engine: seconds to build, real in what it holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

BASE_IMAGE = "python:3.11-slim"
POLICY = """\
wxlint: 1
name: small
image: "{prefix}-{{stage}}"
expect:
  user: non-root
  entrypoint: {{args: [--help], pattern: usage, timeout: 30}}
variants:
  cpu:
    base: base
    upstream: ["python:3.11-slim*"]
    torch-channel: cpu
    stages: [{stages}]
    expect: {{python: "3.11", max-cuda-size: 0}}
"""
CUDA_POLICY = (
    POLICY.replace("cpu:\n    base", "cuda:\n    base")
    .replace("torch-channel: cpu", "torch-channel: cu121")
    .replace(", max-cuda-size: 0", "")
)
BASE = """\
FROM python:3.11-slim
RUN useradd --uid 1000 stage
USER stage
"""
STAGE = """\
FROM {prefix}-base:cpu
COPY app.py /app.py
ENTRYPOINT ["python", "/app.py"]
"""
APP = "import argparse\nargparse.ArgumentParser(prog='app').parse_args()\n"


class Family:
    """folder: the repository. prefix: of its images' names, unlike any other's."""

    def __init__(self, folder: Path, stages: Mapping[str, str] | None = None, policy: str = POLICY) -> None:
        """stages: Dockerfiles by stage; `{prefix}` stands for the prefix."""
        self.folder = folder
        self.prefix = f"wxlint-test-{uuid.uuid4().hex[:10]}"
        dockerfiles = {"base": BASE, **(stages if stages is not None else {"one": STAGE, "two": STAGE})}
        self.write(
            "wxlint.yaml",
            policy.format(prefix=self.prefix, stages=", ".join(name for name in dockerfiles if name != "base")),
        )
        self.write("app.py", APP)
        for name, text in dockerfiles.items():
            self.write(f"docker/{name}/Dockerfile", text.replace("{prefix}", self.prefix))

    @property
    def policy(self) -> Path:
        return self.folder / "wxlint.yaml"

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def pytest(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        path: str = "wxlint.yaml",
        timeout: float = 600,
    ) -> subprocess.CompletedProcess[str]:
        """Run pytest on the policy, as a user would."""
        return subprocess.run(
            pytest_command(path, *arguments),
            cwd=self.folder,
            env=self.env(env),
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def env(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        own = {
            "XDG_CACHE_HOME": str(self.folder / ".cache"),
            "TMPDIR": str(self.folder / ".tmp"),
            "COLUMNS": "200",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        (self.folder / ".tmp").mkdir(exist_ok=True)
        return {**os.environ, **own, **(more or {})}

    def images(self) -> list[str]:
        return docker(
            "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={self.prefix}-*"
        ).split()


def pytest_command(*arguments: str) -> list[str]:
    """`pytest` with the plugin, whether it is installed with its entry point or run from the tree.

    Without hypothesis, which half of the start goes to, and some of an end.
    """
    return [
        sys.executable,
        "-m",
        "pytest",
        *([] if _installed() else ["-p", "wxlint.pytest_plugin"]),
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        *arguments,
    ]


@cache
def _installed() -> bool:
    """Whether the entry point is installed; from another folder, since the repository may hold metadata of its own."""
    code = "from importlib.metadata import entry_points as e; print([p.value for p in e(group='pytest11')])"
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True)
    return "'wxlint.pytest_plugin'" in done.stdout


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


def need_engine() -> None:
    """Skip, with the reason, where no engine answers or the base image is missing."""
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    answer = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True)
    if answer.returncode:
        pytest.skip(f"no engine answers: {answer.stderr.strip()}")
    if subprocess.run(["docker", "image", "inspect", BASE_IMAGE], capture_output=True).returncode:
        pytest.skip(f"the engine has no {BASE_IMAGE}; .ci/engine bases makes a stand-in")


@contextmanager
def family(folder: Path, stages: Mapping[str, str] | None = None, policy: str = POLICY) -> Iterator[Family]:
    """A family whose images are removed in the end."""
    made = Family(folder, stages, policy)
    try:
        yield made
    finally:
        names = made.images() if shutil.which("docker") else []
        if names:
            subprocess.run(["docker", "rmi", "-f", *names], capture_output=True)


def containers_of(session_label: str = "wxlint.session") -> set[str]:
    return set(docker("ps", "-a", "--filter", f"label={session_label}", "--format", "{{.Names}}").split())
