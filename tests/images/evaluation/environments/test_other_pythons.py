"""A Python that is named by another path or version than the one of PATH has packages of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint import api

WHEELS = "--index-url https://download.pytorch.org/whl"
CONDA = "FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime\n"
CUDA = "FROM nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04\n"
TWO = (
    f"{CUDA}RUN python3 -m pip install torch==2.3.1 {WHEELS}/cu118\n"
    f"RUN python3.11 -m pip install torch==2.3.1 {WHEELS}/cu121\n"
)
SLIM = f"FROM python:3.12-slim\nRUN pip install torch==2.5.1 {WHEELS}/cpu\n"


def torch(root: Path, text: str) -> str:
    write_tree(root, {"Dockerfile": text})
    return api.images([root])[0].torch


def rules(root: Path, name: str, text: str) -> set[str]:
    write_tree(root, {name: text})
    return {finding.rule for finding in api.check([root]).findings}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'{TWO}CMD ["python3.11", "a.py"]\n', "cu121"),
        (f'{TWO}CMD ["/usr/bin/python3.11", "a.py"]\n', "cu121"),
        (f'{TWO}CMD ["python3", "a.py"]\n', "cu118"),
        (f'{TWO}CMD ["python3.10", "a.py"]\n', "cu118"),
        (f"{TWO}CMD ./serve\n", "unknown"),
        (f"{CONDA}RUN /usr/bin/pip3 install torch==2.5.1 {WHEELS}/cpu\nCMD /usr/bin/python3 a.py\n", "cpu"),
        (f"{CONDA}RUN /usr/bin/pip3 install torch==2.5.1 {WHEELS}/cpu\nCMD python3 a.py\n", "cu124"),
        # the same Python under another name
        (f"{CUDA}RUN python3.10 -m pip install torch==2.3.1 {WHEELS}/cu118\nCMD python3 a.py\n", "cu118"),
        # one that is made the one of PATH, or whose pip is
        (f"{TWO}RUN ln -sf /usr/bin/python3.11 /usr/bin/python3\nCMD python3 a.py\n", "cu118"),
        (f"{CUDA}RUN python3.11 -m pip install -U pip\nRUN pip install torch==2.3.1 {WHEELS}/cu118\n", "cu118"),
    ],
)
def test_which_python_has_which_torch(tmp_path: Path, text: str, found: str) -> None:
    assert torch(tmp_path, text) == found


def test_another_python_keeps_no_torch_of_the_first(tmp_path: Path) -> None:
    assert "torch-kept" not in rules(tmp_path, "Dockerfile.gpu", f'{TWO}CMD ["python3.11", "a.py"]\n')


@pytest.mark.parametrize("install", ["/usr/bin/python3 -m pip install", "uv pip install --system --python 3.11"])
def test_what_another_python_gets_brings_torch_itself(tmp_path: Path, install: str) -> None:
    assert "implicit-torch" in rules(tmp_path, "Dockerfile.cpu", f"{SLIM}RUN {install} openai-whisper\n")


@pytest.mark.parametrize("install", ["python3.12 -m pip install", "uv pip install --system --python 3.12"])
def test_the_python_of_the_base_by_its_version(tmp_path: Path, install: str) -> None:
    assert "implicit-torch" not in rules(tmp_path, "Dockerfile.cpu", f"{SLIM}RUN {install} openai-whisper\n")
