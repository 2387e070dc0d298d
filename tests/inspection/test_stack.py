"""What an image computes with, by metadata alone."""

from __future__ import annotations

import json
from pathlib import Path

import make_image as make
import pytest

from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.report import check_expect, render_text, to_json
from wxlint.inspection.stack import mismatches, stack_of

CUDA12 = ["/usr/local/cuda-12.4/lib64/libcudart.so.12.4.127", "/usr/local/cuda-12.4/lib64/libcublas.so.12"]
ORT = ("onnxruntime-gpu", "1.20.1")
CUDNN8, CUDNN9 = ["/usr/lib/x86_64-linux-gnu/libcudnn.so.8"], ["/usr/lib/x86_64-linux-gnu/libcudnn_ops.so.9.1.0"]


@pytest.mark.parametrize(
    ("name", "version", "build", "cuda", "needs"),
    [
        ("ctranslate2", "4.4.0", "any", "12", ("CUDA 12", "cuDNN 8")),
        ("CTranslate2", "4.5.0", "any", "12", ("CUDA 12", "cuDNN 9")),
        ("onnxruntime-gpu", "1.17.1", "cuda", "11.8", ("CUDA 11", "cuDNN 8")),
        ("onnxruntime", "1.20.1", "cpu", "", ()),
        ("cupy-cuda12x", "13.3.0", "cuda", "12", ("CUDA 12",)),
        ("torchvision", "0.18.1+cu121", "cuda", "12.1", ()),
        ("torchaudio", "2.3.1+cpu", "cpu", "", ()),
        ("flash-attn", "2.6.3+cu12torch2.4cxx11abiFALSE", "cuda", "12", ("torch 2.4",)),
        ("jaxlib", "0.4.7+cuda12.cudnn88", "cuda", "12", ()),
        ("cudf-cu12", "24.12.0", "cuda", "12", ()),
        ("somebodys-kernels-cu118", "1.0", "cuda", "11.8", ()),
    ],
)
def test_what_a_distribution_is_and_needs(
    name: str, version: str, build: str, cuda: str, needs: tuple[str, ...]
) -> None:
    (one,) = stack_of([(name, version)])
    assert (one.build, one.cuda, one.needs) == (build, cuda, needs)


def test_others_are_left_out_and_torch_says_its_build_itself() -> None:
    assert stack_of([("requests", "2.0"), ("numpy", "1.26.4")]) == ()
    (torch,) = stack_of([("torch", "2.3.1")], torch_cuda="12.1")
    assert (torch.build, torch.cuda) == ("cuda", "12.1")
    (torch,) = stack_of([("torch", "2.3.1")], torch_hip="6.0")
    assert torch.build == "rocm"


@pytest.mark.parametrize(
    ("installed", "libraries", "said"),
    [
        ([("ctranslate2", "4.5.0")], CUDA12 + CUDNN8, ["needs cuDNN 9; the image holds cuDNN 8"]),
        ([("ctranslate2", "4.5.0")], CUDA12 + CUDNN9, []),
        ([("ctranslate2", "4.5.0")], CUDA12, ["needs cuDNN 9; the image holds none"]),
        ([("ctranslate2", "4.5.0")], [], []),
        ([("cupy-cuda13x", "14.0.0")], CUDA12, ["needs CUDA 13; the image holds CUDA 12"]),
        ([("cupy-cuda12x", "13.3.0")], CUDA12, []),
        ([ORT], [], ["needs CUDA 12; the image holds none", "needs cuDNN 9; the image holds none"]),
        ([ORT, ("onnxruntime", "1.20.1")], CUDA12 + CUDNN9, ["both the Python package onnxruntime"]),
        ([("opencv-python", "4.9"), ("opencv-python-headless", "4.9")], [], []),
        ([("torch", "2.3.1"), ("torchvision", "0.19.0")], CUDA12, ["torchvision 0.19.0 does not go with torch 2.3.1"]),
        ([("torch", "2.3.1+cpu"), ("torchvision", "0.18.1+cu121")], [], ["is another build than torch 2.3.1+cpu"]),
        ([("torch", "2.3.1+cu121"), ("torchvision", "0.18.1+cu118")], [], ["is another build than torch 2.3.1+cu121"]),
        ([("torch", "2.3.1+cu121"), ("torchvision", "0.18.1")], [], []),
        ([("torch", "2.5.1"), ("flash-attn", "2.6.3+cu12torch2.4cxx11abiFALSE")], CUDA12, ["is built for torch 2.4"]),
    ],
)  # fmt: skip
def test_what_does_not_go_together(installed: list[tuple[str, str]], libraries: list[str], said: list[str]) -> None:
    found = mismatches(stack_of(installed), libraries)
    assert len(found) == len(said), found
    assert all(part in text for text, part in zip(found, said)), found


def test_people_see_the_stack_and_what_does_not_go_together(tmp_path: Path) -> None:
    site = "usr/local/lib/python3.11/site-packages"
    content = make.files(
        {
            f"{site}/ctranslate2-4.5.0.dist-info/METADATA": b"Name: ctranslate2\nVersion: 4.5.0\n\n",
            f"{site}/nvidia/cublas/lib/libcublas.so.12": b"x",
            f"{site}/nvidia/cudnn/lib/libcudnn.so.8": b"x",
        }
    )
    path = tmp_path / "image.tar"
    path.write_bytes(make.docker_save([make.Layer(content, "RUN pip install")]))
    image = run_inspect(str(path))
    text = render_text(image)
    assert "  stack       ctranslate2 4.5.0 (CUDA 12 build; needs CUDA 12, cuDNN 9)" in text.splitlines()
    assert "  mismatch    ctranslate2 4.5.0 needs cuDNN 9; the image holds cuDNN 8" in text.splitlines()
    answer = json.loads(to_json(image))
    assert answer["stack"] == [
        {"name": "ctranslate2", "version": "4.5.0", "build": "any", "cuda": "12", "needs": ["CUDA 12", "cuDNN 9"]}
    ]
    assert any("needs cuDNN 9" in text for text in check_expect(image, "cuda"))
