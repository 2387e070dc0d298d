"""Every rule's documented examples and every case file, run through the real command line code."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from case_files import read_cases
from file_trees import write_tree

from wxlint.documents.source import MAX_BYTES
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather
from wxlint.output import Report
from wxlint.rules import load_rule, rule_names

CASES = Path(__file__).parent / "cases"
DEFAULT_NAMES = {
    "dockerfile": "Dockerfile",
    "yaml": "docker-compose.yml",
    "sh": "build.sh",
    "bat": "build.bat",
    "text": "requirements.txt",
}


class Example(NamedTuple):
    rule: str
    bad: bool
    files: dict[str, str]


def examples(rule: str) -> list[Example]:
    """The fenced blocks under Bad and Good. Blocks of different files belong together; a repeated name
    starts the next example."""
    docs = load_rule(rule).docs
    found = []
    for title, body in re.findall(r"(?m)^## (Bad|Good)\n(.*?)(?=^## |\Z)", docs, re.S):
        files: dict[str, str] = {}
        for language, name, text in re.findall(r"```(\w+)(?: (\S+))?\n(.*?)```", body, re.S):
            path = name or DEFAULT_NAMES[language]
            if path in files:
                found.append(Example(rule, title == "Bad", files))
                files = {}
            files[path] = text
        found.append(Example(rule, title == "Bad", files))
    return found


ALL = [example for rule in rule_names() for example in examples(rule)]


def run(folder: Path, files: dict[str, str], **options: Any) -> Report:
    write_tree(folder, files)
    gathered = gather(options.pop("paths", ["."]), **options)
    return engine.check(
        gathered.repository, engine.CheckOptions(scope=gathered.scope, followed=gathered.followed, notes=gathered.notes)
    )


@pytest.mark.parametrize("example", ALL, ids=[f"{e.rule}-{'bad' if e.bad else 'good'}-{i}" for i, e in enumerate(ALL)])
def test_documented_examples_do_what_they_say(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = {finding.rule for finding in run(tmp_path, example.files).findings}
    assert (example.rule in found) == example.bad, found


@pytest.mark.parametrize("rule", rule_names())
def test_every_rule_documents_bad_and_good(rule: str) -> None:
    assert {e.bad for e in examples(rule)} == {True, False}
    docs = load_rule(rule)
    assert docs.summary and docs.hint and "## Why" in docs.docs


def cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for case in read_cases(path):
            found.append(pytest.param(path.stem.replace("_", "-"), case, id=f"{path.stem}-{case['id']}"))
    return found


@pytest.mark.parametrize(("rule", "case"), cases())
def test_case(rule: str, case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`expect` lists every finding of the case's rule: path, line, column, and parts of message, because and hint.
    `without` is no part of the message.

    `alone` says that no other rule finds anything.
    """
    monkeypatch.chdir(tmp_path)
    files = {name: textwrap.dedent(text) for name, text in case["files"].items()}
    report = run(tmp_path, files, paths=case.get("paths", ["."]), no_policy=case.get("no-policy", False))
    found = sorted((f for f in report.findings if f.rule == rule), key=lambda f: (f.span, f.message))
    shown = [(f.span.path, f.span.line, f.span.column, f.message) for f in found]
    assert len(found) == len(case["expect"]), shown
    if case.get("alone"):
        assert {f.rule for f in report.findings} == {rule}
    for finding, wanted in zip(found, case["expect"]):
        assert finding.span.path == wanted.get("path", finding.span.path)
        assert (finding.span.line, finding.span.column) == (
            wanted["line"],
            wanted.get("column", finding.span.column),
        ), shown
        if "end-column" in wanted:
            assert finding.span.end_column == wanted["end-column"]
        assert wanted.get("message", "") in finding.message
        assert "without" not in wanted or wanted["without"] not in finding.message
        assert wanted.get("because", "") in " | ".join(reason.shown(finding.span.path) for reason in finding.because)
        assert wanted.get("hint", "") in finding.hint
        if "severity" in wanted:
            assert finding.severity.label == wanted["severity"]


def test_every_rule_has_cases() -> None:
    assert {p.stem.replace("_", "-") for p in CASES.glob("*.yaml")} == set(rule_names())


def test_a_file_that_cannot_be_read_is_not_counted_as_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    large = "FROM python:3.11-slim\n#" + "x" * MAX_BYTES
    for files in ({"a/Dockerfile": large}, {"a/Dockerfile": large, "b/Dockerfile": "FROM python:3.11-slim\n"}):
        summary = run(tmp_path, files).summary
        assert (summary.files, len(summary.problems)) == (len(files) - 1, 1)


@pytest.mark.parametrize(
    ("script", "because"),
    [
        ('for vol in a b; do docker run -v "$vol:/v" alpine:latest; done', []),
        ("for vol in a b; do docker run -v $vol:/v 'alpine:latest'; done", []),
        ("for vol in $(ls); do docker build -t app:latest --build-arg V=$vol .; done", []),
        ("clean() { docker run $1 alpine:latest; }\nclean -d", []),
        ("for name in alpine; do docker run $name:latest; done", ["for name=alpine (line 1)"]),
        ("for do in run; do docker $do alpine:latest; done", ["for do=run (line 1)"]),
        ('echo() { "$@"; }\necho docker run alpine:latest', ["echo docker run alpine:latest (line 2)"]),
        (
            'start() { if [ "$1" = gpu ]; then docker run alpine:latest; else ls; fi; }\nstart cpu\nstart gpu',
            ["start gpu (line 3)"],
        ),
    ],
)
def test_reasons_are_those_that_a_reference_depends_on(
    script: str, because: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = [f for f in run(tmp_path, {"x.sh": f"{script}\n"}).findings if f.rule == "latest-tag"]
    assert [[reason.shown(f.span.path) for reason in f.because] for f in found] == [because]


def test_no_rule_breaks_where_one_of_two_environments_may_compute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    index = "--index-url https://download.pytorch.org/whl"
    text = (
        "FROM python:3.11\n"
        f"RUN python -m venv /opt/a && /opt/a/bin/pip install torch==2.4.0 {index}/cu121\n"
        "RUN /opt/a/bin/pip install torch-scatter -f https://data.pyg.org/whl/torch-2.3.0+cu121.html\n"
        f"RUN python -m venv /opt/b && /opt/b/bin/pip install torch==2.5.1 {index}/cpu\n"
        'CMD ["bash"]\n'
    )
    report = run(tmp_path, {"Dockerfile": text}, paths=["."], no_policy=True)
    assert "internal-error" not in {finding.rule for finding in report.findings}
