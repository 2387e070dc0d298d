"""A .dockerignore against the engine's builds; the long run is `python -m tests.differential.dockerignore`."""

from __future__ import annotations

import pytest

from tests.differential.dockerignore import run
from tests.support.small_family import need_engine


@pytest.mark.engine
def test_what_a_build_gets() -> None:
    need_engine()
    counts = run(cases=10, seed=3, show=3)
    assert counts["wrong"] == 0
    assert counts["agree"] > 50
