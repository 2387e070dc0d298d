"""CUDA builds of torch that the default index may put into a CPU image, on a base of which nothing is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.images.graph.open_bases import open_base
from wxlint.lint.inputs import gather

pytestmark = pytest.mark.usefixtures("here")


def bases(text: str, name: str = "Dockerfile.cpu", **others: str) -> list[str]:
    """The open bases of the installs of a Dockerfile. others: files, `__` for `/` and `_` for `.` in their names."""
    Path(name).write_text(text)
    for other, content in others.items():
        path = Path(other.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    found = gather(["."], no_policy=True).repository
    return [
        open_base(found, image, step)
        for image, steps in found.torch_steps
        if image.evaluated.path == name
        for step in steps
    ]


BASE = "registry.example/team/base:1"
TORCH = "RUN pip install torch\n"


def test_torch_from_the_default_index_on_a_base_nobody_knows() -> None:
    assert bases(f"FROM {BASE}\n{TORCH}") == [BASE]


@pytest.mark.parametrize(
    "word",
    "torch vllm whisper transformer diffusion infer hugging sagemaker lightning neural learn tensor model notebook"
    " jupyter conda mamba windows nanoserver servercore llm ai dl ml hf tts asr nlp deps science gpu cuda".split(),
)
def test_a_base_whose_name_says_that_it_may_hold_torch(word: str) -> None:
    assert bases(f"FROM registry.example/team/{word}-base:1\n{TORCH}") == [""]


@pytest.mark.parametrize("name", ["mail", "xml", "html", "said"])
def test_a_word_inside_another_one_says_nothing(name: str) -> None:
    assert bases(f"FROM registry.example/team/{name}:1\n{TORCH}") == [f"registry.example/team/{name}:1"]


@pytest.mark.parametrize(
    "name",
    "python py311 python-3.11 my-python3 debian ubuntu alpine ubi9 centos rockylinux almalinux fedora slim my_debian"
    " Debian".split(),
)
def test_what_only_needs_torch_counts_on_the_base_of_a_system(name: str) -> None:
    image = f"registry.example/team/{name.lower()}:1"
    assert bases(f"FROM {image}\nRUN pip install openai-whisper\n") == [image]


@pytest.mark.parametrize("name", ["base", "python-tools", "app"])
def test_what_only_needs_torch_often_stands_on_a_base_that_has_one(name: str) -> None:
    assert bases(f"FROM registry.example/team/{name}:1\nRUN pip install openai-whisper\n") == [""]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"FROM {BASE}\n{TORCH}", "Dockerfile"),  # nothing says that it is for the CPU
        (f"FROM {BASE}\n{TORCH}", "Dockerfile.gpu"),
        (f"FROM python:3.11\n{TORCH}", "Dockerfile.cpu"),
        (f"ARG TAG\nFROM registry.example/team/base:$TAG\n{TORCH}", "Dockerfile.cpu"),
        (f"FROM {BASE}\nRUN if [ -f x ]; then pip install torch; fi\n", "Dockerfile.cpu"),
        (f"FROM {BASE}\nRUN pip install torch --index-url https://download.pytorch.org/whl/cpu\n", "Dockerfile.cpu"),
        (f"FROM {BASE}\nCOPY --from=other/image:1 /opt/x/lib /opt/x/lib\n{TORCH}", "Dockerfile.cpu"),
        (f"FROM {BASE}\nRUN pip install -r gone.txt\n{TORCH}", "Dockerfile.cpu"),
        (f"FROM {BASE}\nRUN pip install git+https://registry.example/x.git\n{TORCH}", "Dockerfile.cpu"),
        (f"FROM {BASE}\nRUN apt-get install -y python3-torch\n{TORCH}", "Dockerfile.cpu"),
    ],
)
def test_what_is_known_or_may_come_otherwise(text: str, name: str) -> None:
    assert not any(bases(text, name))


@pytest.mark.parametrize(
    "line",
    ["COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/", "RUN apt-get install -y curl", "RUN pip install flask"],
)
def test_what_brings_no_torch_changes_nothing(line: str) -> None:
    assert bases(f"FROM {BASE}\n{line}\n{TORCH}") == [BASE]


@pytest.mark.parametrize(("inside", "found"), [(TORCH, ""), ("", "registry.example/team/base:2")])
def test_a_base_that_the_repository_builds_under_another_tag(inside: str, found: str) -> None:
    script = "docker build -t registry.example/team/base:1 base\n"
    files = {"base__Dockerfile": f"FROM python:3.11\n{inside}", "build_sh": script}
    assert bases(f"FROM registry.example/team/base:2\n{TORCH}", **files) == [found]
