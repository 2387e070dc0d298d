"""Lock files as the tools write them: which distributions which part of a project takes, and from where."""

from __future__ import annotations

import json

import pytest

from wxlint.documents.manifests.locks import Lock, read_lock
from wxlint.documents.manifests.pyproject import read_pyproject
from wxlint.documents.source import Source

UV = """version = 1
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "flask" },
    { name = "torch", version = "2.6.0+cpu", marker = "extra == 'extra-3-app-cpu'" },
]
[package.optional-dependencies]
cpu = [{ name = "accelerate", extra = ["gpu"] }]
[package.dev-dependencies]
dev = [{ name = "onnxruntime", marker = "sys_platform == 'linux'" }]
[[package]]
name = "flask"
version = "3.0.0"
source = { registry = "https://r.example/simple" }
wheels = [
    { url = "https://r.example/flask-3.0.0-py3-none-any.whl", hash = "sha256:a" },
]
[[package]]
name = "torch"
version = "2.6.0"
source = { registry = "https://r.example/simple" }
[[package]]
name = "torch"
version = "2.6.0+cpu"
source = { registry = "https://r.example/whl/cpu" }
[[package]]
name = "accelerate"
version = "1.0.0"
source = { registry = "https://r.example/simple" }
dependencies = [{ name = "flask" }]
[package.optional-dependencies]
gpu = [{ name = "cupy-cuda12x" }]
[[package]]
name = "cupy-cuda12x"
version = "13.0"
source = { registry = "https://r.example/simple" }
dependencies = [{ name = "accelerate" }]
[[package]]
name = "onnxruntime"
version = "1.22.0"
source = { registry = "https://r.example/simple" }
"""
POETRY = """[[package]]
name = "torch"
version = "2.7.0+cpu"
groups = ["main", "gpu"]
markers = {main = "sys_platform == 'linux'", gpu = "python_version >= '3.9'"}
[package.source]
type = "legacy"
url = "https://r.example/whl/cpu"
reference = "pc"
[[package]]
name = "Ruff"
version = "0.5.0"
groups = ["dev"]
files = [
    {file = "ruff.whl", hash = "sha256:a"},
]
[[package]]
name = "old"
version = "1"
category = "main"
"""
PDM = """[[package]]
name = "torch"
version = "2.7.0"
groups = ["default", "gpu"]
marker = "python_version >= '3.9'"
"""


def held(name: str, text: str) -> list[tuple[str, str, str, str, str]]:
    lock = read_lock(Source(name, text))
    assert lock.problem is None
    return [(p.part.kind, p.part.name, f"{p.name}=={p.version}", p.url, p.marker) for p in lock.packages]


def test_uv() -> None:
    simple, cpu = "https://r.example/simple", "https://r.example/whl/cpu"
    assert held("a/uv.lock", UV) == [
        ("main", "", "flask==3.0.0", simple, ""),
        ("main", "", "torch==2.6.0+cpu", cpu, "extra == 'extra-3-app-cpu'"),
        ("extra", "cpu", "accelerate==1.0.0", simple, ""),
        ("extra", "cpu", "flask==3.0.0", simple, ""),
        ("extra", "cpu", "cupy-cuda12x==13.0", simple, ""),
        ("extra", "cpu", "accelerate==1.0.0", simple, ""),
        ("group", "dev", "onnxruntime==1.22.0", simple, "sys_platform == 'linux'"),
    ]


def test_poetry() -> None:
    assert held("poetry.lock", POETRY) == [
        ("main", "", "torch==2.7.0+cpu", "https://r.example/whl/cpu", "sys_platform == 'linux'"),
        ("group", "gpu", "torch==2.7.0+cpu", "https://r.example/whl/cpu", "python_version >= '3.9'"),
        ("group", "dev", "ruff==0.5.0", "", ""),
        ("main", "", "old==1", "", ""),
    ]
    assert [package.line for package in read_lock(Source("poetry.lock", POETRY)).packages] == [2, 2, 11, 18]


OLD_PROJECT = """[tool.poetry]
name = "app"
[tool.poetry.dependencies]
python = "^3.10"
torch = {version = "2.7.0+cpu", source = "pc"}
Requests = {version = "^2.31", extras = ["Socks", "strict"], markers = "sys_platform == 'linux'"}
flask = {version = "^3.0", optional = true}
numpy = [{version = "^1", python = "<3.12"}, {version = "^2", python = ">=3.12"}]
[tool.poetry.extras]
web = ["flask"]
[tool.poetry.group.dev.dependencies]
pytest = "*"
"""
OLD_LOCK = """[[package]]
name = "torch"
version = "2.7.0+cpu"
optional = false
[package.dependencies]
nvidia-cudnn-cu12 = {version = "9.5.1.17", markers = "platform_machine == 'x86_64'"}
typing-extensions = ">=4.8"
[package.source]
type = "legacy"
url = "https://r.example/whl/cpu"
[[package]]
name = "nvidia-cudnn-cu12"
version = "9.5.1.17"
[[package]]
name = "typing-extensions"
version = "4.12"
[[package]]
name = "requests"
version = "2.31"
[package.dependencies]
PySocks = {version = ">=1.5.6,<1.5.7 || >1.5.7", optional = true, markers = "extra == 'socks'"}
chardet = {version = "*", optional = true, markers = "extra == 'strict' and python_version >= '3.9'"}
brotli = {version = "*", optional = true, markers = "extra == 'br'"}
[package.extras]
socks = ["PySocks (>=1.5.6)"]
strict = ["chardet"]
br = ["brotli"]
[[package]]
name = "pysocks"
version = "1.7"
[[package]]
name = "chardet"
version = "5"
[[package]]
name = "brotli"
version = "1"
[[package]]
name = "flask"
version = "3.0"
[[package]]
name = "numpy"
version = "1.26"
[[package]]
name = "numpy"
version = "2.1"
[[package]]
name = "pytest"
version = "8"
[package.dependencies]
typing-extensions = [{version = "*", markers = "python_version < '3.11'"}]
[[package]]
name = "left-over"
version = "1"
"""


