"""Virtual environments that PATH leads to: torch outside of them is not the image's."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint import api

BASE = "FROM pytorch/pytorch:2.2.1-cuda12.1-cudnn8-runtime\n"
PATH = "ENV PATH=/opt/venv/bin:$PATH\n"
CPU = "pip install torch==2.2.1 --index-url https://download.pytorch.org/whl/cpu"


def torch(root: Path, text: str) -> str:
    write_tree(root, {"Dockerfile": text})
    return next(image.torch for image in api.images([root]) if not image.target)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{BASE}RUN python -m venv /opt/venv\n{PATH}RUN pip install flask\n", "none"),
        (f"{BASE}{PATH}RUN python3.10 -m venv /opt/venv && pip install flask\n", "none"),
        (f'{BASE}ENV V=/opt/venv\nRUN virtualenv "$V"\nENV PATH="$V/bin:$PATH"\n', "none"),
        (f"{BASE}WORKDIR /opt\nRUN uv venv venv --python 3.11\n{PATH}", "none"),
        (f"{BASE}RUN python -m venv /opt/venv\n{PATH}RUN {CPU}\n", "cpu"),
        (f"{BASE}{PATH}RUN python -m venv /opt/venv && {CPU}\n", "cpu"),
        (f"FROM python:3.11\nRUN {CPU}\nRUN python -m venv /opt/venv\n{PATH}", "none"),
        (f"{BASE}RUN python -m venv --system-site-packages /opt/venv\n{PATH}", "cu121"),
        (f"{BASE}RUN python -m venv /opt/venv\n", "cu121"),
        (f"{BASE}RUN python -m venv /opt/other\n{PATH}", "cu121"),
        (f"{BASE}RUN python -m venv /opt/venv\nENV PATH=$PATH:/opt/venv/bin\n", "cu121"),
        # what was installed since may lie inside
        (f"FROM python:3.11\nRUN python -m venv /opt/venv && /opt/venv/bin/{CPU}\n{PATH}", "cpu"),
        (f"FROM python:3.11\nRUN python -m venv /opt/venv\nRUN . /opt/venv/bin/activate && {CPU}\n{PATH}", "cpu"),
    ],
)
def test_what_lies_outside_is_not_the_image_s(tmp_path: Path, text: str, found: str) -> None:
    assert torch(tmp_path, text) == found


@pytest.mark.parametrize("order", ["path first", "copy first"])
@pytest.mark.parametrize(("run", "found"), [("pip install flask", "none"), (CPU, "cpu")])
def test_an_environment_of_an_earlier_stage(tmp_path: Path, order: str, run: str, found: str) -> None:
    copy = "COPY --from=builder /opt/venv /opt/venv\n"
    end = PATH + copy if order == "path first" else copy + PATH
    text = f"{BASE[:-1]} AS builder\nRUN python -m venv /opt/venv\n{PATH}RUN {run}\n{BASE}{end}"
    assert torch(tmp_path, text) == found


def test_packages_of_the_system_are_there_for_every_environment(tmp_path: Path) -> None:
    apt = "RUN apt-get update && apt-get install -y libcudnn8=8.9.7.29-1+cuda12.2\n"
    text = f"FROM ubuntu:22.04\n{apt}RUN python3 -m venv /opt/venv\n{PATH}"
    write_tree(tmp_path, {"Dockerfile.cpu": text})
    found = {finding.rule for finding in api.check([tmp_path]).findings}
    assert "cuda-package" in found


SYSTEM = "FROM python:3.11\nRUN pip install torch==2.5.1 --index-url https://download.pytorch.org/whl/cu124\n"
OTHER = "pip install torch==2.5.1 --index-url https://download.pytorch.org/whl/cpu"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # pip sees nothing of another environment, and which one is run is not known
        (f"{SYSTEM}RUN python -m venv /v\nRUN /v/bin/{OTHER}\n", "unknown"),
        (f"{SYSTEM}RUN virtualenv /v && . /v/bin/activate && {OTHER}\n", "unknown"),
        (f"{SYSTEM}WORKDIR /w\nRUN python -m venv v && v/bin/python -m pip install sentence-transformers\n", "unknown"),
        (f"{SYSTEM}RUN python -m venv /v\nRUN source /v/bin/activate\nRUN {OTHER}\n", "cu124"),
        (f"{SYSTEM}RUN python -m venv /v\nRUN /v/bin/pip install flask\n", "cu124"),
        (f"{SYSTEM}RUN python -m venv /v\nRUN /v/bin/{OTHER.replace('cpu', 'cu124')}\n", "cu124"),
        # in one and the same environment a torch that is there stays
        (f"FROM python:3.11\nRUN python -m venv /v\nRUN /v/bin/{OTHER}\nRUN /v/bin/pip install accelerate\n", "cpu"),
        (f"FROM python:3.11\nRUN python -m venv /v && . /v/bin/activate && {OTHER} && pip install accelerate\n", "cpu"),
        (f"FROM python:3.11\nRUN python -m venv /v\nRUN /v/bin/{OTHER}\nRUN pip install accelerate\n", "unknown"),
        (
            f"FROM python:3.11\nRUN python -m venv /v && /v/bin/{OTHER}\nENV PATH=/v/bin:$PATH\n"
            "RUN pip install accelerate\n",
            "cpu",
        ),
        (f"{SYSTEM}RUN python -m venv /v\nRUN /usr/local/bin/pip install accelerate\n", "cu124"),
    ],
)
def test_two_environments_with_a_torch_each(tmp_path: Path, text: str, found: str) -> None:
    assert torch(tmp_path, text) == found
