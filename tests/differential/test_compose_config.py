"""Compose projects against `docker compose config`; the long run is `python -m tests.differential.compose`."""

from __future__ import annotations

import pytest

from tests.differential.compose import plugin, run


@pytest.mark.skipif(plugin() is None, reason="docker compose is not installed")
def test_projects_are_read_as_compose_reads_them() -> None:
    counts = run(cases=80, seed=7, show=3)
    assert (counts["wrong"], counts["crash"]) == (0, 0)
    assert counts["agree"] > 1500
    assert counts["unknown"] < 0.03 * counts["agree"]
