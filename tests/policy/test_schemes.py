"""Naming schemes that families have: a policy for each, the files that are right, and a change that is found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from case_files import read_cases
from file_trees import write_tree
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core.errors import PolicyError
from wxlint.core.findings import Severity
from wxlint.core.values import HOLE
from wxlint.documents.source import Source
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather
from wxlint.policy.load import load_policy
from wxlint.policy.part_patterns import may_match, parse

SCHEMES = read_cases(Path(__file__).parent / "schemes.yaml")


def found(folder: Path, files: dict[str, str]) -> list[str]:
    """The rules of what makes a run fail; that nothing builds a variant here is information."""
    write_tree(folder, files)
    gathered = gather(["."])
    report = engine.check(gathered.repository, engine.CheckOptions(scope=gathered.scope))
    return [finding.rule for finding in report.findings if finding.severity > Severity.INFO]


@pytest.mark.parametrize("scheme", SCHEMES, ids=[scheme["id"] for scheme in SCHEMES])
def test_a_scheme_is_green_until_something_is_wrong(
    scheme: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {"wxlint.yaml": "wxlint: 1\n" + scheme["policy"], **scheme["files"]}
    assert len(files["wxlint.yaml"].splitlines()) <= 11
    assert found(tmp_path, files) == []
    assert found(tmp_path, scheme["bad"]) == [scheme["finding"]]


DOCS = (Path(__file__).parents[2] / "docs/policy.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL))
def test_what_the_docs_show_is_a_policy(text: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for folder in ("platform", "asr"):
        (tmp_path / folder).mkdir()
    (tmp_path / "platform/wxlint.yaml").write_text("wxlint: 1\nforbidden-tags: [dev]\n")
    assert len(text.splitlines()) <= 10
    path = tmp_path / "asr/wxlint.yaml"
    assert load_policy(Source(str(path), text), path).source is not None


PATTERNS = st.recursive(
    st.sampled_from(["a", "b", "[a-c]", r"\.", "ab", "-"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}"])).map(lambda two: f"(?:{two[0]}){two[1]}"),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("abc.-", max_size=8))
def test_patterns_match_as_regular_expressions_do(pattern: str, text: str) -> None:
    assert may_match(parse(pattern), text) == (re.fullmatch(pattern, text) is not None)


@given(PATTERNS, st.text("abc.-", max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_what_matches_may_match_with_a_part_unknown(pattern: str, text: str, start: int, end: int) -> None:
    if may_match(parse(pattern), text):
        assert may_match(parse(pattern), text[: min(start, end)] + HOLE + text[max(start, end) :])


def test_a_pattern_that_never_ends_elsewhere_ends_here() -> None:
    assert not may_match(parse("((a+)+)+b"), "a" * 120)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('image: "a/b:{verison}"', "2:8: image: no part is called {verison}; .*did you mean .*version"),
        ("image: a/b\nparts: {date: '(a'}", r"3:15: parts.date: found \"\(a\", which is no pattern: a \( that is not"),
        (
            "image: 'a/b:{x}'\nparts: {x: {pattern: '[0-9]+', default: abc}}",
            r"3:41: parts.x.default: found \"abc\"; allowed: what fits \[0-9\]\+",
        ),
        ("image: a/b\nparts: {x: '(?=a)'}", r"which is no pattern: \(\? at 1; allowed: \( \) and \(\?: \)"),
        ("image: a/b:{version}\nvariants: {cpu: {}, cuda: {}}", "2:8: image: without {variant}, each variant needs"),
        ("image: a/b\nvariants: {cpu: {stages: [x, y]}}", "2:8: image: without {stage} it is one image's name"),
    ],
)
def test_errors_of_references(text: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(Source("p.yaml", f"wxlint: 1\n{text}\n"))
    assert any(re.search(message, problem) for problem in caught.value.problems), caught.value.problems
