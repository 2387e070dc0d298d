"""What is found out before anything is built."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from small_family import family, need_engine

from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import About
from wxlint.conformance.container.preflight import SPARE, preflight
from wxlint.core.processes import Completed

ABOUT = About("docker", "28.2.2", "28.2.2", "linux", "amd64", (), True)
GPU_POLICY = """\
wxlint: 1
name: small
image: "{prefix}-{{stage}}"
variants:
  cuda: {{stages: [one], torch-channel: cu121}}
"""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine("docker")
    monkeypatch.setattr(made, "call", lambda *_, **__: Completed(0, "/engine/data\n", "", False, 0.0))
    return made


def has_free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    def usage(path: str) -> Any:
        assert path == "/engine/data"
        return shutil._ntuple_diskusage(10**12, 10**12 - free, free)  # type: ignore[attr-defined]

    monkeypatch.setattr(shutil, "disk_usage", usage)


def test_all_is_well(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    has_free(monkeypatch, 10**11)
    assert preflight(engine, ABOUT, 10**10, False) == ("", (), ())


@pytest.mark.parametrize("version", ["19.03.15", "20.9"])
def test_an_old_engine(engine: Engine, version: str) -> None:
    assert "too old; 20.10" in preflight(engine, ABOUT._replace(version=version), None, False).engine


def test_a_full_disk(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    has_free(monkeypatch, SPARE - 1)
    assert "no space left" in preflight(engine, ABOUT, None, False).engine


def test_a_disk_that_may_be_too_small_is_said(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    has_free(monkeypatch, 5 * 10**9)
    found = preflight(engine, ABOUT, 2 * 10**10, False)
    assert found.engine == "" and "20.00 GB by the policy" in found.notes[0]


def test_the_disk_of_another_machine_is_not_looked_at(engine: Engine) -> None:
    assert preflight(engine, ABOUT._replace(local=False), 1, False) == ("", (), ())


@pytest.mark.engine
def test_without_a_gpu_nothing_is_built_for_gpu_checks(tmp_path: Path) -> None:
    need_engine()
    if shutil.which("nvidia-smi"):
        pytest.skip("there may be a GPU here")
    with family(tmp_path, {"one": "FROM python:3.11-slim\n"}, GPU_POLICY) as made:
        done = made.pytest("--gpu")
        assert done.returncode == 1
        assert "preflight: the driver is missing" in done.stdout and "nothing is built" in done.stdout
        assert "nothing was built, since the GPU was to be checked: the driver is missing" in done.stdout
        assert "the GPU was to be checked: the driver is missing" in done.stdout
        assert made.images() == []
