"""Which Python the commands of RUNs choose, where the base image does not say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint import api
from wxlint.core.values import HOLE, Value
from wxlint.images.evaluation.interpreter import chosen_pythons

VARIABLES = {"PY": Value("3.11"), "OPEN": Value(HOLE, ("${OPEN}",))}

CHOSEN = [
    ("/usr/bin/python3.11 -m venv /opt/venv", "3.11"),
    ("python3.12 -m pip install x && python3.12 get-pip.py", "3.12"),
    ("curl -s registry.example/get-pip.py | python3.10 -", "3.10"),
    ("micromamba install -y -n base python=3.9 pip", "3.9"),
    ("conda create -n a 'python==3.10.4'", "3.10"),
    ("wget registry.example/Miniconda3-py310_23.3.1-0-Linux-x86_64.sh", "3.10"),
    ("uv venv --python 3.12 /app", "3.12"),
    ("uv sync --python=python3.13", "3.13"),
    ("virtualenv -p python3.8 /venv", "3.8"),
    ("uv python install 3.11", "3.11"),
    ("pyenv install -s 3.11.4", "3.11"),
    ("update-alternatives --install /usr/bin/python3 python3 /usr/bin/python3.11 1", "3.11"),
    ("ln -sf /usr/bin/python3.11 /usr/local/bin/python", "3.11"),
    ("python${PY} -m venv /v; micromamba install python=$PY", "3.11"),
    ("python${OPEN} -m venv /v", ""),
    ("apt-get install -y python3.11-dev python3.11-venv", ""),
    ("cp x /usr/local/lib/python3.11/site-packages", ""),
    ("python3.9 -m venv a; python3.10 -m venv b", "3.10 3.9"),
    ("ln -s /usr/bin/python3.11 /usr/bin/python3.11-config", ""),
]


@pytest.mark.parametrize(("text", "pythons"), CHOSEN, ids=[row[0] for row in CHOSEN])
def test_what_a_command_chooses(text: str, pythons: str) -> None:
    assert " ".join(sorted(chosen_pythons(text, VARIABLES))) == pythons


CPU = "pip install torch --index-url https://download.pytorch.org/whl/cpu"
AGAIN = "pip install 'torch>=2.9.1'"

STAGES = [
    ("FROM ubuntu:24.04\nRUN python3.11 -m venv /v", "cpu"),
    ("FROM ubuntu:24.04\nRUN python3.9 -m venv /v", "default"),
    ("FROM ubuntu:24.04\nRUN python3.9 -m venv /v\nRUN python3.11 -m venv /v", "unknown"),
    ("FROM debian:12\nRUN echo", "unknown"),
    ("FROM ubuntu:22.04\nRUN apt-get install -y python3", "cpu"),
    ("FROM python:3.11\nRUN uv venv --python 3.9", "default"),
    ("FROM debian:12\nCOPY make.sh .\nRUN ./make.sh", "cpu"),
    ("FROM debian:12 AS a\nRUN python3.12 -m venv /v\nFROM a", "cpu"),
    ("FROM debian:12\nENV PYTHON=python3.12\nRUN ${PYTHON} -m venv /v", "cpu"),
]


@pytest.mark.parametrize(("above", "channel"), STAGES, ids=[row[0] for row in STAGES])
def test_the_newest_torch_of_a_python_is_new_enough_or_not(tmp_path: Path, above: str, channel: str) -> None:
    (tmp_path / "make.sh").write_text("python3.11 -m venv /opt/venv\n")
    (tmp_path / "Dockerfile").write_text(f"{above}\nRUN {CPU}\nRUN {AGAIN}\n")
    assert next(image for image in api.images([tmp_path]) if image.target is None).torch == channel
