"""Reports of the pytest plugin, as tests read them."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
from small_family import Family

from wxlint.conformance import plugin


def schema_errors(report: dict[str, Any]) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(resources.files(plugin).joinpath("report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(report)]


def checks(made: Family, image: str) -> dict[str, dict[str, Any]]:
    report = json.loads((made.folder / "report.json").read_text())
    return {check["name"]: check for each in report["images"] if each["image"] == image for check in each["checks"]}
