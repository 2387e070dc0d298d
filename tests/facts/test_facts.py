"""The fact tables are well-formed, and the lookups answer what the field notes say."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from wxlint import facts
from wxlint.core.values import HOLE
from wxlint.facts.tables import Globs
from wxlint.images.stack.torch.replacement import within

FOLDER = Path(facts.__file__).parent
TABLES = sorted(path.stem for path in FOLDER.glob("*.csv"))
KEYS = {
    "accelerated": ("name",),
    "accelerated_builds": ("name", "from"),
    "base_images": ("repository", "tag"),
    "carriers": ("name", "from", "brings", "extra"),
    "cuda_packages": ("ecosystem", "name"),
    "drivers": ("cuda_major",),
    "git_projects": ("project",),
    "implicit_torch": ("name",),
    "ngc_pytorch": ("release",),
    "nvidia_cuda_tags": ("version",),
    "other_packages": ("ecosystem", "name"),
    "torch": ("version",),
    "nvcc_archs": ("arch",),
    "torch_archs": ("channel", "machine", "from"),
    "torch_channels": ("version", "channel"),
    "torch_needs": ("name", "from"),
}


def test_every_table_has_a_key() -> None:
    assert sorted(KEYS) == TABLES


@pytest.mark.parametrize("name", TABLES)
def test_rows_say_where_they_come_from(name: str) -> None:
    for row in facts.table(name):
        assert row["source"].strip()
        assert row["confidence"] in {"verified", "documented", "unverified"}
        datetime.date.fromisoformat(row["verified_on"])
        assert all(text == text.strip() for text in row.values())


@pytest.mark.parametrize("name", TABLES)
def test_keys_are_unique(name: str) -> None:
    keys = [tuple(row[column] for column in KEYS[name]) for row in facts.table(name)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", TABLES)
def test_files_are_plain(name: str) -> None:
    data = (FOLDER / f"{name}.csv").read_bytes()
    assert data.endswith(b"\n") and b"\r" not in data and data.isascii()


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
        assert row["torch"] != "cu{major}{minor}" or row["cuda"] in {"tag", "name"}


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
    ("vllm/vllm-openai", "v0.6.0", "cuda", None, "unknown", True),
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


# Per torch release: torchvision, torchaudio, the channels of the field notes, the plain wheel's CUDA.
RELEASES = [
    ("2.0.0", "0.15.1", "2.0.1", "cu118", "11.7"),
    ("2.0.1", "0.15.2", "2.0.2", "cu118", "11.7"),
    ("2.1.0", "0.16.0", "2.1.0", "cu118 cu121", "12.1"),
    ("2.2.1", "0.17.1", "2.2.1", "cu118 cu121", "12.1"),
    ("2.3.1", "0.18.1", "2.3.1", "cu118 cu121", "12.1"),
    ("2.4.0", "0.19.0", "2.4.0", "cu118 cu121 cu124", "12.1"),
    ("2.5.1", "0.20.1", "2.5.1", "cu118 cu121 cu124", "12.4"),
    ("2.6.0", "0.21.0", "2.6.0", "cu118 cu124 cu126", "12.4"),
    ("2.7.1", "0.22.1", "2.7.1", "cu118 cu126 cu128", "12.6"),
    ("2.8.0", "0.23.0", "2.8.0", "cu126 cu128 cu129", "12.8"),
    ("2.9.1", "0.24.1", "2.9.1", "cu126 cu128 cu130", "12.8"),
    ("2.10.0", "0.25.0", "2.10.0", "cu126 cu128 cu130", "12.8"),
    ("2.11.0", "0.26.0", "2.11.0", "cu126 cu128 cu130", "13.0"),
    ("2.12.1", "0.27.1", "2.11.0", "cu126 cu130 cu132", "13.0"),
    ("2.13.0", "0.28.0", "2.11.0", "cu126 cu130 cu132", "13.0"),
    ("2.14.0", "0.29.0", "2.11.0", "cu126 cu130 cu132", "13.0"),
    ("2.15.0", "0.29.2", "2.11.0", "cu130 cu132", "13.2"),
    ("1.13.1", "0.14.1", "0.13.1", "cu116 cu117", "11.7"),
    ("1.12.1", "0.13.1", "0.12.1", "cu102 cu113 cu116", "10.2"),
    ("1.10.0", "0.11.1", "0.10.0", "cu102 cu111 cu113", "10.2"),
    ("1.8.1", "0.9.1", "0.8.1", "cu101 cu102 cu111", "10.2"),
    ("1.7.1", "0.8.2", "0.7.2", "cu92 cu101 cu110", "10.2"),
]


@pytest.mark.parametrize(("version", "vision", "audio", "channels", "plain"), RELEASES)
def test_torch_releases(version: str, vision: str, audio: str, channels: str, plain: str) -> None:
    fitting = facts.companions(version)
    assert fitting is not None and vision in fitting.torchvision and audio in fitting.torchaudio
    assert all(facts.torch_channel_exists(version, channel) for channel in ["cpu", *channels.split()])
    assert facts.default_cuda(version) == plain


def test_the_local_part_and_a_short_version_name_the_same_release() -> None:
    assert facts.torch_release("2.1") == facts.torch_release("2.1.0+cu121") == facts.torch_release("2.1.0")


@pytest.mark.parametrize(
    ("version", "channel", "exists"),
    [
        ("2.1.0", "cu124", False),
        ("2.6.0", "cu121", False),
        ("2.3.1+cu130", "cu130", False),
        ("1.13.1", "cu118", False),
        ("2.13.0", "cu134", False),
        ("2.9.0", "cu129", True),
        ("2.13.0", "cu128", None),
        ("2.99.0", "cu121", None),
        ("2.1.0", "rocm5.6", True),
        ("2.1.0", "rocm9.9", None),
        ("1.0.0", "cu80", None),
    ],
)
def test_channels(version: str, channel: str, exists: bool | None) -> None:
    assert facts.torch_channel_exists(version, channel) is exists


@pytest.mark.parametrize(
    ("version", "exists"),
    [
        ("2.1.2", True),
        ("2.1.3", False),
        ("2.3.7", False),
        ("1.14.0", False),
        ("2.14.9", None),
        ("2.15.1", None),
        ("3.0", None),
        ("1.0", None),
    ],
)
def test_torch_versions(version: str, exists: bool | None) -> None:
    assert facts.torch_exists(version) is exists


@pytest.mark.parametrize(
    ("name", "version", "torch", "fits"),
    [
        ("torchvision", "0.16.0", "2.1.0", True),
        ("torchvision", "0.16", "2.1", True),
        ("torchvision", "0.16.0+cu121", "2.1.0+cu121", True),
        ("torchvision", "0.15.2", "2.1.0", False),
        ("torchaudio", "2.0.2", "2.1.0", False),
        ("torchvision", "0.99.0", "2.1.0", None),
        ("torchvision", "0.16.0", "2.99", None),
        ("torchaudio", "2.11.0", "2.13.0", True),
        ("numpy", "1.26.4", "2.1.0", None),
    ],
)
def test_companions(name: str, version: str, torch: str, fits: bool | None) -> None:
    assert facts.companion_fits(name, version, torch) is fits


def test_the_plain_wheel_on_arm64_is_a_cpu_build_before_2_11() -> None:
    assert facts.default_cuda("2.10.0", "aarch64") == "cpu"
    assert facts.default_cuda("2.11.0", "aarch64") == "13.0"
    assert facts.default_cuda("1.7.1", "aarch64") is None


def test_the_newest_torch_is_what_an_unpinned_install_gives() -> None:
    newest = facts.table("torch")[-1]
    assert facts.default_cuda() == newest["plain_cuda"]


@pytest.mark.parametrize("row", facts.table("torch"), ids=lambda row: row["version"])
def test_torch_rows_are_complete(row: dict[str, str]) -> None:
    for column in ("torchvision", "torchaudio", "python_min", "python_max"):
        assert re.fullmatch(r"\d+(\.\d+)+( \d+(\.\d+)+)*", row[column]), column
    assert row["plain_arm64"] == "" or re.fullmatch(r"cpu|\d+\.\d+", row["plain_arm64"])


def test_channel_rows_name_releases_of_the_table() -> None:
    releases = {row["version"] for row in facts.table("torch")}
    for row in facts.table("torch_channels"):
        assert row["version"] in releases
        assert re.fullmatch(r"cpu|cu\d{2,3}|rocm\d+(\.\d+)+", row["channel"])


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


@given(st.text(max_size=30), st.none() | st.text(max_size=30))
def test_lookups_take_any_text(one: str, two: str | None) -> None:
    facts.base_image(one, two)
    facts.torch_release(one)
    facts.torch_exists(one)
    facts.torch_channel_exists(one, two or "")
    facts.companion_fits("torchvision", one, two or "2.1.0")
    facts.brings_torch(one, two)
    facts.cuda_package("pip", one, (two or "",))
    facts.accelerated_build("ctranslate2", f"=={one}", two or "")
    facts.carried("whisperx", one, (two or "",))
    facts.min_driver(one)


def test_drivers_and_cudnn() -> None:
    assert [facts.min_driver(cuda) for cuda in ("11.8", "12.1", "13", "99")] == ["450", "525", "580", None]
    built = [facts.accelerated_build("ctranslate2", f"=={v}") for v in ("4.4.0", "4.5.0", "4.6", "0.1")]
    assert [row and row["cudnn"] for row in built] == ["8", "9", "9", None]


def test_a_table_that_does_not_exist() -> None:
    with pytest.raises(FileNotFoundError):
        facts.table("no-such-table")


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a*", "a", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("a*b*c", "a-c", False),
        ("a*b*c", "abc", True),
        ("*-cu12", "x-cu12", True),
        ("a*", "ba", False),
        ("a.*", "abc", False),
    ],
)
def test_glob(pattern: str, text: str, matches: bool) -> None:
    assert bool(Globs([(pattern, None)]).of(text)) is matches


def test_ranges_of_the_tables_are_read_as_packaging_reads_them() -> None:
    needs = {row["needs"] for row in facts.table("torch_needs")}
    for row in facts.table("implicit_torch"):
        found = facts.torch_needed(row["name"], None) if "[" not in row["name"] else ""
        needs.add(found or "")
    for specifier in needs - {""}:
        for version in facts.torch_releases("default"):
            assert within(specifier, version) is SpecifierSet(specifier).contains(version, prereleases=True), (
                specifier,
                version,
            )
