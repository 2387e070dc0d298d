"""Trees of files that `check --fix` is let loose on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from file_trees import write_tree

from wxlint.cli.main import main

CU121 = "https://download.pytorch.org/whl/cu121"
CPU = "https://download.pytorch.org/whl/cpu"
GPU_BASE = "FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n"


def write(files: Mapping[str, str | bytes]) -> None:
    write_tree(Path(), files)


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def fix(*words: str) -> int:
    return main(["check", "--fix", "--no-cache", *words])
