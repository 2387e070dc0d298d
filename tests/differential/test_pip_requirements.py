"""A small run of the comparison with pip's own parser; the long one is `python -m
tests.differential.pip_requirements`."""

from __future__ import annotations

from tests.differential.pip_requirements import run


def test_no_requirements_file_is_read_otherwise_than_by_pip() -> None:
    counts = run(60, "gate", show=5)
    assert counts["wrong"] == 0, counts
    assert counts["agree"] > 20
