"""The documentation says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wxlint.policy.schema import schema_text
from wxlint.rules import rule_names
from wxlint.rules._docs import pages, write

ROOT = Path(__file__).resolve().parents[2]


def test_the_rule_pages_are_fresh() -> None:
    """When this fails: python -m wxlint.rules._docs"""
    folder = ROOT / "docs" / "rules"
    assert {p.name: p.read_text(encoding="utf-8") for p in folder.glob("*.md")} == pages()


def test_stale_pages_are_taken_out(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("an older rule")
    write(tmp_path)
    assert {p.stem for p in tmp_path.iterdir()} == {*rule_names(), "README"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docker/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_every_rule_is_in_the_schema() -> None:
    text = schema_text()
    assert all(f'"{name}"' in text for name in rule_names())
