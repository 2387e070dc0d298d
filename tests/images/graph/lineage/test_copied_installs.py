"""What an image has of installs that other stages made: environments are copied, systems are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.lint.inputs import gather

BUILDER = """\
FROM python:3.11 AS builder
RUN apt-get install -y libcudnn8
RUN python -m venv /venv && /venv/bin/pip install onnxruntime-gpu
RUN /venv/bin/pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cpu
"""


def installed(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(folder)
    (folder / "Dockerfile").write_text(text)
    (image,) = [one for one in gather(["."], no_policy=True).repository.images if not one.stage.name]
    return [requirement.name for install in image.state.installs for requirement in install.requirements]


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("COPY --from=builder /venv /venv", ["onnxruntime-gpu", "torch"]),
        ("COPY --from=builder /venv /venv\nCOPY --from=builder /venv/lib /lib", ["onnxruntime-gpu", "torch"]),
        ("RUN pip install jax\nCOPY --from=builder /venv /venv", ["jax", "onnxruntime-gpu", "torch"]),
        ("COPY --from=builder /venv /venv\nRUN pip install jax", ["jax", "onnxruntime-gpu", "torch"]),
        ("COPY --from=builder /etc/passwd /etc/passwd", []),
        ("COPY --from=other/image:1 /venv /venv", []),
        ("RUN pip install jax", ["jax"]),
    ],
)
def test_installs_of_a_copied_environment(
    lines: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert installed(f"{BUILDER}FROM python:3.11-slim\n{lines}\n", tmp_path, monkeypatch) == names


STAGED = """\
FROM python:3.11-slim AS deps
RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cpu
RUN mkdir -p /tmp/staged && cp -r /usr/local/lib/python3.11/site-packages/torch* /tmp/staged/
FROM python:3.11-slim
"""
SITE = "/usr/local/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (f"COPY --from=deps /tmp/staged/ {SITE}/", ["torch"]),
        (f"COPY --from=deps /tmp/staged {SITE}", ["torch"]),
        (f"COPY --from=deps /tmp/other/ {SITE}/", []),
        ("COPY --from=deps /tmp/staged/ /srv/", []),
    ],
)
def test_packages_that_a_stage_puts_aside(
    line: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert installed(f"{STAGED}{line}\n", tmp_path, monkeypatch) == names


def test_installs_of_the_stage_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{BUILDER}FROM builder\nCOPY --from=builder /venv /venv\n"
    assert installed(text, tmp_path, monkeypatch) == ["libcudnn8", "onnxruntime-gpu", "torch"]


@pytest.mark.parametrize(
    ("line", "torch"),
    [
        ("COPY --from=registry.example/app:1.0 /opt/venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH", "unknown"),
        (f"COPY --from=registry.example/app:1.0 {SITE} {SITE}", "unknown"),
        ("COPY --from=registry.example/app:1.0 /opt/venv /opt/venv", "unknown"),
        ("COPY --from=registry.example/app:1.0 /usr/local/lib/node_modules /usr/local/lib/node_modules", "none"),
        ("COPY --from=registry.example/app:1.0 /uv /bin/uv", "none"),
    ],
)
def test_an_environment_of_an_image_that_nothing_builds(
    line: str, torch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\n{line}\n")
    (image,) = gather(["."], no_policy=True).repository.images
    assert image.state.torch.channel == torch
