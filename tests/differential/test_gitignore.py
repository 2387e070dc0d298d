"""A few sets of ignore files as git and the reader take them."""

from __future__ import annotations

import shutil

import pytest

from tests.differential.gitignore import run


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_ignore_files_are_read_as_git_reads_them() -> None:
    assert run(40, 1, 40) == {"agree": 40}
