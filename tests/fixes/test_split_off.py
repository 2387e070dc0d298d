"""Torch in a command of its own before one that installs more: it installs where and how that one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main

CPU = "https://download.pytorch.org/whl/cpu"
BASE = "FROM python:3.11-slim\n"


def fixed(text: str) -> str:
    """What an image for the CPU holds below its first line, after a fix that may be unsafe."""
    Path("Dockerfile.cpu").write_text(BASE + text)
    main(["check", "--fix", "--unsafe-fixes", "--no-cache", "--no-policy", "."])
    return Path("Dockerfile.cpu").read_text().removeprefix(BASE)


@pytest.mark.parametrize(
    "command, own",
    [
        ("pip install --no-deps torch requests", "pip install --no-deps torch"),
        ("pip install torch requests --no-deps", "pip install --no-deps torch"),
        ("pip install --user -c limits.txt torch==2.3.1 requests", "pip install --user -c limits.txt torch==2.3.1"),
        (
            "uv pip install --system --python /v/bin/python torch requests",
            "uv pip install --system --python /v/bin/python torch",
        ),
        (
            'pip --no-input install -q --no-cache-dir --proxy="$PROXY" "torch==2.3.1" requests torchvision',
            'pip --no-input install -q --no-cache-dir --proxy="$PROXY" "torch==2.3.1" torchvision',
        ),
        (
            "python3 -m pip install --only-binary :all: -r requirements.txt torch requests",
            "python3 -m pip install --only-binary :all: torch",
        ),
        ("pip install -cl.txt -e . torch requests", "pip install -cl.txt torch"),
        ("/v/bin/pip install --timeout=9 torch requests || exit 1", "/v/bin/pip install --timeout=9 torch"),
    ],
)
def test_options_are_kept(here: Path, command: str, own: str) -> None:
    (here / "requirements.txt").write_text("flask==3.0.0\n")
    assert fixed(f"RUN {command}\n") == f"RUN {own} --index-url {CPU} && {command}\n"


@pytest.mark.parametrize(
    "command",
    [
        "pip install --prefix=/i torch requests",
        "pip install --root /i torch requests",
        "pip install -I torch requests",
        "pip install -qU torch requests",
        "pip install --force-reinstall torch requests",
        "pip install $OPTS torch requests",
        "pip install --unheard-of value torch requests",
        "pip install torch requests > log.txt",
        "pip install torch requests $(cat more.txt)",
        "true || pip install torch requests",
    ],
)
def test_what_cannot_be_divided_stays(here: Path, command: str) -> None:
    assert fixed(f"RUN {command}\n") == f"RUN {command}\n"


def test_a_command_over_several_lines(here: Path) -> None:
    text = "RUN apt-get update && \\\n    {}pip install \\\n    # why\n    --no-deps \\\n    torch \\\n    requests\n"
    assert fixed(text.format("")) == text.format(f"pip install --no-deps torch --index-url {CPU} && ")
