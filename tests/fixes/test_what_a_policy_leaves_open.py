"""Fixes where the policy allows several channels or tags: which is meant is for a person to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main

CUDA = "FROM nvidia/cuda:12.6.3-base-ubuntu24.04\n"
INSTALL = "RUN pip install torch==2.8.0 --index-url https://download.pytorch.org/whl/{}\n"


@pytest.fixture
def fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.mark.parametrize(("channels", "safe"), [("cu126", True), ("[cu126]", True), ("[cu126, cu129]", False)])
@pytest.mark.parametrize("line", [INSTALL.format("cu128"), "RUN pip install torch==2.8.0\n"])
def test_one_of_several_channels_is_no_safe_fix(fixed: Path, channels: str, safe: bool, line: str) -> None:
    (fixed / "wxlint.yaml").write_text(
        "wxlint: 1\nimage: 'acme/app:{variant}'\ndockerfile: Dockerfile\n"
        f"variants: {{gpu: {{accelerator: cuda, torch-channel: {channels}}}}}\n"
    )
    for words, changed in (([], safe), (["--unsafe-fixes"], True)):
        (fixed / "Dockerfile").write_text(CUDA + line)
        main(["check", "--no-cache", "--fix", *words, "."])
        found = (fixed / "Dockerfile").read_text()
        assert found == CUDA + (INSTALL.format("cu126") if changed else line)


@pytest.mark.parametrize(
    ("tag", "parts", "words", "meant"),
    [
        ("{variant}", "", [], "gpu"),
        ("{channel}-{variant}", "parts: {channel: {pattern: 'nightly|stable', default: stable}}\n", [], None),
        (
            "{channel}-{variant}",
            "parts: {channel: {pattern: 'nightly|stable', default: stable}}\n",
            ["--unsafe-fixes"],
            "stable-gpu",
        ),
        ("{variant}-{arch}", "parts: {arch: {pattern: 'amd64|arm64', default: amd64}}\n", ["--unsafe-fixes"], None),
    ],
)
def test_a_default_of_a_part_is_no_safe_tag(
    fixed: Path, tag: str, parts: str, words: list[str], meant: str | None
) -> None:
    (fixed / "wxlint.yaml").write_text(
        f"wxlint: 1\nimage: 'acme/app:{tag}'\n{parts}dockerfile: Dockerfile\nscripts: [b.sh]\n"
        "variants: {gpu: {accelerator: cuda}}\n"
    )
    (fixed / "Dockerfile").write_text(CUDA)
    text = "docker build -t acme/app:latest .\n"
    (fixed / "b.sh").write_text(text)
    main(["check", "--no-cache", "--fix", *words, "."])
    assert (fixed / "b.sh").read_text() == (text if meant is None else text.replace("latest", meant))
