"""Evidence that a full disk keeps from the other processes, and what a run says then."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from small_family import Family

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.collect.collector import CollectOptions
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import About, BuildResult, BuildStatus
from wxlint.conformance.plugin import preparation
from wxlint.conformance.plugin.preparation import Preparation
from wxlint.conformance.plugin.workspace import Workspace
from wxlint.documents.source import read
from wxlint.policy.load import load_policy

ABOUT = About("docker", "24", "24", "linux", "amd64", (), True)


class FullDisk(Workspace):
    def write(self, name: str, value: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Preparation:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return Preparation(
        FullDisk("full").make(), [Engine("docker", "full")], CollectOptions(), (), (), lambda *_: None, {}
    )


def evidence(tmp_path: Path, full: Preparation) -> Evidence:
    made = Family(tmp_path / "family")
    policy = load_policy(read(made.policy, "wxlint.yaml"), made.policy)
    full.prepare(made.policy, policy, [ABOUT], {"one:cpu": frozenset(("exists",))})
    found = full.evidence(made.policy, "one:cpu")
    assert found is not None
    return found


def test_a_full_disk_is_the_machine_s_fault(tmp_path: Path, full: Preparation, monkeypatch: pytest.MonkeyPatch) -> None:
    def collect(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(preparation, "collect", collect)
    found = evidence(tmp_path, full)
    assert (found.build.status, "No space left" in found.build.detail) == (BuildStatus.ENGINE_FAULT, True)


def test_what_was_collected_counts_without_a_disk(
    tmp_path: Path, full: Preparation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collect(*_: Any, done: Any, **__: Any) -> None:
        done("one:cpu", Evidence(BuildResult("one:cpu", BuildStatus.FOUND)))

    monkeypatch.setattr(preparation, "collect", collect)
    assert evidence(tmp_path, full).build.status is BuildStatus.FOUND


def test_a_fact_that_does_not_fit_leaves_no_half_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    workspace = Workspace("small").make()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space")))
    with pytest.raises(OSError, match="No space"):
        workspace.write("one", {})
    assert list(workspace.path.iterdir()) == []
