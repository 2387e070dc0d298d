"""What is known of base images and of the tags of nvidia/cuda."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint import facts
from wxlint.core.values import HOLE


def test_base_image_rows_have_valid_values() -> None:
    for row in facts.table("base_images"):
        pattern = re.compile(row["tag"])
        assert set(pattern.groupindex) <= {"cuda", "cu", "torch", "ngc", "rocm"}
        assert row["accelerator"] in {"cpu", "cuda", "rocm", "other", "unknown"}
        assert row["torch"] in {"none", "cpu", "default", "some", "unknown", "cu{major}{minor}", "rocm{rocm}"}
        assert row["python"] in {"yes", "no", "unknown"}
        assert re.fullmatch(r"|tag|name|ngc|\d+\.\d+", row["cuda"])
        if row["cuda"] == "tag":
            assert {"cuda", "cu"} & set(pattern.groupindex), row
        assert row["torch"] != "cu{major}{minor}" or re.fullmatch(r"tag|name|\d+\.\d+", row["cuda"])


def test_no_base_image_row_is_hidden_by_an_earlier_one() -> None:
    """A row after a catch-all tag of the same repository would never be reached."""
    closed: set[str] = set()
    for row in facts.table("base_images"):
        assert row["repository"] not in closed, row
        if row["tag"] == ".*":
            closed.add(row["repository"])


BASES = [
    ("python", "3.11-slim", "cpu", None, "none", False),
    ("docker.io/library/python", "3.11-slim", "cpu", None, "none", False),
    ("index.docker.io/python", "3.11-slim", "cpu", None, "none", False),
    ("public.ecr.aws/docker/library/python", "3.12", "cpu", None, "none", False),
    ("arm64v8/debian", "bookworm", "cpu", None, "none", False),
    ("scratch", "latest", "cpu", None, "none", False),
    ("nvidia/cuda", "12.1.0-cudnn8-runtime-ubuntu22.04", "cuda", "12.1", "none", False),
    ("nvcr.io/nvidia/cuda", "11.8.0-base-ubuntu22.04", "cuda", "11.8", "none", False),
    ("nvidia/cuda", f"{HOLE}-runtime-ubuntu22.04", "cuda", None, "none", False),
    ("nvidia/cuda", f"12.1.1-{HOLE}", "cuda", "12.1", "none", False),
    ("pytorch/pytorch", "2.1.0-cuda12.1-cudnn8-runtime", "cuda", "12.1", "cu121", True),
    ("pytorch/pytorch", "1.6.0-cuda10.1-cudnn7-devel", "cuda", "10.1", "cu101", True),
    ("pytorch/pytorch", f"{HOLE}-cuda12.1-cudnn8-devel", "cuda", "12.1", "cu121", True),
    ("pytorch/pytorch", "latest", "cuda", None, "unknown", True),
    ("pytorch/pytorch", None, "cuda", None, "unknown", True),
    ("nvcr.io/nvidia/pytorch", "23.10-py3", "cuda", "12.2", "unknown", True),
    ("nvcr.io/nvidia/pytorch", "99.01-py3", "cuda", None, "unknown", True),
    ("tensorflow/tensorflow", "2.15.0-gpu", "cuda", None, "none", False),
    ("tensorflow/tensorflow", "2.15.0", "cpu", None, "none", False),
    ("tensorflow/tensorflow", f"{HOLE}-gpu", "cuda", None, "none", False),
    ("tensorflow/tensorflow", f"2.15.0{HOLE}", "unknown", None, "none", False),
    ("rocm/pytorch", "latest", "rocm", None, "unknown", True),
    ("nvcr.io/nvidia/tritonserver", "23.02-pyt-python-py3", "cuda", "12.0", "none", False),
    ("nvcr.io/nvidia/tritonserver", "24.04-py3-min", "cuda", "12.4", "none", False),
    ("nvcr.io/nvidia/tritonserver", "24.05-vllm-python-py3", "cuda", None, "unknown", True),
    ("vllm/vllm-openai", "v0.6.0", "cuda", None, "unknown", True),
    ("vllm/vllm-openai", "v0.9.2", "cuda", "12.8", "cu128", True),
    ("acme/vllm", "v0.6.3-cpu", "cpu", None, "cpu", True),
    ("freqtradeorg/freqtrade", "develop_freqai", "cpu", None, "none", False),
    ("freqtradeorg/freqtrade", "stable_freqairl", "cpu", None, "unknown", None),
    ("vllm/vllm-openai", "v0.21.0-x86_64", "cuda", "13.0", "cu130", True),
    ("vllm/vllm-openai", "v0.21.0-cu129", "cuda", "12.9", "cu129", True),
    ("vllm/vllm-openai", "v0.21.0-cpu", "unknown", None, "unknown", True),
    ("lmsysorg/sglang", "v0.5.5.post3", "cuda", "12.9", "cu129", True),
    ("lmsysorg/sglang", "v0.5.20-runtime", "cuda", "13.0", "cu130", True),
    ("lmsysorg/sglang", "v0.4.9", "cuda", None, "unknown", True),
    ("huggingface/transformers-pytorch-cpu", "latest", "cpu", None, "cpu", True),
    ("jupyter/pytorch-notebook", "latest", "cpu", None, "cpu", True),
    ("quay.io/jupyter/pytorch-notebook", "cuda12-latest", "cuda", None, "unknown", True),
    ("mambaorg/micromamba", "1.5.8-jammy-cuda-12.3.1", "cuda", "12.3", "none", False),
    ("rapidsai/base", "24.08-cuda12.5-py3.11", "cuda", "12.5", "none", False),
    ("mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04", "latest", "cuda", "11.8", "none", False),
    ("gcr.io/deeplearning-platform-release/base-cu110", "latest", "cuda", "11.0", "unknown", None),
    (
        "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training",
        "1.12.0-gpu-py38-cu113-ubuntu20.04-sagemaker",
        "cuda",
        "11.3",
        "cu113",
        True,
    ),
    ("nvcr.io/nvidia/clara-holoscan/holoscan", "v0.6.0-dgpu", "cuda", None, "unknown", None),
    ("nvcr.io/nvidian/pytorch", "23.10-py3", "cuda", "12.2", "unknown", True),
    ("squidfunk/mkdocs-material", "9", "cpu", None, "none", False),
    ("mcr.microsoft.com/aifx/acpt/stable-ubuntu2204-cu124-py310-torch251", "biweekly", "cuda", "12.4", "cu124", True),
    ("stereolabs/zed", "4.0-devel-cuda11.8-ubuntu22.04", "cuda", "11.8", "unknown", None),
    (f"763104351884.dkr.ecr.{HOLE}.amazonaws.com/pytorch-inference", "2.4.0-cpu-py311", "cpu", None, "cpu", True),
]


@pytest.mark.parametrize(("repository", "tag", "accelerator", "cuda", "torch", "has_torch"), BASES)
def test_base_images(
    repository: str, tag: str | None, accelerator: str, cuda: str | None, torch: str, has_torch: bool | None
) -> None:
    image = facts.base_image(repository, tag)
    assert image is not None
    assert (image.accelerator, image.cuda, image.torch, image.has_torch) == (accelerator, cuda, torch, has_torch)


SYSTEMS = [
    ("nvidia/cuda", "12.4.1-runtime-ubuntu22.04", "3.10"),
    ("nvidia/cuda", "12.4.1-runtime-ubi9", ""),
    ("nvidia/cuda", "11", ""),  # not Debian's release of that number
    ("library/debian", "11", "3.9"),
    ("library/ubuntu", "jammy-20240227", "3.10"),
]


@pytest.mark.parametrize(("path", "tag", "python"), SYSTEMS)
def test_pythons_of_systems(path: str, tag: str, python: str) -> None:
    assert facts.python_of_system(path, tag) == python


def test_a_base_image_says_its_torch_version() -> None:
    image = facts.base_image("pytorch/pytorch", "2.1.0-cuda12.1-cudnn8-runtime")
    assert image is not None and image.torch_version == "2.1.0" and image.python is True
    image = facts.base_image("mcr.microsoft.com/aifx/acpt/stable-ubuntu2204-cu124-py310-torch251", "biweekly")
    assert image is not None and image.torch_version == "2.5.1"
    image = facts.base_image("mcr.microsoft.com/azureml/curated/acpt-pytorch-2.0-cuda11.7", "21")
    assert image is not None and image.torch_version is None


@pytest.mark.parametrize("repository", ["rajiup/cp-whisperx-app-base", "somebody/python", HOLE, f"{HOLE}/python", ""])
def test_an_unknown_base_image_is_not_guessed(repository: str) -> None:
    assert facts.base_image(repository, "latest") is None


@pytest.mark.parametrize(
    ("tag", "valid", "nearest"),
    [
        ("12.1.0-cudnn8-runtime-ubuntu22.04", True, None),
        ("12.3.2-cudnn9-devel-ubuntu22.04", True, None),
        ("12.4.1-cudnn-devel-rockylinux9", True, None),
        ("12.8.1-base-ubuntu24.04", True, None),
        ("12.1.0-cudnn8", False, "12.1.0-cudnn8-runtime-ubuntu22.04"),
        ("12.1.0-devel", False, "12.1.0-devel-ubuntu22.04"),
        ("12.1-runtime-ubuntu22.04", False, "12.1.1-runtime-ubuntu22.04"),
        ("12.1.0-devel-cudnn8-ubuntu22.04", False, "12.1.0-cudnn8-devel-ubuntu22.04"),
        ("12.2.0-cudnn8-devel-ubuntu22.04", False, "12.2.2-cudnn8-devel-ubuntu22.04"),
        ("12.4.1-cudnn9-devel-ubuntu22.04", False, "12.4.1-cudnn-devel-ubuntu22.04"),
        ("12.1.1-runtime-ubuntu24.04", False, "12.1.1-runtime-ubuntu22.04"),
        ("12.1.0-cudnn8-base-ubuntu22.04", False, "12.1.0-cudnn8-runtime-ubuntu22.04"),
        ("latest", False, None),
        ("11.4.2-devel-ubuntu20.04", True, "11.4.3-devel-ubuntu20.04"),
        ("10.2-cudnn7-devel", True, "11.0.3-cudnn8-devel-ubuntu20.04"),
        ("11.0.3-base", None, None),
        ("13.2.1-base-ubuntu24.04", None, None),
        ("14.0.0-base-ubuntu26.04", None, None),
        ("13.0.9-devel-ubuntu24.04", None, None),
        (f"{HOLE}-devel-ubuntu22.04", None, None),
    ],
)
def test_cuda_tags(tag: str, valid: bool | None, nearest: str | None) -> None:
    answer = facts.is_cuda_tag_valid(tag)
    assert (answer.valid, answer.nearest) == (valid, nearest)
    assert bool(answer.reason) == (valid is False or answer.state == "deleted")


@given(st.text(alphabet="0123456789.-abcdenrtuv", max_size=40) | st.text(max_size=20))
def test_what_is_proposed_for_a_wrong_tag_is_right(tag: str) -> None:
    nearest = facts.is_cuda_tag_valid(tag).nearest
    if nearest is not None:
        answer = facts.is_cuda_tag_valid(nearest)
        assert answer.valid is True and answer.state != "deleted"


@pytest.mark.parametrize("row", facts.table("nvidia_cuda_tags"), ids=lambda row: row["version"])
def test_cuda_tags_of_the_table_are_valid(row: dict[str, str]) -> None:
    systems = row["os"].split()
    for system in systems:
        assert facts.is_cuda_tag_valid(f"{row['version']}-devel-{system}").valid is True
    for cudnn in row["cudnn"].replace("none", "").split() if systems else []:
        assert facts.is_cuda_tag_valid(f"{row['version']}-{cudnn}-runtime-{systems[0]}").valid is True
