"""Projects in git whose requirements leave torch alone."""

from __future__ import annotations

import pytest

from wxlint.facts import needed_by_project


@pytest.mark.parametrize(
    ("url", "needs"),
    [
        ("git+https://github.com/NVIDIA/apex.git@abc", ""),
        ("git+https://github.com/nvidia/Apex", ""),
        ("git+https://github.com/huggingface/transformers#egg=transformers", ""),
        ("git+ssh://git@github.com/huggingface/accelerate.git", ">=2.0.0"),
        ("git@github.com:huggingface/peft.git", ">=1.13.0"),
        ("git+https://github.com/somebody/transformers", None),
        ("git+https://github.com/huggingface/apex-tools", None),
        ("git+https://registry.example/NVIDIA/apex.git", None),
        ("https://github.com/", None),
    ],
)
def test_what_a_project_asks_of_torch(url: str, needs: str | None) -> None:
    assert needed_by_project(url) == needs
