"""A small run of the comparison with what pip and uv install.

The long one is `python -m tests.differential.installed`.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.differential.installed import run


@pytest.mark.parametrize(("tool", "cases"), [("pip", 8), ("uv", 25)])
def test_no_belief_about_torch_is_wrong(tool: str, cases: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    counts = run(tool, cases, "gate", show=5)
    assert counts["wrong"] == 0, counts
    assert counts["agree"] + counts["unknown"] > 1