def test_a_lock_of_poetry_1_says_what_needs_what() -> None:
    roots = read_pyproject(Source("pyproject.toml", OLD_PROJECT)).dependencies
    found = read_lock(Source("poetry.lock", OLD_LOCK), roots).packages
    linux, simple = "sys_platform == 'linux'", "https://r.example/whl/cpu"
    assert sorted((p.part.kind, p.part.name, f"{p.name}=={p.version}", p.url, p.marker) for p in found) == [
        ("extra", "web", "flask==3.0", "", ""),
        ("group", "dev", "pytest==8", "", ""),
        ("group", "dev", "typing-extensions==4.12", "", "python_version < '3.11'"),
        ("main", "", "chardet==5", "", f"({linux}) and (python_version >= '3.9')"),
        ("main", "", "numpy==1.26", "", "python_version < '3.12'"),
        ("main", "", "numpy==2.1", "", "python_version >= '3.12'"),
        ("main", "", "nvidia-cudnn-cu12==9.5.1.17", "", "platform_machine == 'x86_64'"),
        ("main", "", "pysocks==1.7", "", linux),
        ("main", "", "requests==2.31", "", linux),
        ("main", "", "torch==2.7.0+cpu", simple, ""),
        ("main", "", "typing-extensions==4.12", "", ""),
    ]
    assert {p.name: p.line for p in found}["nvidia-cudnn-cu12"] == 12


@pytest.mark.parametrize(
    ("asked", "marker", "locked"),
    [
        ('"2.1.0"', "", ["2.1.0"]),
        ('"2.1.0+cpu"', "", ["2.1.0+cpu"]),
        ('"^2.1"', "", ["2.1.0", "2.1.0+cpu"]),
        ('"*"', "", ["2.1.0", "2.1.0+cpu", "1.13"]),
        ('">=1 || <0.5"', "", ["2.1.0", "2.1.0+cpu", "1.13"]),
        ('"<2"', "", ["1.13"]),
    ],
)
def test_which_of_several_locked_releases_is_asked_for(asked: str, marker: str, locked: list[str]) -> None:
    project = f"[tool.poetry.dependencies]\ntorch = {asked}\n"
    lock = "".join(f'[[package]]\nname = "torch"\nversion = "{one}"\n' for one in ("2.1.0", "2.1.0+cpu", "1.13"))
    roots = read_pyproject(Source("pyproject.toml", project)).dependencies
    found = read_lock(Source("poetry.lock", lock), roots).packages
    assert [(one.version, one.marker) for one in found] == [(version, marker) for version in locked]


def test_one_release_from_two_sources_is_not_known() -> None:
    lock = "".join(f'[[package]]\nname = "torch"\nversion = "2.1"\n[package.source]\nurl = "{x}"\n' for x in "ab")
    roots = read_pyproject(Source("pyproject.toml", '[tool.poetry.dependencies]\ntorch = "2.1"\n')).dependencies
    assert {one.marker for one in read_lock(Source("poetry.lock", lock), roots).packages} == {"?"}


def test_pdm() -> None:
    assert held("pdm.lock", PDM) == [
        ("main", "", "torch==2.7.0", "", "python_version >= '3.9'"),
        ("group", "gpu", "torch==2.7.0", "", "python_version >= '3.9'"),
    ]


def test_pipenv() -> None:
    text = {
        "_meta": {"sources": [{"name": "pc", "url": "https://r.example/whl/cpu"}]},
        "default": {"torch": {"version": "==2.1.0+cpu", "index": "pc"}, "lib": {"path": "."}},
        "develop": {"ruff": {"version": "==0.5.0", "markers": "python_version >= '3.9'"}},
    }
    assert held("Pipfile.lock", json.dumps(text)) == [
        ("group", "packages", "torch==2.1.0+cpu", "https://r.example/whl/cpu", ""),
        ("group", "dev-packages", "ruff==0.5.0", "", "python_version >= '3.9'"),
    ]


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"])
@pytest.mark.parametrize("text", ["{", "[[package]]\nname = 1", "package = 1", "[1]", '[[package]]\nversion = "1"'])
def test_what_is_no_lock_is_never_taken_for_one(name: str, text: str) -> None:
    found = read_lock(Source(name, text))
    assert found.problem or found == Lock()
