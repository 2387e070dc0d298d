"""What the words of a name say."""

from __future__ import annotations

import pytest

from wxlint.policy.accelerator_words import accelerator_words


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("asr-gpu", {"cuda"}),
        ("1.2-cpu", {"cpu"}),
        ("Dockerfile.cpu.3.11", {"cpu"}),
        ("app.cuda.12.9", {"cuda"}),
        ("cuda12.1", {"cuda"}),
        ("cu121", {"cuda"}),
        ("rocm6.0", {"rocm"}),
        ("amd-gpu", {"rocm"}),
        ("cpu-gpu", {"cpu", "cuda"}),
        ("runtime-nvidia-env", {"cuda"}),
        ("nvidia-cpu", {"cpu", "cuda"}),
        ("nvidia-amd", set()),
        ("no-gpu", {"cpu"}),
        ("non_gpu-cuda", {"cpu", "cuda"}),
        ("no-cuda", set()),
        ("cupboard", set()),
        ("cpuset", set()),
        ("cu", set()),
    ],
)
def test_words(name: str, said: set[str]) -> None:
    assert accelerator_words(name) == said
