"""Lock files as the tools write them: which distributions which part of a project takes, and from where."""

from __future__ import annotations

import json

import pytest

from wxlint.documents.manifests.locks import Lock, read_lock
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
