"""A small run of the comparison with what pip and uv install.

The long one is `python -m tests.differential.installed`.
"""

from __future__ import annotations

import pytest

from tests.differential.installed import run
from tests.differential.real_installs import uv_program


@pytest.mark.parametrize(("tool", "cases"), [("pip", 12), ("uv", 16), ("project", 40)])
def test_no_belief_of_what_is_installed_is_wrong(tool: str, cases: int) -> None:
    if tool != "pip" and uv_program() is None:
        pytest.skip("uv is not installed")
    counts = run(tool, cases, "gate", show=5)
    assert counts["wrong"] == 0, counts
    assert counts["agree"] + counts["unknown"] > 1
