"""What `wxlint explain FILE:LINE` says of lines that name no image and install nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main

DOCKERFILE = """\
ARG CHANNEL=cpu
FROM python:3.11-slim

# a comment
ENV PIP_EXTRA_INDEX_URL=https://registry.example/simple UNUSED=1
COPY requirements.txt /app/
RUN pip install -r /app/requirements.txt --index-url https://download.pytorch.org/whl/${CHANNEL}
RUN useradd app
USER app
EXPOSE 80
"""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (1, ["CHANNEL is cu121 in 1 of 2 builds, its default in 1", "CHANNEL is used on line 7"]),
        (3, ["is no instruction", "with is 2: FROM python:3.11-slim"]),
        (4, ["is no instruction"]),
        (5, ["PIP_EXTRA_INDEX_URL is used nowhere here", "pip reads it", "UNUSED is used nowhere here"]),
        (6, ["copies requirements.txt to /app/; the RUN on line 7 names it", "with is 7: RUN pip install -r"]),
        (8, ["runs commands that install nothing that is known", "with is 7: RUN pip"]),
        (9, ["later commands, and containers, run as app"]),
        (10, ["EXPOSE changes nothing of what the image computes with"]),
    ],
)
def test_a_line_without_a_reference(
    line: int, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text(DOCKERFILE)
    Path("requirements.txt").write_text("torch==2.3.1\n")
    Path("build.sh").write_text("docker build -t a/b:1 .\ndocker build --build-arg CHANNEL=cu121 -t a/b:2 .\n")
    assert main(["explain", f"Dockerfile:{line}"]) == 0
    shown = capsys.readouterr().out
    assert all(each in shown for each in said), shown


def test_a_line_of_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("FROM python:3.11-slim\n")
    Path("build.sh").write_text("echo\n")
    assert main(["explain", "build.sh:1"]) == 0
    assert "names no image, gives no build argument and installs nothing" in capsys.readouterr().out
