"""The version stands in one place, and every format that programs read says which one it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import wxlint
from wxlint.cli.main import main
from wxlint.policy.schema import schema_text

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_stands_in_one_place() -> None:
    number = re.escape(wxlint.__version__)
    assert re.fullmatch(r"\d+\.\d+\.\d+", wxlint.__version__)
    found = [
        path.relative_to(ROOT).as_posix()
        for path in (*ROOT.glob("wxlint/**/*.py"), ROOT / "pyproject.toml")
        if re.search(rf"(?<![\d.]){number}(?![\d.])", path.read_text(encoding="utf-8"))
        and re.search(rf"(?i)version\w*\W+{number}", path.read_text(encoding="utf-8"))
    ]
    assert found == ["wxlint/__init__.py"]
    assert (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").startswith(f"# Changelog\n\n## {wxlint.__version__}")


def test_every_schema_has_a_version(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert json.loads(schema_text())["$id"] == "urn:wxlint:policy:1"
    assert main(["schema", "report"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["$id"] == "urn:wxlint:report:1"
