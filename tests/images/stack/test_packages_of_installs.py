"""Each accelerated package that an install brings, in full: its build, where CUDA comes from, and what brought it."""

from __future__ import annotations

import pytest
from shell_installs import read

from wxlint.images.stack.packages import Accelerated, accelerated_packages

OWN = "https://registry.example/simple"
WHEELS = "https://data.pyg.org/whl/torch-2.3.0"


def shown(package: Accelerated) -> str:
    """A package in short: name with its releases, module, build, libraries, and what it was built for."""
    built_for = [("CUDA", package.cuda), ("cuDNN", package.cudnn), ("torch", package.torch), ("by", package.brought_by)]
    words = [f"{package.name}{package.specifier}", package.module or "-", package.build or "?", package.libraries]
    words += [f"{name} {text}" for name, text in built_for if text]
    return ", ".join(words) + (" perhaps" if package.conditional else "")


def found(command: str) -> list[str]:
    return [shown(package) for install in read(command) for package in accelerated_packages(install)]


ONE = [
    # command, the one package
    # a folder of wheels says what they were built for, where nothing else is searched
    (f"pip install torch-scatter -f {WHEELS}+cu121.html",
     "torch-scatter, torch_scatter, any, torch, CUDA 12.1, torch 2.3"),
    (f"pip install torch-scatter -f {WHEELS}+cpu.html", "torch-scatter, torch_scatter, cpu, torch, torch 2.3"),
    (f"pip install torch-scatter -f {WHEELS}+cu121.html --extra-index-url https://download.pytorch.org/whl/cu118",
     "torch-scatter, torch_scatter, any, torch, CUDA 12.1, torch 2.3"),
    (f"pip install natten -f {WHEELS}+cu121.html", "natten, natten, any, torch"),
    ("pip install xformers==0.0.27 --index-url https://download.pytorch.org/whl/cu118",
     "xformers==0.0.27, xformers, cuda, torch, CUDA 11.8"),
    ("pip install torch-scatter --index-url https://download.pytorch.org/whl/cu118",
     "torch-scatter, torch_scatter, any, torch"),
    ("pip install dgl -f https://data.dgl.ai/wheels/cu118/repo.html", "dgl, dgl, any, torch, CUDA 11.8"),
    ("pip install llama-cpp-python --extra-index-url https://maker.example/llama-cpp-python/whl/cu124",
     "llama-cpp-python, llama_cpp, cuda, system, CUDA 12.4"),
    ("pip install llama-cpp-python --extra-index-url https://maker.example/llama-cpp-python/whl/cpu",
     "llama-cpp-python, llama_cpp, cpu, system"),
    ("CMAKE_ARGS=-DGGML_CUDA=on pip install llama-cpp-python --extra-index-url https://maker.example/whl/cpu",
     "llama-cpp-python, llama_cpp, any, system"),
    ("pip install onnxruntime-gpu==1.18.0 -i https://maker.example/onnxruntime-cuda-12/pypi/simple",
     "onnxruntime-gpu==1.18.0, onnxruntime, cuda, system, CUDA 12"),
    ("pip install paddlepaddle-gpu==3.0.0 -i https://maker.example/packages/stable/cu118",
     "paddlepaddle-gpu==3.0.0, paddle, cuda, system"),
    (f"pip install torch-scatter -f {WHEELS}+cu121.html --extra-index-url {OWN}",
     "torch-scatter, torch_scatter, any, torch"),
    (f"pip install torch-scatter -f {WHEELS}+cu121.html -f {OWN}", "torch-scatter, torch_scatter, any, torch"),
    ("pip install torch-scatter -f $W", "torch-scatter, torch_scatter, any, torch"),
    # somebody's own wheel is known by its name only
    (f"pip install {OWN}/onnxruntime_gpu-1.17.1+cu121-cp311-cp311-linux_x86_64.whl",
     "onnxruntime-gpu==1.17.1+cu121, onnxruntime, cuda, system, CUDA 12.1"),
    (f"pip install {OWN}/onnxruntime_gpu-1.17.1-cp311-cp311-linux_x86_64.whl",
     "onnxruntime-gpu==1.17.1, onnxruntime, cuda, system"),
    (f"pip install {OWN}/cupy_cuda12x-13.0.0-cp311-cp311-linux_x86_64.whl",
     "cupy-cuda12x==13.0.0, cupy, cuda, system, CUDA 12"),
    (f"pip install {OWN}/flash_attn-2.5.2+cu122torch2.3cxx11abiFALSE-cp311-cp311-linux_x86_64.whl",
     "flash-attn==2.5.2+cu122torch2.3cxx11abiFALSE, flash_attn, cuda, torch, CUDA 12.2, torch 2.3"),
    # ranges and limits
    ("pip install 'onnxruntime-gpu>=1.17,<1.19'",
     "onnxruntime-gpu>=1.17,<1.19, onnxruntime, cuda, system, CUDA 11.8, cuDNN 8"),
    ("pip install 'onnxruntime-gpu<1.19'", "onnxruntime-gpu<1.19, onnxruntime, cuda, system, CUDA 11.8, cuDNN 8"),
    ("pip install onnxruntime-gpu==$V", "onnxruntime-gpu, onnxruntime, cuda, system, CUDA 13, cuDNN 9"),
    ("uv pip install onnxruntime-gpu --resolution lowest", "onnxruntime-gpu, onnxruntime, cuda, system"),
    ("uv pip install onnxruntime-gpu==1.17.1 --resolution lowest",
     "onnxruntime-gpu==1.17.1, onnxruntime, cuda, system, CUDA 11.8, cuDNN 8"),
    # extras that bring the libraries
    ("pip install 'onnxruntime-gpu[cuda,cudnn]==1.21.0'",
     "onnxruntime-gpu==1.21.0, onnxruntime, cuda, wheels, CUDA 12, cuDNN 9"),
    ("pip install 'onnxruntime-gpu[cuda,cudnn]==1.20.0'",
     "onnxruntime-gpu==1.20.0, onnxruntime, cuda, system, CUDA 12, cuDNN 9"),
    ("pip install 'jax[cuda12]==0.4.30'", "jax==0.4.30, jax, cuda, wheels, CUDA 12"),
    ("pip install 'jax[cuda12-local]==0.4.30'", "jax==0.4.30, jax, cuda, system, CUDA 12, cuDNN 9"),
    ("pip install 'jax[cuda11_local]==0.4.20'", "jax==0.4.20, jax, cuda, system, CUDA 11, cuDNN 8"),
    ("pip install 'jax[cuda11_pip]'", "jax, jax, cpu, none"),
    ("pip install 'jax[cuda]'", "jax, jax, cuda, wheels, CUDA 12"),
    ("pip install 'jax[cpu]'", "jax, jax, cpu, none"),
    ("pip install 'jax[tpu]'", "jax, jax, cpu, none"),
    # names and numbers that say it
    ("pip install tensorflow==2.13.0", "tensorflow==2.13.0, tensorflow, any, system, CUDA 11.8, cuDNN 8"),
    ("pip install tensorflow-cpu", "tensorflow-cpu, tensorflow, cpu, none"),
    ("pip install nvidia-cudnn-cu12==9.1.0.70", "nvidia-cudnn-cu12==9.1.0.70, -, cuda, own, CUDA 12, cuDNN 9"),
    ("pip install nvidia-cublas-cu12==12.1.3.1", "nvidia-cublas-cu12==12.1.3.1, -, cuda, own, CUDA 12"),
    ("pip install paddlepaddle-gpu==2.6.1.post120", "paddlepaddle-gpu==2.6.1.post120, paddle, cuda, system, CUDA 12.0"),
    ("pip install mxnet-cu112", "mxnet-cu112, mxnet, cuda, system, CUDA 11.2"),
    ("pip install cudf-cu12", "cudf-cu12, cudf, cuda, wheels, CUDA 12"),
    ("pip install unheard-cu118", "unheard-cu118, -, cuda, system, CUDA 11.8"),
    ("pip install unheard==1.0+cu118", "unheard==1.0+cu118, -, cuda, system, CUDA 11.8"),
    ("pip install unheard==1.0+pt23cu121", "unheard==1.0+pt23cu121, -, cuda, torch, CUDA 12.1, torch 2.3"),
    ("pip install xformers==0.0.27", "xformers==0.0.27, xformers, cuda, torch"),
    # conda brings the libraries, and decides about the build
    ("conda install onnxruntime-gpu", "onnxruntime-gpu, onnxruntime, cuda, wheels"),
    ("conda install 'jaxlib=0.4=*cpu*'", "jaxlib=0.4=*cpu*, jaxlib, cpu, wheels"),
    ("conda install jaxlib=$V", "jaxlib, jaxlib, ?, wheels"),
    ("conda install cupy", "cupy, cupy, ?, wheels"),
    ("conda install openvino", "openvino, openvino, other, wheels"),
    ("[ -f x ] && pip install onnxruntime", "onnxruntime, onnxruntime, cpu, none perhaps"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "package"), ONE, ids=[row[0] for row in ONE])
