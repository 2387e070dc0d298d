"""Builds in folders that a check may not list: what lies there is not known, and the rest is checked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from file_trees import write_tree

from wxlint.lint import run
from wxlint.lint.inputs import gather

SCRIPT = """\
docker build -f closed/Dockerfile.$1 closed
docker build closed
docker build -f closed/Dockerfile closed
docker compose -f closed/compose.yml up
"""
README = "```sh\ndocker build -f closed/Dockerfile .\ndocker compose -f closed/c.yml up\n```\n"
SERVICES = "services:\n  a: {build: closed}\n  b: {build: {context: closed, dockerfile: D}}\n"


def test_builds_in_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"Dockerfile": "FROM python:3.11\nCOPY closed/a /a\n", "compose.yaml": SERVICES}
    write_tree(tmp_path, {**files, "build.sh": SCRIPT, "README.md": README, "closed/a": ""})
    monkeypatch.chdir(tmp_path)
    listed = os.scandir

    def scandir(folder: Any = ".") -> Any:
        if os.path.basename(folder) == "closed":
            raise PermissionError(13, "Permission denied", folder)
        return listed(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    gathered = gather(["."], no_policy=True)
    report = run.check(gathered.repository, run.CheckOptions(scope=gathered.scope))
    assert [finding.message for finding in report.findings if finding.rule == "internal-error"] == []
    assert not any(finding.rule == "dockerfile-missing" for finding in report.findings)
