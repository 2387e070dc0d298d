"""Which packages bring torch along, which are of use only with CUDA, and what CUDA asks of driver and cuDNN."""

from __future__ import annotations

import pytest

from wxlint import facts


@pytest.mark.parametrize(
    "name",
    [
        "whisperx",
        "pyannote.audio",
        "speechbrain",
        "torchmetrics",
        "openai-whisper",
        "pytorch-lightning",
        "silero-vad",
        "spacy-curated-transformers",
        "sentence-transformers",
        "accelerate",
        "timm",
        "Open_CLIP_Torch",
        "bertopic",
        "easyocr",
        "blade2blade",
        "lerobot",
        "open-webui",
    ],
)
def test_brings_torch(name: str) -> None:
    assert facts.brings_torch(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "transformers",
        "diffusers",
        "faster-whisper",
        "ctranslate2",
        "skorch",
        "torch-geometric",
        "numpy",
        "spacy",
        "onnxruntime",
        "torch",
    ],
)
def test_does_not_bring_torch(name: str) -> None:
    assert facts.brings_torch(name) is None


def test_an_extra_brings_torch() -> None:
    assert facts.brings_torch("fschat", None, ("model_worker", "webui")) is not None
    assert facts.brings_torch("transformers", "4.57.1", ("sentencepiece",)) is None
    assert facts.brings_torch("transformers", "4.57.1", ("sentencepiece", "torch")) is not None


def test_a_requirement_that_was_dropped_counts_for_old_releases_only() -> None:
    assert facts.brings_torch("coqui-tts") is None
    assert facts.brings_torch("coqui-tts", "0.24.1") is not None
    assert facts.brings_torch("coqui-tts", "0.28.0") is None


def test_a_requirement_that_was_added_does_not_count_for_old_releases() -> None:
    assert facts.brings_torch("accelerate", "1.0.0") is not None
    assert facts.brings_torch("bitsandbytes", "0.37.0") is None


def test_implicit_torch_rows_lead_to_torch() -> None:
    names = {row["name"] for row in facts.table("implicit_torch")}
    assert len(names) >= 120
    for row in facts.table("implicit_torch"):
        assert row["name"] == facts.normalise(row["name"])
        assert row["through"] == "torch" or row["through"] in names
        assert row["requires"] and "extra ==" not in row["requires"]


@pytest.mark.parametrize(
    ("ecosystem", "name", "extras"),
    [
        ("pip", "nvidia-cudnn-cu12", ()),
        ("pip", "nvidia_cublas_cu11", ()),
        ("pip", "nvidia-cuda-runtime", ()),
        ("pip", "nvidia-cublas", ()),
        ("pip", "cupy-cuda12x", ()),
        ("pip", "onnxruntime-gpu", ()),
        ("pip", "tensorflow", ("and-cuda",)),
        ("pip", "tensorflow", ("and_cuda",)),
        ("pip", "jax", ("cuda12",)),
        ("pip", "something-new-cu12", ()),
        ("conda", "cudatoolkit", ()),
        ("conda", "pytorch-cuda", ()),
        ("apt", "nvidia-cuda-toolkit", ()),
        ("apt", "cuda-toolkit-12-1", ()),
        ("apt", "libcudnn8-dev", ()),
        ("apt", "libnvinfer8", ()),
    ],
)
def test_cuda_packages(ecosystem: str, name: str, extras: tuple[str, ...]) -> None:
    assert facts.cuda_package(ecosystem, name, extras) is not None


@pytest.mark.parametrize(
    ("ecosystem", "name", "extras"),
    [
        ("pip", "nvidia-ml-py", ()),
        ("pip", "nvidia-pyindex", ()),
        ("pip", "bitsandbytes", ()),
        ("pip", "triton", ()),
        ("pip", "torch", ()),
        ("pip", "tensorflow", ()),
        ("pip", "jax", ("cpu",)),
        ("pip", "cuda-toolkit-12-1", ()),
        ("pip", "barracuda", ()),
        ("conda", "cuda-version", ()),
        ("apt", "cuda-keyring", ()),
        ("apt", "libcurl4", ()),
        ("apt", "python3", ()),
        ("brew", "cuda", ()),
    ],
)
def test_not_cuda_packages(ecosystem: str, name: str, extras: tuple[str, ...]) -> None:
    assert facts.cuda_package(ecosystem, name, extras) is None


def test_package_rows_have_valid_values() -> None:
    for row in facts.table("cuda_packages"):
        assert row["ecosystem"] in {"pip", "conda", "apt"} and row["cuda"] in {"yes", "no"}
        expected = "extra" if "[" in row["name"] else "pattern" if "*" in row["name"] else "exact"
        assert row["kind"] == expected and row["what"] and row["why"]


def test_drivers_and_cudnn() -> None:
    assert [facts.min_driver(cuda) for cuda in ("11.8", "12.1", "13", "99")] == ["450", "525", "580", None]
    built = [facts.accelerated_build("ctranslate2", f"=={v}") for v in ("4.4.0", "4.5.0", "4.6", "0.1")]
    assert [row and row["cudnn"] for row in built] == ["8", "9", "9", None]


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("ultralytics_old-fork", True),
        ("my-torch-helpers", True),
        ("ultralytics", False),  # the tables say that it does
        ("torch-model-archiver", False),
        ("torch-scatter", False),
        ("torchvision", False),
        ("old-ultralytics", False),
        ("flask", False),
    ],
)
def test_what_may_bring_torch_by_its_name(name: str, may: bool) -> None:
    assert facts.may_bring_torch(name) is may
