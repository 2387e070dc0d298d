"""The index that a project of uv lacks, and the capability that a device lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main

POLICY = """\
wxlint: 1
image: "acme/{stage}"
dockerfile: "{stage}/Dockerfile"
variants:
  cpu: {torch-channel: cpu, stages: [api]}
"""
DOCKERFILE = "FROM python:3.12-slim\nCOPY pyproject.toml ./\nRUN pip install uv==0.6.9 && uv sync\n"
PROJECT = (
    '[project]\nname = "api"\nversion = "1"\nrequires-python = ">=3.12"\ndependencies = ["fastapi", "torch==2.6.0"]\n'
)
ADDED = """
[[tool.uv.index]]
name = "pytorch-cpu"
url = "https://download.pytorch.org/whl/cpu"
explicit = true

[tool.uv.sources]
torch = { index = "pytorch-cpu" }
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "api").mkdir()
    (tmp_path / "wxlint.yaml").write_text(POLICY)
    (tmp_path / "api/Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "build.sh").write_text("docker build -t acme/api:cpu api\n")
    return tmp_path / "api/pyproject.toml"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_project_gets_its_index(project: Path, end: str, mark: str) -> None:
    before = (mark + PROJECT.replace("\n", end)).encode()
    project.write_bytes(before)
    assert main(["check", "--no-cache", "--fix", "."]) == 0
    assert project.read_bytes() == before + ADDED.replace("\n", end).encode()
    assert main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."]) == 0
    assert project.read_bytes() == before + ADDED.replace("\n", end).encode()


def test_a_project_without_a_last_line_end(project: Path) -> None:
    project.write_text(PROJECT.rstrip("\n"))
    assert main(["check", "--no-cache", "--fix", "."]) == 0
    assert project.read_text() == PROJECT + ADDED


@pytest.mark.parametrize(
    "more",
    [
        '\n[tool.uv.sources]\nfastapi = { path = "../fastapi" }\n',
        '\n[[ tool . "uv" . index ]]\nname = "house"\nurl = "https://registry.example/simple"\n',
        "\n[tool]\nuv = { no-sources = true }\n",
    ],
)
def test_a_project_that_says_where_from_is_its_authors(
    project: Path, more: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write_text(PROJECT + more)
    main(["check", "--no-cache", "--fix", "."])
    assert project.read_text() == PROJECT + more
    assert "the project says already where packages come from" in capsys.readouterr().err


def test_a_project_of_two_channels_has_no_one_index(project: Path) -> None:
    project.write_text(PROJECT)
    (project.parents[1] / "wxlint.yaml").write_text(POLICY + "  cuda: {torch-channel: cu124, stages: [api]}\n")
    with open("build.sh", "a") as file:
        file.write("docker build -t acme/api:cuda api\n")
    assert main(["check", "--no-cache", "--fix", "."]) == 1
    assert project.read_text() == PROJECT


COMPOSE = """\
services:
  api:
    image: registry.example/acme/llm-api:v3.1-cuda
    deploy:
      resources:
        reservations:
          devices:
            - driver: nvidia
              count: 1
              capabilities: %s
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[gpu, utility]", "[gpu, utility, compute]"),
        ("[gpu, utility]  # for nvidia-smi", "[gpu, utility, compute]  # for nvidia-smi"),
        ("['gpu', 'video' ]", "['gpu', 'video', compute ]"),
        ("\n                - gpu\n                - utility", None),
        ("\n              - gpu\n              - utility # x", None),
    ],
)
def test_a_device_gets_the_capability_that_cuda_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE % before)
    assert main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."]) == 0
    if after is None:
        indent = before.rpartition("\n")[2].partition("-")[0]
        after = before.replace("- utility", f"- utility\n{indent}- compute", 1) if "#" not in before else None
    text = file.read_text()
    assert "compute" in text and text.replace("compute", "", 1).count("utility") == (COMPOSE % before).count("utility")
    assert after is None or text == COMPOSE % after
    again = file.read_bytes()
    assert main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."]) == 0
    assert file.read_bytes() == again


def test_a_service_that_computes_on_the_cpu_gets_no_gpu_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n")
    (tmp_path / "wxlint.yaml").write_text(
        'wxlint: 1\nimage: "acme/api:{variant}"\ndockerfile: Dockerfile\ncompose: [compose.yaml]\n'
        "variants: {cuda: {stages: [api]}}\n"
    )
    text = "services:\n  api:\n    image: acme/api:cuda\n    build: .\n    environment: [DEVICE=cpu]\n"
    called = text.replace("  api:", "  api-cpu:").replace("DEVICE=cpu", "A=b")
    for untouched, code in ((text, 0), (called, 1)):
        (tmp_path / "compose.yaml").write_text(untouched)
        assert main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."]) == code
        assert (tmp_path / "compose.yaml").read_text() == untouched
    (tmp_path / "compose.yaml").write_text(text.replace("DEVICE=cpu", "DEVICE=cuda"))
    assert main(["check", "--no-cache", "--fix", "."]) == 0
    assert "driver: nvidia" in (tmp_path / "compose.yaml").read_text()


def test_a_release_is_not_written_over_by_a_tag_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\n")
    (tmp_path / "wxlint.yaml").write_text(
        'wxlint: 1\nimage: "acme/api:{variant}"\ntags: ["{version}"]\ndockerfile: Dockerfile\nvariants: {cpu: {}}\n'
    )
    pod = "kind: Pod\napiVersion: v1\nspec: {containers: [{name: a, image: api-placeholder}]}\n"
    (tmp_path / "pod.yaml").write_text(pod)
    text = "images:\n  - name: api-placeholder\n    newName: acme/api\n    newTag: 2023w31\n"
    for tag, after in (("2023w31", "2023w31"), ("gpu", "cpu")):
        (tmp_path / "kustomization.yaml").write_text(text.replace("2023w31", tag))
        main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."])
        assert (tmp_path / "kustomization.yaml").read_text() == text.replace("2023w31", after)


WHEEL = "https://download.pytorch.org/whl/{0}/torch-2.3.1%2B{0}-cp311-cp311-linux_x86_64.whl"


@pytest.mark.parametrize("name", ["torch @ {}", "{}"])
def test_the_address_of_a_wheel_is_that_of_the_channel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    line = 'FROM python:3.11-slim\nRUN pip install "' + name + '"\n'
    file = tmp_path / "Dockerfile.cpu"
    file.write_text(line.format(WHEEL.format("cu121")))
    assert main(["check", "--no-cache", "--fix", "."]) == 1  # whether there is such a wheel is not known
    assert file.read_text() == line.format(WHEEL.format("cu121"))
    assert main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."]) == 0
    assert file.read_text() == line.format(WHEEL.format("cpu"))


def test_the_address_of_a_wheel_in_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim\nCOPY r.txt .\nRUN pip install -r r.txt\n")
    (tmp_path / "r.txt").write_text(f"flask\ntorch @ {WHEEL.format('cu121')}  # the wheel\n")
    assert main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."]) == 0
    assert (tmp_path / "r.txt").read_text() == f"flask\ntorch @ {WHEEL.format('cpu')}  # the wheel\n"


UV_INDEX = """\
[project]
name = "api"
version = "1"
requires-python = ">=3.11"
dependencies = ["torch==2.3.1"]

[tool.uv.sources]
torch = {{ index = "{name}" }} # the build

[[tool.uv.index]]
name = "{name}"
url = "https://download.pytorch.org/whl/{channel}"
explicit = true
"""
POETRY = """\
[tool.poetry]
name = "api"
version = "1"
description = ""
authors = []

[tool.poetry.dependencies]
python = "^3.11"
torch = {{ version = "2.3.1", source = '{name}' }}

[[tool.poetry.source]]
name = '{name}'
url = 'https://download.pytorch.org/whl/{channel}'
priority = "explicit"
"""


@pytest.mark.parametrize(("name", "after"), [("pt", "pt"), ("pytorch-cu121", "pytorch-cpu"), ("cu121", "cpu")])
@pytest.mark.parametrize(("tool", "project"), [("uv sync", UV_INDEX), ("poetry install --no-root", POETRY)])
def test_the_index_of_a_project_is_that_of_the_channel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, project: str, name: str, after: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile.cpu").write_text(
        f"FROM python:3.11-slim\nRUN pip install {tool.split()[0]}\nCOPY pyproject.toml .\nRUN {tool}\n"
    )
    (tmp_path / "pyproject.toml").write_text(project.format(name=name, channel="cu121"))
    assert main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."]) == 0
    assert (tmp_path / "pyproject.toml").read_text() == project.format(name=after, channel="cpu")


def test_two_indexes_of_one_channel_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim\nCOPY pyproject.toml .\nRUN uv sync\n")
    text = UV_INDEX.format(name="a", channel="cu121")
    text += '\n[[tool.uv.index]]\nname = "b"\nurl = "https://registry.example/whl/cu121"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."]) == 1
    assert (tmp_path / "pyproject.toml").read_text() == text


@pytest.mark.parametrize(
    "lines",
    [
        "RUN UV_TORCH_BACKEND={} uv pip install --system torch==2.3.1\n",
        "ENV UV_TORCH_BACKEND={}\nRUN uv pip install --system torch==2.3.1\n",
        "RUN uv pip install --system --torch-backend={} torch==2.3.1\n",
    ],
)
def test_the_backend_of_uv_is_that_of_the_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim\n" + lines.format("cu121"))
    assert main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."]) == 0
    assert (tmp_path / "Dockerfile.cpu").read_text() == "FROM python:3.11-slim\n" + lines.format("cpu")
