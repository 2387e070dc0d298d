"""What names and local versions say of CUDA and torch."""

from __future__ import annotations

import pytest

from wxlint.facts.generation import (
    Generation,
    generation_of_folder,
    generation_of_local,
    generation_of_name,
    generation_of_release,
    same_cuda,
)


@pytest.mark.parametrize(
    ("name", "cuda"),
    [
        ("cupy-cuda12x", "12"),
        ("cupy-cuda118", "11.8"),
        ("mxnet-cu112", "11.2"),
        ("mxnet-cu92", "9.2"),
        ("spconv-cu118", "11.8"),
        ("faiss-gpu-cu12", "12"),
        ("tensorrt-cu12-libs", "12"),
        ("nvidia-cublas-cu11", "11"),
        ("nvidia-dali-cuda120", "12"),
        ("cuda-python", ""),
        ("torch", ""),
        ("documents-cu", ""),
        ("cu12", ""),
    ],
)
def test_names(name: str, cuda: str) -> None:
    assert generation_of_name(name) == Generation(cuda)


@pytest.mark.parametrize(
    ("local", "cuda", "torch"),
    [
        ("cu118", "11.8", ""),
        ("cu118torch2.1cxx11abiFALSE", "11.8", "2.1"),
        ("cu12torch2.10cxx11abiTRUE", "12", "2.10"),
        ("pt25cu124", "12.4", "2.5"),
        ("pt210cu128", "12.8", "2.10"),
        ("pt2.1cu118", "11.8", "2.1"),
        ("torch2.1.0cu121", "12.1", "2.1"),
        ("pt20cpu", "", "2.0"),
        ("cpu", "", ""),
        ("rocm6.2", "", ""),
        ("torch240cu121", "12.1", "2.4"),
        ("torch2100cu128", "12.8", "2.10"),
        ("torch1130cu117", "11.7", "1.13"),
    ],
)
def test_local_versions(local: str, cuda: str, torch: str) -> None:
    assert generation_of_local(local) == Generation(cuda, torch)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [("12", "12.4", True), ("11.8", "12.1", False), ("", "12", None), ("12.1", "", None), ("1.2", "12", False)],
)
def test_generations_go_by_the_major_version(one: str, two: str, same: bool | None) -> None:
    assert same_cuda(one, two) is same


@pytest.mark.parametrize(
    ("name", "pin", "cuda"),
    [
        ("paddlepaddle-gpu", "2.6.1.post120", "12.0"),
        ("paddlepaddle-gpu", "2.4.2.post117", "11.7"),
        ("paddlepaddle-gpu", "2.6.1", ""),
        ("flask", "2.6.1.post120", ""),
    ],
)
def test_what_a_release_says(name: str, pin: str, cuda: str) -> None:
    assert generation_of_release(name, pin).cuda == cuda


@pytest.mark.parametrize(
    ("url", "torch", "cuda"),
    [
        ("https://data.pyg.org/whl/torch-2.3.0+cu118.html", "2.3", "11.8"),
        ("https://data.pyg.org/whl/torch-2.3.0%2Bcpu.html", "2.3", "cpu"),
        ("https://maker.example/mmcv/dist/cpu/torch2.1/index.html", "2.1", "cpu"),
        ("https://maker.example/whl/cpu", "", "cpu"),
        ("https://maker.example/cpuinfo/wheels", "", ""),
        ("https://maker.example/pytorch3d/packaging/wheels/py310_cu117_pyt201/download.html", "2.0", "11.7"),
        ("https://maker.example/pytorch3d/packaging/wheels/py38_cu113_pyt1100/download.html", "1.10", "11.3"),
        ("https://maker.example/whl/cu121/torch2.4/", "2.4", "12.1"),
        ("https://maker.example/onnxruntime-cuda-12/pypi/simple", "", "12"),
        ("https://download.openmmlab.com/mmcv/dist/cu118/torch2.0/index.html", "2.0", "11.8"),
        ("https://data.dgl.ai/wheels/torch-2.4/cu124/repo.html", "2.4", "12.4"),
        ("https://wheels.example/torch-2.5.1_cu124.html", "2.5", "12.4"),
        ("https://download.pytorch.org/whl/torch_stable.html", "", ""),
        ("https://wheels.example/cu124", "", "12.4"),
    ],
)
def test_what_a_folder_of_wheels_says(url: str, torch: str, cuda: str) -> None:
    assert generation_of_folder(url) == Generation("" if cuda == "cpu" else cuda, torch, cuda == "cpu")
