"""Saved images of tests, and how they are inspected."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import make_image as make

from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.model import Inspection

SITE = make.SITE
BASE = make.Layer(make.files({"etc/os-release": b"ID=debian\n"}), "/bin/sh -c #(nop) ADD file:0123 in / ")
TORCH_CUDA = (
    {
        f"{SITE}/torch/version.py": make.torch_version("2.2.1+cu121", "12.1"),
        f"{SITE}/torch/lib/libtorch_cuda.so": b"t" * 5000,
        f"{SITE}/torch/lib/libc10_cuda.so": b"c" * 700,
        f"{SITE}/torch/lib/libtorch_cpu.so": b"u" * 4000,
        f"{SITE}/torch/cuda/__init__.py": b"# only Python",
        f"{SITE}/nvidia/cublas/lib/libcublas.so.12": b"b" * 3000,
        f"{SITE}/nvidia/cublas/include/cublas.h": b"h" * 200,
    }
    | make.distribution("torch", "2.2.1", ["nvidia-cublas-cu12==12.1.3.1; platform_system == 'Linux'", "sympy"])
    | make.distribution(
        "nvidia-cublas-cu12",
        "12.1.3.1",
        sizes={"nvidia/cublas/lib/libcublas.so.12": 9, "nvidia/cublas/include/cublas.h": 200, "gone.txt": 11},
    )
    | make.distribution("whisperx", "3.3.1", ["torch>=2", "numpy"])
)
CUDA_BYTES = 5000 + 700 + 3000 + 200
RUN = make.Layer(make.files(TORCH_CUDA), "RUN /bin/sh -c pip install whisperx # buildkit")


def look(tmp_path: Path, data: bytes, *, select: str = "", **options: object) -> Inspection:
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    return run_inspect(f"{path}{select}", **options)  # type: ignore[arg-type]


def look_layers(tmp_path: Path, *layers: make.Layer, **settings: object) -> Inspection:
    return look(tmp_path, make.docker_save(layers, **settings))


def layer(content: dict[str, bytes]) -> make.Layer:
    return make.Layer(make.files(content))


@contextmanager
def engine_of(data: bytes) -> Iterator[io.BytesIO]:
    yield io.BytesIO(data)
