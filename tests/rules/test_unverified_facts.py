"""No row of the tables that nobody has looked up decides more than information."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.core.findings import Severity
from wxlint.facts import base_image, table
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather
from wxlint.output import Finding
from wxlint.policy.accelerator_words import accelerator_words

WORK = """
RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cpu
"""
OTHERS = (
    "RUN pip install torch==2.5.1 --index-url https://download.pytorch.org/whl/rocm6.2\n",
    "RUN pip install torch==1.11.0\n",
    "RUN pip install accelerate\n",
    "RUN pip install ctranslate2==3.24.0 onnxruntime-gpu==1.17.1 cupy-cuda10x\n",
    "RUN pip install jax onnxruntime llama-cpp-python\n",
    "RUN apt-get update && apt-get install -y libcudnn8=8.6.0.163-1+cuda10.2\n",
    "ENV NVIDIA_VISIBLE_DEVICES=none\n",
)
ABOUT_NAMES = ("latest-tag", "untagged-image")


def unverified() -> list[str]:
    """A reference for each row that is not looked up, where its pattern lets one be made."""
    found = []
    for row in table("base_images"):
        repository = row["repository"].replace("*", "tool")
        if row["confidence"] != "unverified" or accelerator_words(repository.rpartition("/")[2]):
            continue  # nobody has to look up what its own name says
        for tag in ("1.0", "12.4.1-devel-ubuntu22.04", "24.05-py3"):
            held = base_image(repository, tag)
            if held is not None and held.row == row and held.accelerator != "unknown":
                found.append(f"{repository}:{tag}")
                break
    return found


def findings(folder: Path, files: dict[str, str]) -> list[Finding]:
    write_tree(folder, files)
    gathered = gather(["."], no_policy=True)
    return list(engine.check(gathered.repository, engine.CheckOptions(scope=gathered.scope)).findings)


def test_there_are_rows_that_nobody_has_looked_up() -> None:
    assert len(unverified()) > 150


def test_what_nobody_has_looked_up_is_information(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bases = [base for base in unverified() if base_image(*base.rsplit(":", 1)).accelerator != "cpu"]  # type: ignore[union-attr]
    files = {
        f"d{number}/Dockerfile": f"FROM {base}\n{(WORK, *OTHERS)[number % 8]}" for number, base in enumerate(bases)
    }
    grave = [
        (one.rule, one.span.path, one.message)
        for one in findings(tmp_path, files)
        if one.severity is not Severity.INFO and one.rule not in ABOUT_NAMES
    ]
    assert grave == []


@pytest.mark.parametrize(
    ("base", "severity"),
    [
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "ERROR"),
        ("somebody/tools-cuda:1.0", "ERROR"),
        ("ngc.example/x:1", ""),
    ],
)
def test_what_was_looked_up_or_says_it_itself_is_grave(
    base: str, severity: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = [one for one in findings(tmp_path, {"Dockerfile": f"FROM {base}\n{WORK}"}) if one.rule == "torch-index"]
    assert [one.severity.name for one in found] == [severity] * bool(severity)
