"""The tests that are run against mistakes, and how."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = (
    "tests/images",
    "tests/rules",
    "tests/lint/test_reference_family.py",
    "tests/lint/test_families.py",
    "tests/lint/test_since.py",
    "tests/lint/test_baseline.py",
    "tests/lint/test_working_folder.py",
    "tests/lint/test_suppressions.py",
    "tests/cli/test_graph_commands.py",
    "tests/plan",
    "tests/fixes",
    "tests/beginning",
    "tests/page/test_page.py",
)
OPTIONS = (
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "--assert=plain",
    "-m",
    "not engine and not network and not slow and not heavy",
)


def environment() -> dict[str, str]:
    """The environment of the tests, where the same examples are looked at each time."""
    return {**os.environ, "HYPOTHESIS_PROFILE": "quick", "PYTHONDONTWRITEBYTECODE": "1"}
