"""Families called otherwise than the reference one, planned, built, inspected and tested on a real engine."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_family import APP, Family, docker, need_engine

pytestmark = pytest.mark.engine

CUDA = "nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04"
OPEN = ("unproven:cuda-version", "unproven:libraries-load", "unproven:device")
"""What a stand-in for CUDA's image, without Python and on a machine without a GPU, leaves open."""

VERSIONS = """\
wxlint: 1
image: "{registry}/app-{stage}:{version}-{variant}"
registry: PREFIX
registry-arg: REGISTRY
parts: {version: {build-arg: VERSION}}
dockerfile: "{stage}/Dockerfile"
target: "{variant}"
expect: {user: non-root, entrypoint: {pattern: usage}}
variants:
  cpu: {tag: "", tags: [latest], base: base, upstream: ["python:3.11-slim*"], stages: [ml, asr]}
  cu121: {base: base, upstream: ["nvidia/cuda:12.1.*"], stages: [ml]}
stages: {asr: {base: ml}}
"""
PLATFORM = """\
wxlint: 1
image: "PREFIX/platform-{stage}:{variant}"
dockerfile: "{stage}.Dockerfile"
expect: {user: non-root}
variants: {cpu: {stages: [python], upstream: ["python:3.11-slim*"]}}
"""
TOOLS = """\
wxlint: 1
image: "PREFIX/tools:{stage}-{variant}"
tags: ["{stage}-{variant}-{date}"]
dockerfile: Dockerfile
target: "{stage}"
expect: {entrypoint: {pattern: usage}}
variants: {cpu: {stages: [one, two], base: {image: "PREFIX/platform-python:{variant}"}}}
"""


class Repository(Family):
    """A repository whose images are called as it says; they are removed in the end."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder, self.prefix = folder, f"wxlint-test-{uuid.uuid4().hex[:10]}"
        self.write("app.py", APP)
        for name, text in files.items():
            self.write(name, text.replace("PREFIX", self.prefix))

    def wxlint(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wxlint", *words]
        return subprocess.run(command, cwd=self.folder, env=self.env(), capture_output=True, text=True)

    def images(self) -> list[str]:
        listed = docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
        return [name for name in listed if name.startswith(f"{self.prefix}/")]


@pytest.fixture
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repository]:
    need_engine()
    if subprocess.run(["docker", "image", "inspect", CUDA], capture_output=True).returncode:
        pytest.skip(f"the engine has no {CUDA}; .ci/engine bases makes a stand-in")
    repository = Repository(tmp_path, request.param)
    try:
        yield repository
    finally:
        subprocess.run(["docker", "rmi", "-f", *repository.images()], capture_output=True)


BASES = f"FROM python:3.11-slim AS cpu\nRUN useradd --uid 1000 a\nUSER a\nFROM {CUDA} AS cu121\nRUN useradd a\nUSER a\n"
FROM_BASES = """\
ARG REGISTRY
ARG VERSION
FROM ${REGISTRY}/app-base:${VERSION} AS cpu
COPY app.py /app.py
ENTRYPOINT ["python3", "/app.py"]
FROM ${REGISTRY}/app-base:${VERSION}-cu121 AS cu121
ENTRYPOINT ["echo", "usage:"]
"""
FROM_ML = "ARG REGISTRY\nARG VERSION\nFROM ${REGISTRY}/app-ml:${VERSION} AS cpu\nCOPY app.py /other.py\n"


@pytest.mark.parametrize(
    "made",
    [
        {
            "wxlint.yaml": VERSIONS,
            "base/Dockerfile": BASES,
            "ml/Dockerfile": FROM_BASES,
            "asr/Dockerfile": FROM_ML,
        }
    ],
    indirect=True,
)
def test_a_version_with_the_variant_behind_it_targets_and_bases_of_bases(made: Repository) -> None:
    assert "give it with --part version=1.0.0" in made.wxlint("plan").stdout
    built = made.wxlint("build", "--part", "version=1.2")
    assert (built.returncode, built.stdout.splitlines()[-1]) == (0, "5 built"), built.stderr
    names = ["base:1.2", "base:1.2-cu121", "ml:1.2", "ml:1.2-cu121", "asr:1.2"]
    assert sorted(made.images()) == sorted(f"{made.prefix}/app-{name}" for name in names)
    assert made.wxlint("build", "--part", "version=1.2").stdout.splitlines()[-1] == "5 up to date"
    allowed = [word for one in OPEN for word in ("--wx-allow", one)]
    tested = made.pytest("--wx-part", "version=1.2", *allowed)
    assert tested.returncode == 0, tested.stdout
    assert "asr:cpu" in tested.stdout and "ml:cu121" in tested.stdout and " 0 FAIL" in tested.stdout
    assert "no policy has a part 'vrsion'" in made.pytest("--wx-part", "vrsion=1").stderr
    image = f"{made.prefix}/app-ml:1.2-cu121"
    seen = made.wxlint("inspect", image, "--engine", "docker", "--policy", "wxlint.yaml", "--allow", OPEN[0])
    assert seen.returncode == 0 and "ml:cu121: PASS     user: USER a" in seen.stderr, seen.stderr
    # the GPU image under the name of the CPU one, as a slip of a release script would have it
    docker("tag", image, f"{made.prefix}/app-ml:1.2")
    slip = made.pytest("--wx-part", "version=1.2", "--wx-build", "never", "--wx-select", "ml:cpu")
    assert slip.returncode == 1 and "ml:cpu" in slip.stdout, slip.stdout


@pytest.mark.parametrize(
    "made",
    [
        {
            "platform/wxlint.yaml": PLATFORM,
            "platform/python.Dockerfile": "FROM python:3.11-slim\nRUN useradd --uid 1000 a\nUSER a\n",
            "a-tool/wxlint.yaml": TOOLS,
            "a-tool/app.py": APP,
            "a-tool/Dockerfile": "FROM PREFIX/platform-python:cpu AS one\nCOPY app.py /app.py\n"
            'ENTRYPOINT ["python", "/app.py"]\nFROM one AS two\nENV A=b\n',
        }
    ],
    indirect=True,
)
def test_two_families_of_which_one_is_built_from_the_other(made: Repository) -> None:
    assert made.wxlint("check").returncode == 0
    built = made.wxlint("build")
    assert built.returncode == 0, built.stderr
    lines = [line.split("  ")[0].strip() for line in built.stdout.splitlines()]
    assert lines == ["python:cpu", "platform: 1 built", "one:cpu", "two:cpu", "a-tool: 2 built"]
    assert sorted(made.images()) == [
        f"{made.prefix}/{name}" for name in ("platform-python:cpu", "tools:one-cpu", "tools:two-cpu")
    ]
    tested = made.pytest("platform/wxlint.yaml", path="a-tool/wxlint.yaml")
    assert tested.returncode == 0, tested.stdout
    both = ("--policy", "platform/wxlint.yaml", "--policy", "a-tool/wxlint.yaml")
    seen = made.wxlint("inspect", f"{made.prefix}/tools:two-cpu", "--engine", "docker", *both)
    assert seen.returncode == 0 and "two:cpu: PASS     exists" in seen.stderr, seen.stderr
    none = made.wxlint("inspect", "python:3.11-slim", "--engine", "docker", *both)
    assert none.returncode == 2 and "is an image of none of the policies" in none.stderr
