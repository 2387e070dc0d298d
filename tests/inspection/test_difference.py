"""`wxlint diff`: what changed from one image to another."""

from __future__ import annotations

import json
from pathlib import Path

import make_image as make
import pytest

from wxlint.cli.main import main

BASE = make.Layer(make.files({"etc/x": b"x"}))
CPU = {f"{make.SITE}/torch/version.py": make.torch_version("2.2.1+cpu")} | make.distribution("numpy", "1.26")
CUDA = {
    f"{make.SITE}/torch/version.py": make.torch_version("2.2.1+cu121", "12.1"),
    f"{make.SITE}/torch/lib/libtorch_cuda.so": b"t" * 5000,
} | make.distribution("numpy", "2.0")


def save(folder: Path, name: str, content: dict[str, bytes], **settings: object) -> str:
    path = folder / f"{name}.tar"
    path.write_bytes(make.docker_save((BASE, make.Layer(make.files(content))), [f"{name}:1"], **settings))
    return str(path)


def test_all_that_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = save(tmp_path, "old", CPU, User="app"), save(tmp_path, "new", CUDA, Entrypoint=["a"])
    assert main(["diff", old, new]) == 0
    out = capsys.readouterr().out
    for line in (
        "CUDA: 0 B -> 5.0 kB (+5.0 kB)",
        "layers: 2, 1 of them shared -> 2",
        "torch: 2.2.1+cpu (CPU) -> 2.2.1+cu121 (CUDA 12.1)",
        "numpy: 1.26 -> 2.0",
        "user: app -> root",
        'entrypoint: [] -> ["a"]',
    ):
        assert line in out.splitlines()
    assert main(["diff", old, new, "--format", "json"]) == 0
    changes = {one["what"]: one for one in json.loads(capsys.readouterr().out)["changes"]}
    assert changes["CUDA"]["growth"] == 5000
    assert main(["diff", old, new, "--format", "markdown"]) == 0
    assert "| numpy | 1.26 | 2.0 |" in capsys.readouterr().out


def test_the_same_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = save(tmp_path, "one", CPU)
    assert main(["diff", one, one, "--fail-on", "growth", "--fail-on", "build"]) == 0
    assert capsys.readouterr().out == "no difference\n"


@pytest.mark.parametrize(
    ("turned", "fails", "code"), [(0, "growth", 1), (1, "growth", 0), (0, "build", 1), (1, "build", 1)]
)
def test_what_fails(tmp_path: Path, turned: int, fails: str, code: int) -> None:
    pair = [save(tmp_path, "old", CPU), save(tmp_path, "new", CUDA)]
    assert main(["diff", *(pair[::-1] if turned else pair), "--fail-on", fails]) == code


def test_a_table_holds_nothing_of_the_image_s_own_making(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = save(tmp_path, "old", CPU), save(tmp_path, "new", CPU, User="a|b<script>[x](y)")
    assert main(["diff", old, new, "--format", "markdown"]) == 0
    row = capsys.readouterr().out.splitlines()[-1]
    assert row.count("|") == 4 and "<" not in row and "[" not in row
