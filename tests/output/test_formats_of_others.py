"""Formats that other programs define: each held to its schema, and to what its readers do with hostile texts."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from wxlint import output
from wxlint.cli.main import main
from wxlint.core.findings import Finding, Severity, Span
from wxlint.core.fix import Edit, Fix
from wxlint.core.reasons import Reason
from wxlint.documents.source import Source
from wxlint.output import Options, Report, Summary

_POSITION = {
    "type": "object",
    "required": ["line"],
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
    "additionalProperties": False,
}
_RANGE = {
    "type": "object",
    "required": ["start"],
    "properties": {"start": _POSITION, "end": _POSITION},
    "additionalProperties": False,
}
RDJSON = {
    # after proto/rdf/jsonschema/DiagnosticResult.json of reviewdog
    "type": "object",
    "required": ["diagnostics"],
    "additionalProperties": False,
    "properties": {
        "source": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "url": {"type": "string"}},
            "additionalProperties": False,
        },
        "severity": {"enum": ["UNKNOWN_SEVERITY", "ERROR", "WARNING", "INFO"]},
        "diagnostics": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["message", "location"],
                "additionalProperties": False,
                "properties": {
                    "message": {"type": "string"},
                    "location": {
                        "type": "object",
                        "required": ["path"],
                        "properties": {"path": {"type": "string"}, "range": _RANGE},
                        "additionalProperties": False,
                    },
                    "severity": {"enum": ["UNKNOWN_SEVERITY", "ERROR", "WARNING", "INFO"]},
                    "code": {
                        "type": "object",
                        "required": ["value"],
                        "properties": {"value": {"type": "string"}, "url": {"type": "string"}},
                        "additionalProperties": False,
                    },
                    "suggestions": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["range", "text"],
                            "properties": {"range": _RANGE, "text": {"type": "string"}},
                            "additionalProperties": False,
                        },
                    },
                },
            },
        },
    },
}
GITLAB = {
    # after GitLab's documentation of custom code quality tools
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^/]"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}
HOSTILE = "</failure> ]]> \x1b[31m ##[error] ::error:: \0 \ud800 @all [x](javascript:1) <script> `|` \" ' & \u202e"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rendered(report: Report, name: str, options: Options = Options()) -> str:  # noqa: B008
    return "".join(output.render(name, report, options)).encode("utf-8", "strict").decode()


def report_of(message: str = "a message", path: str = "docker/Dockerfile", fix: Fix | None = None) -> Report:
    source = Source(path, "FROM é:latest\n")
    span = Span(path, 1, 6, 1, 14)
    because = (Reason("arg", message, path, 1),)
    found = tuple(
        Finding("latest-tag", severity, span, message, "a hint", because, fix)
        for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO)
    )
    return Report(found, Summary(1, errors=1, warnings=1, infos=1), {path: source, "clean": Source("clean", "")}, {})


TEXTS = st.text(max_size=40) | st.just(HOSTILE)


@given(TEXTS.filter(bool), TEXTS.map(lambda t: "x" + t))
def test_json_formats_fit_their_schemas(message: str, path: str) -> None:
    report = report_of(message, path)
    Draft7Validator(GITLAB).validate(json.loads(rendered(report, "gitlab")))
    Draft7Validator(RDJSON).validate(json.loads(rendered(report, "rdjson")))
    assert json.loads(rendered(Report(), "gitlab")) == []
    Draft7Validator(RDJSON).validate(json.loads(rendered(Report(), "rdjson")))


@given(TEXTS, TEXTS)
def test_xml_formats_are_well_formed(message: str, path: str) -> None:
    report = report_of(message, path)
    tree = ET.fromstring(rendered(report, "checkstyle"))
    assert [len(file) for file in tree] == [3]
    assert {error.get("severity") for error in tree[0]} == {"error", "warning", "info"}
    suites = ET.fromstring(rendered(report, "junit"))
    assert suites.get("failures") == "2"
    cases = suites[0]
    assert str(len(cases)) == suites.get("tests")
    assert [case.find("failure") is not None for case in cases][:3] == [True, True, False]


def test_a_suggestion_of_rdjson_has_columns_in_bytes() -> None:
    span = Span("docker/Dockerfile", 1, 8, 1, 14)
    found = json.loads(rendered(report_of(fix=Fix((Edit(span, "1.0"),), True, "x")), "rdjson"))["diagnostics"][0]
    assert found["suggestions"] == [
        {"range": {"start": {"line": 1, "column": 9}, "end": {"line": 1, "column": 15}}, "text": "1.0"}
    ]
    assert found["code"]["url"].endswith("/docs/rules/latest-tag.md")


def test_several_outputs_of_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("FROM python:latest\n")
    words = ["check", "--no-cache", "--concise", "--statistics", "--output", "gitlab:g.json", "--output", "junit:j.xml"]
    assert main([*words, "Dockerfile"]) == 1
    assert json.loads(Path("g.json").read_text())[0]["check_name"] == "latest-tag"
    assert ET.parse("j.xml").getroot().tag == "testsuites"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Dockerfile:1:6: warning: ") and lines[1:2] == ["    1  latest-tag"]
    assert main(["check", "--output", "a", "--output", "b", "Dockerfile"]) == 2
    assert main(["check", "--output", "json:Dockerfile", "Dockerfile"]) == 2
    assert Path("Dockerfile").read_text() == "FROM python:latest\n"


def test_rdjson_suggests_fixes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("FROM python:3.11-slim\nRUN pip install flask>=2\n")
    assert main(["check", "--no-cache", "--format", "rdjson", "Dockerfile"]) == 1
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["suggestions"][0]["text"] == '"flask>=2"'


def test_links_are_written_where_a_terminal_shows_them() -> None:
    text = rendered(report_of(), "text", Options(links=True, concise=True))
    assert (
        "\x1b]8;;https://github.com/wxlint/wxlint/blob/main/docs/rules/latest-tag.md\x1b\\[latest-tag]\x1b]8;;" in text
    )
    assert "\x1b" not in rendered(report_of(HOSTILE, HOSTILE), "text")
