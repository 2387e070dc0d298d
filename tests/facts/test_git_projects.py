"""Projects in git: what they ask of torch, and what their lists of requirements say."""

from __future__ import annotations

import pytest

from wxlint import facts


@pytest.mark.parametrize(
    ("url", "needs"),
    [
        ("git+https://github.com/NVIDIA/apex.git@abc", ""),
        ("git+https://github.com/nvidia/Apex", ""),
        ("git+https://github.com/huggingface/transformers#egg=transformers", ""),
        ("git+ssh://git@github.com/huggingface/accelerate.git", ">=2.0.0"),
        ("git@github.com:huggingface/peft.git", ">=1.13.0"),
        ("git+https://github.com/openai/CLIP.git", ">=0"),
        ("git+https://github.com/openai/CLIP.git@main", ">=0"),
        ("git+https://github.com/openai/CLIP.git@main2", None),
        ("git+https://github.com/openai/CLIP.git@beba48f", None),  # its first commits pinned torch
        ("git+https://github.com/somebody/faster-whisper", ""),
        ("git+https://github.com/somebody/transformers", None),
        ("git+https://github.com/resemble-ai/chatterbox.git", "==2.6.0"),
        ("git+https://github.com/resemble-ai/chatterbox.git@v0.1.1", None),
        ("git+https://github.com/open-mmlab/mmengine.git@v0.10.4", ""),
        ("git+https://github.com/huggingface/apex-tools", None),
        ("git+https://registry.example/NVIDIA/apex.git", None),
        ("https://github.com/", None),
    ],
)
def test_what_a_project_asks_of_torch(url: str, needs: str | None) -> None:
    project = facts.git_project(url)
    assert (project["needs"] if project is not None else None) == needs


@pytest.mark.parametrize(
    ("url", "path", "listed"),
    [
        ("git+https://github.com/crowsonkb/k-diffusion", "requirements.txt", ("torch", "torchvision", "accelerate")),
        ("git+https://github.com/crowsonkb/k-diffusion", "docs/requirements.txt", None),
        ("git+https://github.com/oobabooga/textgen@v4.0", "requirements/full/requirements_amd.txt", None),
        (
            "git+https://github.com/comfyanonymous/ComfyUI@v0.3",
            "requirements.txt",
            ("torch", "torchsde", "torchvision", "torchaudio", "kornia"),
        ),
        (
            "git+https://github.com/oobabooga/textgen",
            "requirements/full/requirements_amd.txt",
            ("accelerate", "peft", "torchao"),
        ),
        ("git+https://github.com/openai/whisper", "requirements.txt", None),
        ("git+https://github.com/somebody/else", "requirements.txt", None),
    ],
)
def test_what_a_list_of_a_project_holds(url: str, path: str, listed: tuple[str, ...] | None) -> None:
    assert facts.listed_by_project(url, path) == listed


@pytest.mark.parametrize(("beginning", "may"), [("tor", True), ("torchvis", True), ("whisper", True), ("flask", False)])
def test_what_a_name_may_become(beginning: str, may: bool) -> None:
    assert facts.may_begin_torch(beginning) is may
