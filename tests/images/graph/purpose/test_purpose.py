"""What an image is for where no name of its own says so: the cases of purposes.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from case_files import read_cases
from file_trees import write_tree

from wxlint.images.graph.names.siblings import gpu_twins
from wxlint.images.graph.pictures.summary import beliefs_of
from wxlint.images.graph.purpose.device_settings import said_by_options, said_by_variable
from wxlint.lint.inputs import gather

CASES = read_cases(Path(__file__).parent / "purposes.yaml")
_OF_THE_STATE = ("image", "install", "arg", "build-arg")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_purpose(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, case["files"])
    monkeypatch.chdir(tmp_path)
    path = case.get("path", "Dockerfile")
    (found,) = [b for b in beliefs_of(gather(["."], no_policy=True).repository, None) if b.path == path]
    reasons = [reason for reason in found.because if reason.kind not in _OF_THE_STATE]
    said = [reason.text for reason in reasons] if found.variant == "cpu" else []
    assert said == case["because"], found
    assert found.variant == ("cpu" if case["because"] else "cuda")
    assert all(reason.path for reason in reasons if not reason.text.startswith("file name"))


@pytest.mark.parametrize(
    ("setting", "accelerator"),
    [
        *((f"{name}=cpu", "cpu") for name in ("DEVICE", "torch_device", "WHISPER_DEVICE", "PREFERRED_DEVICE_TYPE")),
        *((f"DEVICE={value}", "cuda") for value in ("cuda", "cuda:0", "GPU")),
        *((f"{name}=0", "cpu") for name in ("USE_GPU", "ASR_USE_CUDA", "ENABLE_GPU", "OCR_GPU_ENABLED", "EASYOCR_GPU")),
        *((f"USE_GPU={value}", "cpu") for value in ("false", "False", "no", "off", "'false'")),
        ("USE_GPU=true", "cuda"),
        ("FORCE_CPU=1", "cpu"),
        ("FORCE_CPU_MODE=true", "cpu"),
        ("FORCE_CPU=0", None),
        ("CUDA_VISIBLE_DEVICES=", "cpu"),
        ("CUDA_VISIBLE_DEVICES=-1", "cpu"),
        ("CUDA_VISIBLE_DEVICES=0,1", "cuda"),
        ("NVIDIA_VISIBLE_DEVICES=void", "cpu"),
        ("NVIDIA_VISIBLE_DEVICES=none", "cpu"),
        ("NVIDIA_VISIBLE_DEVICES=all", "cuda"),
        ("DEVICE=auto", None),
        ("DEVICE=mps", None),
        ("DEVICE=", None),
        ("DEVICES=cpu", None),
        ("OLLAMA_NUM_GPU=0", None),
        ("SHARE_GPU=false", None),
        ("USE_GPU=auto", None),
    ],
)
def test_variables(setting: str, accelerator: str | None) -> None:
    name, _, value = setting.partition("=")
    assert said_by_variable(name, value) == accelerator


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("app --device cpu -v", [("--device cpu", "cpu")]),
        ("app --device=cuda:1", [("--device=cuda:1", "cuda")]),
        ("app --device", []),
        ("app --device auto", []),
        ("main.py --cpu", [("--cpu", "cpu")]),
        ("bench --cpu 4", []),
        ("bench --gpu 4 --gpu", [("--gpu", "cuda")]),
        ("app --cpus 2", []),
    ],
)
def test_options(words: str, said: list[tuple[str, str]]) -> None:
    assert list(said_by_options(words.split())) == said


@pytest.mark.parametrize(
    ("name", "others", "twins"),
    [
        ("Dockerfile", ["Dockerfile", "Dockerfile.gpu", "Dockerfile.rocm"], ["Dockerfile.gpu"]),
        ("Dockerfile", ["Dockerfile.rocm", "Dockerfile.amd-gpu", "Dockerfile.intel-gpu"], []),
        ("Dockerfile", ["GPUDockerfile", "Dockerfile_nvidia"], ["GPUDockerfile", "Dockerfile_nvidia"]),
        ("Dockerfile", ["Dockerfile.cu118", "Dockerfile-cuda12.1", "Dockerfile.gpu-cu121"], ["Dockerfile.gpu-cu121"]),
        ("Dockerfile", ["Dockerfile.gpu-cpu", "Dockerfile.openvino", "Dockerfile.gpu.dev"], []),
        ("Dockerfile.dev", ["Dockerfile.gpu.dev", "dev.gpu.Dockerfile"], ["Dockerfile.gpu.dev"]),
        ("Dockerfile.cuda", ["Dockerfile.gpu"], []),
        ("api", ["api-gpu", "web-gpu", "api2"], ["api-gpu"]),
        ("api", ["api-gpu", "api-cpu"], []),
    ],
)
def test_twins(name: str, others: list[str], twins: list[str]) -> None:
    assert gpu_twins(name, others) == twins
