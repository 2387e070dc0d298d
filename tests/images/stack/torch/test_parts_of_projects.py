"""The torch of projects that uv locks with all of their parts, those too that are not installed."""

from __future__ import annotations

import pytest
from image_states import CPU, CUDA, WHL, said, state

pytestmark = pytest.mark.usefixtures("here")

HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
INDEX = '[[tool.uv.index]]\nname = "cu"\nurl = "' + CUDA + '"\nexplicit = true\n[tool.uv.sources]\n'
VISION = INDEX + 'torchvision = { index = "cu" }\n'
AUDIO = INDEX + 'torchaudio = { index = "cu" }\n'


def project(dependencies: str, *sections: str) -> dict[str, str]:
    return {"pyproject.toml": f"{HEAD}dependencies = [{dependencies}]\n" + "".join(sections)}


def part(*listed: str) -> str:
    return f"[dependency-groups]\ntrain = [{', '.join(map(repr, listed))}]\n"


PARTS = [
    # a companion of another index ends torch at the releases that it is made for there
    (project('"torch>=2.4,<2.8", "torchaudio"', AUDIO), "default 2.5.1"),
    (project('"torch>=2.4,<2.8"', part("torchvision"), VISION), "default 2.5.1"),
    (project('"torch", "torchvision"', VISION), "default ?"),
    (project('"torch>=2.4,<2.8", "torchvision"', INDEX), "default 2.7.1"),
    (project('"torch>=2.4,<2.12.1", "torchaudio"', AUDIO.replace(CUDA, CPU)), "default 2.12.0"),  # which asks for none
    (project('"torch>=2.4,<2.6", "torchaudio"', AUDIO.replace(CUDA, f"{WHL}/cu128")), "default 2.5.1"),
    # a part that is not installed is locked together with what is
    (project('"torch>=2.4,<2.8"', part("torchvision==0.20.0")), "default 2.5.0"),
    (project('"torch>=2.4,<2.8"', part("torchvision")), "default 2.7.1"),
    (project('"torch>=2.1,<2.14"', part("vllm")), "default ?"),
    (project('"torch"', part("vllm")), "default ?"),
    (project('"torch"', part("accelerate")), "default newest"),
    # a constraint on what no part asks for says nothing
    (project('"torch>=2.4,<2.8"', '[tool.uv]\nconstraint-dependencies = ["torchvision==0.20.0"]\n'), "default 2.7.1"),
    (project('"torch>=2.4,<2.8"', part("torchvision"),
             '[tool.uv]\nconstraint-dependencies = ["torchvision==0.20.0"]\n'), "default 2.5.0"),
    # an older torch leads to the torchaudio that asks for none
    (project('"torchaudio"', part("facenet-pytorch")), "unknown"),
    (project('"torchaudio"', part("torch<2.10")), "unknown"),
    (project('"torchaudio"', part("torchvision==0.20.0")), "unknown"),
    (project('"torchaudio"', part("torchvision"), VISION), "unknown"),
    (project('"torchaudio"', part("torchvision")), "default newest"),
    (project('"torchaudio"', part("torchaudio>=2.2.0")), "default newest"),
    (project('"torchaudio"', part("accelerate")), "default newest"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "torch"), PARTS)
def test_what_all_parts_of_a_project_leave(files: dict[str, str], torch: str) -> None:
    assert said(state(files, "RUN uv sync").torch) == torch
