"""What `wxlint images` says of the torch that a base's maker built."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.images.graph.pictures.summary import beliefs_of
from wxlint.lint.inputs import gather

NGC = "FROM nvcr.io/nvidia/pytorch:24.02-py3\n"


@pytest.mark.parametrize(
    ("text", "torch"),
    [
        (NGC, "cu123"),
        (NGC + "RUN pip install flask\n", "cu123"),
        (NGC + "RUN pip install torch==2.3.1+cu121 -i https://download.pytorch.org/whl/cu121\n", "cu121"),
        (NGC + "RUN pip uninstall -y torch\n", "none"),
        ("FROM nvcr.io/nvidia/pytorch\n", "cuda"),
        ("FROM pytorch/pytorch:latest\nRUN pip install torch flask\n", "cuda"),
        ("FROM pytorch/pytorch:latest\nRUN pip install git+https://example.org/acme/tool\n", "unknown"),
        ("FROM pytorch/pytorch:latest\nRUN pip install git+https://github.com/huggingface/transformers\n", "cuda"),
        ("FROM pytorch/pytorch:latest\nRUN pip install 'torch<2'\n", "unknown"),
        ("FROM pytorch/pytorch:latest\nRUN pip install 'torchvision<0.16'\n", "unknown"),
        ("FROM pytorch/pytorch:latest\nRUN pip install vllm\n", "unknown"),
        ("FROM pytorch/pytorch:latest\nRUN pip install 'torch>=2' timm\n", "cuda"),
        ("FROM pytorch/torchserve:0.8.2-gpu\n", "cuda"),
        ("FROM nvcr.io/nvidia/tritonserver:24.01-pyt-vllm\n", "unknown"),
        (f"{NGC}RUN pip install torch==2.5.1\n", "unknown"),
        ("FROM example/pytorch:24.02-py3\n", "unknown"),
    ],
)
def test_a_makers_torch_is_shown_with_its_cuda(
    text: str, torch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text(text)
    repository = gather(["."], no_policy=True).repository
    assert [belief.torch for belief in beliefs_of(repository, None)] == [torch]


@pytest.mark.parametrize(
    ("given", "variant"),
    [("", "cuda"), ("--build-arg DEVICE=cpu", "cpu"), ('--build-arg DEVICE="$DEVICE"', "unknown")],
)
def test_an_argument_whose_given_value_is_not_known_says_nothing(
    given: str, variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nARG DEVICE=cuda\n")
    Path("build.sh").write_text(f"docker build --build-arg BASE=acme/base:1 {given} .\n")
    repository = gather(["."], no_policy=True).repository
    assert [belief.variant for belief in beliefs_of(repository, None)] == [variant]