def test_one_package(command: str, package: str) -> None:
    assert found(command) == [package]


@pytest.mark.parametrize(
    "command",
    [
        "conda install pytorch",
        "conda install unheard",
        "apt-get install onnxruntime-gpu",
        "pip uninstall -y onnxruntime-gpu",
        "pip install --no-deps whisperx",
        "pip install unheard",
    ],
)
def test_what_brings_none(command: str) -> None:
    assert found(command) == []


PINNED = [
    "ctranslate2<4.5.0, ctranslate2, any, system, CUDA 12, cuDNN 8, by whisperx",
    "onnxruntime<2, onnxruntime, cpu, none, by whisperx",
]
OPEN = [
    "ctranslate2, ctranslate2, any, system, CUDA 12, by whisperx perhaps",
    "onnxruntime, onnxruntime, cpu, none, by whisperx perhaps",
]
BROUGHT = [
    # command, what comes along
    ("pip install whisperx==3.3.1", PINNED),
    ("uv pip install whisperx==3.3.1 --resolution lowest", PINNED),
    (f"pip install whisperx==3.3.1 -i {OWN}", PINNED),
    # of what is not pinned, an older release may be taken, for reasons that are in sight
    ("pip install whisperx torch==2.3.1", OPEN),
    (f"pip install whisperx -i {OWN}", OPEN),
    ("pip install whisperx --no-index", OPEN),
    (f"uv pip install whisperx --extra-index-url {OWN}", OPEN),
    ("uv pip install whisperx --resolution lowest", OPEN),
    ("pip install whisperx vllm==0.6.0", ["vllm==0.6.0, vllm, cuda, torch", *OPEN]),
    ("pip install 'spacy[cuda12x]'", ["cupy-cuda12x<13.0.0,>=11.5.0, cupy, cuda, system, CUDA 12, by spacy"]),
    ("pip install whisperx==3.3.1 ctranslate2==4.4.0",
     ["ctranslate2==4.4.0, ctranslate2, any, system, CUDA 12, cuDNN 8", PINNED[1]]),
]  # fmt: skip


@pytest.mark.parametrize(("command", "packages"), BROUGHT, ids=[row[0] for row in BROUGHT])
def test_what_comes_along(command: str, packages: list[str]) -> None:
    assert found(command) == packages
