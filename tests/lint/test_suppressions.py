"""Suppressions: what a comment covers in each format, and what becomes of one that covers nothing."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather
from wxlint.lint.suppressions import Suppression, find_suppressions

NAMES = {
    "dockerfile": "Dockerfile",
    "compose": "docker-compose.yml",
    "shell": "build.sh",
    "batch": "build.bat",
    "requirements": "requirements.txt",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(kind: str, text: str) -> list[Suppression]:
    source = Source(NAMES[kind], textwrap.dedent(text))
    return find_suppressions(source, kind, read_dockerfile(source) if kind == "dockerfile" else None)


def covered(kind: str, text: str) -> list[tuple[int, int]]:
    return [(s.first, s.last) for s in found(kind, text)]


def check(files: dict[str, str], **options: frozenset[str]) -> list[tuple[str, str, int]]:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(textwrap.dedent(text))
    gathered = gather(["."])
    report = engine.check(gathered.repository, engine.CheckOptions(scope=gathered.scope, **options))
    return [(f.rule, f.span.path, f.span.line) for f in report.findings]


COVERED = [
    ("dockerfile", "above-an-instruction", "# wxlint: ignore[x] why\nFROM a\nRUN b\n", [(2, 2)]),
    (
        "dockerfile",
        "above-an-instruction-of-several-lines",
        "FROM a\n# wxlint: ignore[x] why\nRUN b \\\n  c \\\n  d\nRUN e\n",
        [(3, 5)],
    ),
    ("dockerfile", "blank-lines-and-comments-between", "# wxlint: ignore[x] why\n\n# more\n\nFROM a\n", [(5, 5)]),
    ("dockerfile", "two-above-one", "# wxlint: ignore[x] why\n# wxlint: ignore[y] why\nFROM a\n", [(3, 3), (3, 3)]),
    ("dockerfile", "inside-an-instruction", "FROM a\nRUN b \\\n  # wxlint: ignore[x] why\n  c\nRUN d\n", [(2, 4)]),
    ("dockerfile", "without-a-space", "#wxlint:ignore[x] why\nFROM a\n", [(2, 2)]),
    ("dockerfile", "above-a-heredoc", "FROM a\n# wxlint: ignore[x] why\nRUN <<EOF\nb\nEOF\nRUN c\n", [(3, 5)]),
    ("dockerfile", "whole-file", "FROM a\n# wxlint: ignore-file[x] why\n", [(1, 1 << 30)]),
    (
        "compose",
        "above-a-key",
        "services:\n  # wxlint: ignore[x] why\n  a:\n    image: b\n    ports:\n    - 1\n  c:\n    image: d\n",
        [(3, 6)],
    ),
    (
        "compose",
        "above-the-first-key",
        "# wxlint: ignore[x] why\nservices:\n  a:\n    image: b\nvolumes: {}\n",
        [(2, 4)],
    ),
    (
        "compose",
        "above-a-leaf",
        "services:\n  a:\n    # wxlint: ignore[x] why\n    image: b\n    build: .\n",
        [(4, 4)],
    ),
    ("compose", "above-an-item", "a:\n  # wxlint: ignore[x] why\n  - b: 1\n    c: 2\n  - d\n", [(3, 4)]),
    (
        "compose",
        "blank-lines-inside",
        "a:\n  # wxlint: ignore[x] why\n  b:\n    c: 1\n\n    d: 2\n  e: 3\n",
        [(3, 6)],
    ),
    (
        "compose",
        "comments-at-the-margin-inside",
        "a:\n  # wxlint: ignore[x] why\n  b:\n    c: 1\n# margin\n    d: 2\n  e: 3\n",
        [(3, 6)],
    ),
    ("compose", "above-an-alias", "a: &x\n  b: 1\nc:\n  # wxlint: ignore[x] why\n  d: *x\n  e: 1\n", [(5, 5)]),
    ("compose", "above-a-mapping-in-a-list", "a:\n# wxlint: ignore[x] why\n-\n  b: 1\n  c: 2\n- d\n", [(3, 5)]),
    ("compose", "above-a-string-of-several-lines", "# wxlint: ignore[x] why\na: |\n  b\n  c\nd: 1\n", [(2, 4)]),
    ("compose", "in-the-second-document", "a: 1\n---\n# wxlint: ignore[x] why\nb:\n  c: 2\nd: 3\n", [(4, 5)]),
    ("compose", "behind-a-value", "a:\n  b: 1  # wxlint: ignore[x] why\n  c: 2\n", [(2, 2)]),
    ("compose", "behind-a-key", "a:  # wxlint: ignore[x] why\n  b: 1\n", [(1, 1)]),
    ("shell", "above-a-command", "# wxlint: ignore[x] why\ndocker pull a\ndocker pull b\n", [(2, 2)]),
    (
        "shell",
        "above-continued-lines",
        "# wxlint: ignore[x] why\n\ndocker run \\\n  a \\\n  b\ndocker pull c\n",
        [(3, 5)],
    ),
    ("shell", "behind-a-command", "docker pull a  # wxlint: ignore[x] why\n", [(1, 1)]),
    (
        "shell",
        "in-a-function",
        "f() { # wxlint: ignore[x] why\n  # wxlint: ignore[y] why\n  docker pull a\n}\n",
        [(1, 1), (3, 3)],
    ),
    ("shell", "before-a-function-body", "f()\n# wxlint: ignore[y] why\n{ docker pull a; }\n", [(3, 3)]),
    ("shell", "in-a-substitution", "a=$(\n  # wxlint: ignore[x] why\n  docker pull a\n)\n", [(3, 3)]),
    ("shell", "in-an-array", "a=(\n  # wxlint: ignore[x] why\n  b\n)\n", [(3, 3)]),
    ("shell", "behind-a-heredoc", "cat <<EOF\na\nEOF\n# wxlint: ignore[x] why\ndocker pull a\n", [(5, 5)]),
    ("shell", "indented", "if x; then\n  # wxlint: ignore[x] why\n  docker pull a\nfi\n", [(3, 3)]),
    ("batch", "above-a-command", "rem wxlint: ignore[x] why\ndocker pull a\n", [(2, 2)]),
    (
        "batch",
        "in-all-its-forms",
        "REM wxlint: ignore[x] why\na\n@rem wxlint: ignore[x] why\nb\n:: wxlint: ignore[x] why\nc\n",
        [(2, 2), (4, 4), (6, 6)],
    ),
    ("batch", "above-continued-lines", "rem wxlint: ignore[x] why\ndocker run ^\n  a ^\n  b\nc\n", [(2, 4)]),
    ("requirements", "above-a-line", "# wxlint: ignore[x] why\ntorch\nflask\n", [(2, 2)]),
    ("requirements", "above-continued-lines", "# wxlint: ignore[x] why\ntorch \\\n  --hash=a\nflask\n", [(2, 3)]),
    ("requirements", "behind-a-line", "torch # wxlint: ignore[x] why\nflask\n", [(1, 1)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "lines"),
    [(kind, text, lines) for kind, _, text, lines in COVERED],
    ids=[f"{row[0]}-{row[1]}" for row in COVERED],
)
def test_what_a_comment_covers(kind: str, text: str, lines: list[tuple[int, int]]) -> None:
    assert covered(kind, text) == lines


NO_COMMENT = [
    ("dockerfile", "FROM a\nRUN <<EOF\n# wxlint: ignore[x] why\nEOF\n"),
    ("dockerfile", "FROM a # wxlint: ignore[x] why\n"),
    ("dockerfile", 'FROM a\nENV B="# wxlint: ignore[x] why"\n'),
    ("dockerfile", "# talks of wxlint: ignore[x] why\nFROM a\n"),
    ("compose", "a: |\n  # wxlint: ignore[x] why\n"),
    ("compose", 'a: "b # wxlint: ignore[x] why"\n'),
    ("compose", "a: b#wxlint: ignore[x] why\n"),
    ("shell", 'echo "a # wxlint: ignore[x] why"\n'),
    ("shell", "echo 'a\n# wxlint: ignore[x] why\n'\n"),
    ("shell", "cat <<EOF\n# wxlint: ignore[x] why\nEOF\n"),
    ("shell", "echo a#wxlint: ignore[x] why\n"),
    ("shell", "echo ${#wxlint: ignore[x] why}\n"),
    ("batch", "echo rem wxlint: ignore[x] why\n"),
    ("batch", "# wxlint: ignore[x] why\n"),
    ("requirements", "a#wxlint: ignore[x] why\n"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), NO_COMMENT, ids=[f"{kind}-{text[:24]!r}" for kind, text in NO_COMMENT])
def test_text_that_is_no_comment(kind: str, text: str) -> None:
    assert found(kind, text) == []


WRONG = [
    ("# wxlint: ignore[latest-tag]\n", "gives no reason"),
    ("# wxlint: ignore[latest-tag]   \n", "gives no reason"),
    ("# wxlint: ignore[] why\n", "names no rule"),
    ("# wxlint: ignore[ , ] why\n", "names no rule"),
    ("# wxlint: ignore latest-tag why\n", "names no rule"),
    ("# wxlint: ignore-file why\n", "names no rule"),
    ("# wxlint: disable[latest-tag] why\n", "is not understood"),
    ("# wxlint: ignored[latest-tag] why\n", "is not understood"),
    ("# wxlint: ignore-line[latest-tag] why\n", "write `wxlint: ignore[rule] reason`"),
    ("# wxlint:\n", "is not understood"),
]


@pytest.mark.parametrize(("comment", "problem"), WRONG, ids=[comment.strip() for comment, _ in WRONG])
def test_a_suppression_that_is_wrong_has_no_effect_and_is_an_error(comment: str, problem: str) -> None:
    text = f"{comment}FROM python:latest\n"
    (suppression,) = found("dockerfile", text)
    assert suppression.flaw is not None
    assert problem in suppression.flaw.value
    assert suppression.span[1:3] == (1, 3)
    assert check({"Dockerfile": text}) == [("unused-suppression", "Dockerfile", 1), ("latest-tag", "Dockerfile", 2)]


def test_rules_and_reason_are_read() -> None:
    (suppression,) = found(
        "dockerfile", "# wxlint: ignore[latest-tag,  torch-index ]  upstream [has] no other\nFROM a\n"
    )
    assert suppression.rules == ("latest-tag", "torch-index")
    assert suppression.reason == "upstream [has] no other"
    assert (suppression.span.column, suppression.span.end_column) == (3, 69)


def test_one_comment_covers_several_findings() -> None:
    files = {"Dockerfile": "# wxlint: ignore[latest-tag, untagged-image] why\nFROM python:latest AS a\nFROM redis\n"}
    assert check(files) == [("unused-suppression", "Dockerfile", 1), ("untagged-image", "Dockerfile", 3)]


def test_a_suppression_counts_only_in_its_own_file() -> None:
    files = {
        "a/Dockerfile": "# wxlint: ignore-file[latest-tag] why\nFROM python:latest\n",
        "b/Dockerfile": "FROM python:latest\n",
    }
    assert check(files) == [("latest-tag", "b/Dockerfile", 1)]


def test_rules_that_were_not_run_are_not_called_unused() -> None:
    files = {"Dockerfile": "# wxlint: ignore[latest-tag] why\nFROM python:3.11\n"}
    assert check(files, select=frozenset(("untagged-image", "unused-suppression"))) == []
    assert check(files, ignore=frozenset(("latest-tag",))) == []
    assert check(files, ignore=frozenset(("unused-suppression",))) == []
    assert check(files) == [("unused-suppression", "Dockerfile", 1)]


def test_a_rule_that_is_off_is_not_called_unused() -> None:
    files = {
        "wxlint.yaml": "wxlint: 1\nrules:\n  latest-tag: 'off'\n",
        "Dockerfile": "# wxlint: ignore[latest-tag] why\nFROM python:latest\n",
    }
    assert check(files) == []


def test_a_locked_rule_is_not_suppressed() -> None:
    files = {
        "wxlint.yaml": "wxlint: 1\nrules:\n  latest-tag: {locked: true}\n",
        "Dockerfile": "# wxlint: ignore-file[latest-tag] why\nFROM python:latest\nCOPY --from=redis / /\n",
    }
    assert check(files) == [
        ("unused-suppression", "Dockerfile", 1),
        ("latest-tag", "Dockerfile", 2),
        ("untagged-image", "Dockerfile", 3),
    ]


def test_a_finding_in_another_file_is_suppressed_where_it_stands() -> None:
    """torch of a requirements file: the comment belongs into that file, not above the RUN that reads it."""
    dockerfile = "FROM python:3.11-slim\nCOPY requirements.txt .\n{}RUN pip install -r requirements.txt\n"
    above = {
        "Dockerfile.cpu": dockerfile.format("# wxlint: ignore[torch-index] why\n"),
        "requirements.txt": "torch==2.3.1+cu121\n",
    }
    assert check(above, ignore=frozenset(["no-such-build"])) == [
        ("torch-index", "requirements.txt", 1),
        ("unused-suppression", "Dockerfile.cpu", 3),
    ]
    there = {
        "Dockerfile.cpu": dockerfile.format(""),
        "requirements.txt": "# wxlint: ignore[torch-index] why\ntorch==2.3.1+cu121\n",
    }
    assert check(there, ignore=frozenset(["no-such-build"])) == []


def test_requirements_called_otherwise_are_read_for_suppressions_too() -> None:
    files = {
        "Dockerfile.cpu": "FROM python:3.11-slim\nCOPY reqs.in pyproject.toml ./\nRUN pip install -r reqs.in\n",
        "reqs.in": "torch==2.3.1+cu121  # wxlint: ignore[torch-index] why\n",
        "pyproject.toml": "",
    }
    assert check(files, ignore=frozenset(["no-such-build"])) == []


def test_scripts_and_environments_that_a_dockerfile_leads_to_are_read_as_what_they_are() -> None:
    """Their strings hold no comments."""
    files = {
        "Dockerfile.cpu": "FROM python:3.11-slim\nCOPY a /a\n"
        "RUN /a/setup.sh && conda env create -f /a/environment.yml\n",
        "a/setup.sh": "cat <<EOF\n# wxlint: ignore[x] why\nEOF\npip install torch==2.3.1+cpu\n",
        "a/environment.yml": "name: a\nprefix: |\n  # wxlint: ignore[x] why\n",
    }
    assert [found for found in check(files) if found[0] == "unused-suppression"] == []


def test_suppressions_of_a_project_file() -> None:
    files = {
        "Dockerfile.cpu": "FROM python:3.11-slim\nCOPY . .\nRUN pip install .\n",
        "pyproject.toml": '[project]\nname = "a"\ndependencies = [\n'
        '  # wxlint: ignore[cuda-package] why\n  "onnxruntime-gpu",\n  "faiss-gpu",\n]\n',
    }
    assert check(files) == [("cuda-package", "pyproject.toml", 6)]
