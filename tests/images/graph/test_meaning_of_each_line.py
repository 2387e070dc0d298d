"""What each line of a Dockerfile has to do with what the image computes with, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.images.graph.line_meaning import line_meaning
from wxlint.lint.inputs import gather

INSTALL = "RUN pip install -r /app/requirements.txt --index-url https://registry.example/simple"
DOCKERFILE = f"""\
ARG CHANNEL=cpu
ARG OTHER
ARG MANY
FROM python:3.11-slim

# a comment
ENV PIP_NO_CACHE_DIR=1 UNUSED=1 \\
    MORE=2
COPY requirements.txt "app/more.txt" /app/
{INSTALL}
RUN echo $MORE ${{MORE}} $MOREOVER ${{CHANNEL}}
RUN echo $MORE && cat requirements.txt
RUN echo ${{MORE:-1}}
RUN echo $MORE $MANY
USER app
EXPOSE 80
COPY . .
ADD ["a b", "/app/requirements.txt"]
ENV UV_LINK_MODE=copy CONDA_DIR=/c CMAKE_ARGS=x TORCH_CUDA_ARCH_LIST=8.0 NVIDIA_VISIBLE_DEVICES=all
ENV CUDA_VISIBLE_DEVICES=0 LD_LIBRARY_PATH=/x PATH=/x:$PATH HF_HOME=/x
COPY a b c d e /app/
"""
UNUSED = "is used nowhere here"
NEAREST = "the nearest line that decides what the image computes with is"
AT_INSTALL = f"{NEAREST} 10: {INSTALL}"
LINES = [
    (1, ["CHANNEL is cu121 in 2 of 7 builds, its default in 5", "CHANNEL is used on line 11"]),
    (2, ["no build gives OTHER: it has its default", f"OTHER {UNUSED}"]),
    (3,
     ["MANY is d in 2 of 7 builds, a in 1 of 7 builds, b in 1 of 7 builds, its default in 2",
      "MANY is used on line 14"]),
    (5, ["is no instruction", f"{NEAREST} 4: FROM python:3.11-slim"]),
    (6, ["is no instruction", f"{NEAREST} 4: FROM python:3.11-slim"]),
    (8,
     [f"PIP_NO_CACHE_DIR {UNUSED}", "pip reads it", f"UNUSED {UNUSED}", "MORE is used on line 11, 12, 13 and later"]),
    (9, ["copies requirements.txt, app/more.txt to /app/; the RUN on line 10, 12 names it", AT_INSTALL]),
    (11, ["runs commands that install nothing that is known", AT_INSTALL]),
    (15, ["later commands, and containers, run as app", AT_INSTALL]),
    (16, ["EXPOSE changes nothing of what the image computes with", AT_INSTALL]),
    (17, ["copies . to .", AT_INSTALL]),
    (18, ["copies a, b to /app/requirements.txt", AT_INSTALL]),
    (19, [
        f"UV_LINK_MODE {UNUSED}", "uv reads it", f"CONDA_DIR {UNUSED}", "conda reads it",
        f"CMAKE_ARGS {UNUSED}", "builds from source read it", f"TORCH_CUDA_ARCH_LIST {UNUSED}",
        "builds of CUDA code read it", f"NVIDIA_VISIBLE_DEVICES {UNUSED}", "the engine's NVIDIA runtime reads it",
    ]),
    (20, [
        f"CUDA_VISIBLE_DEVICES {UNUSED}", "CUDA reads it", f"LD_LIBRARY_PATH {UNUSED}",
        "the loader reads it, so it decides which CUDA libraries are found", f"PATH {UNUSED}",
        "it decides which python and pip run", f"HF_HOME {UNUSED}",
    ]),
    (21, ["copies a, b, c to /app/", AT_INSTALL]),
]  # fmt: skip
ARGUMENTS = ["", "CHANNEL=cu121", "CHANNEL=cu121 --build-arg MANY=a", "MANY=b", "MANY=c", "MANY=d", "MANY=d"]


@pytest.mark.parametrize(("line", "said"), LINES, ids=[str(row[0]) for row in LINES])
def test_a_line(line: int, said: list[str], here: Path) -> None:
    builds = (f"docker build --build-arg {text} -t a/b:{n} .\n" for n, text in enumerate(ARGUMENTS) if text)
    script = "docker build -t a/b:x .\n" + "".join(builds)
    write_tree(here, {"Dockerfile": DOCKERFILE, "build.sh": script, "requirements.txt": "torch\n", "app/more.txt": ""})
    assert list(line_meaning(gather(["."], no_policy=True).repository, "Dockerfile", line)) == said


def test_a_line_of_no_dockerfile(here: Path) -> None:
    write_tree(here, {"Dockerfile": "ARG A\n", "build.sh": "docker build .\n"})
    repository = gather(["."], no_policy=True).repository
    assert list(line_meaning(repository, "build.sh", 1)) == []
    assert list(line_meaning(repository, "Dockerfile", 3)) == ["is no instruction"]
