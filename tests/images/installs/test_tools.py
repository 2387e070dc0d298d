"""`pipx install` and `uv tool install` bring torch into an environment of the program."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint import api

START = "FROM python:3.11-slim\nRUN pip install pipx uv && pip install torch==2.5.1+cpu --index-url"
CPU = "https://download.pytorch.org/whl/cpu"


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("pipx install openai-whisper", {"implicit-torch"}),
        ("pipx install --python python3.11 openai-whisper", {"implicit-torch"}),
        ("uv tool install openai-whisper", {"implicit-torch"}),
        ("uv tool install --python 3.11 openai-whisper", {"implicit-torch"}),
        ("uv tool install openai-whisper --torch-backend cpu", set()),
        ("pipx inject torch-runner flask", set()),
        ("pipx install poetry", set()),
        ("pipx list", set()),
        (f"pipx install openai-whisper --pip-args='--index-url {CPU}'", set()),
        (f"uv tool install openai-whisper --with torch --index {CPU}", set()),
    ],
)
def test_what_a_program_brings(tmp_path: Path, command: str, found: set[str]) -> None:
    write_tree(tmp_path, {"Dockerfile.cpu": f"{START} {CPU}\nRUN {command}\n"})
    rules = {finding.rule for finding in api.check([tmp_path]).findings}
    assert rules & {"implicit-torch", "torch-without-index", "torch-replaced", "torch-kept"} == found
    assert api.images([tmp_path])[0].torch == "cpu"


def test_what_is_injected_into_a_program(tmp_path: Path) -> None:
    write_tree(tmp_path, {"Dockerfile.cpu": "FROM python:3.11-slim\nRUN pipx inject jupyterlab torch\n"})
    assert {finding.rule for finding in api.check([tmp_path]).findings} >= {"torch-without-index"}
