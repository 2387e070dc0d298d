"""The schema of policies, and the check of it against a library: any policy is read or refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wxlint.core.errors import PolicyError
from wxlint.core.values import HOLE, Value
from wxlint.documents import yaml as yaml_nodes
from wxlint.documents.source import Source
from wxlint.policy.expectations import expected_images
from wxlint.policy.image_names import named_member
from wxlint.policy.load import load_policy
from wxlint.policy.rule_names import rule_names
from wxlint.policy.schema import check, schema, schema_text
from wxlint.policy.whole_names import whole_member

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "policies/cp-whisperx.yaml"


class TestSchema:
    def test_is_a_schema(self) -> None:
        Draft202012Validator.check_schema(schema())
        assert json.loads(schema_text()) == schema()

    def test_rule_names_come_from_the_folder(self) -> None:
        files = {path.stem for path in (ROOT / "wxlint/rules").glob("*.py")} - {"__init__"}
        assert rule_names() == tuple(sorted(file.replace("_", "-") for file in files if not file.startswith("_")))
        assert schema()["$defs"]["rule"]["enum"] == list(rule_names())
        assert "latest-tag" not in (ROOT / "wxlint/policy/policy.schema.json").read_text().replace('{ "latest-tag"', "")

    def test_every_key_is_described_with_good_examples(self) -> None:
        for where, key in keys(schema()):
            assert key["description"].endswith("."), where
            assert key["examples"], where
            validator = Draft202012Validator({**key, "$defs": schema()["$defs"]})
            for one in key["examples"]:
                assert list(validator.iter_errors(one)) == [], where
                assert check_value(one, key) == [], where

    def test_every_keyword_is_one_that_the_check_reads(self) -> None:
        read_ones = set(
            "type properties required additionalProperties propertyNames items uniqueItems minItems enum const pattern "
            "minLength minimum maximum exclusiveMinimum anyOf $ref $defs".split()
        )
        annotations = {"$schema", "$id", "title", "description", "default", "examples", "patternErrorMessage"}
        for rule in subschemas(schema()):
            assert set(rule) <= read_ones | annotations
            assert len({"type", "anyOf", "$ref"} & set(rule)) == 1, "what is to be told apart by type needs one"
            assert "$ref" not in rule or set(rule) <= {"$ref", *annotations}
            assert "anyOf" not in rule or set(rule) <= {"anyOf", *annotations}
            assert "items" in rule or rule.get("type") != "array"
            types = [resolved(branch)["type"] for branch in rule.get("anyOf", [])]
            assert len(types) == len(set(types)) and not {"integer", "number"} <= set(types)


def resolved(rule: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].removeprefix("#/$defs/")]
    return rule


def subschemas(rule: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield rule
    inner = [*rule.get("properties", {}).values(), *rule.get("$defs", {}).values(), *rule.get("anyOf", [])]
    inner += [
        rule[key] for key in ("items", "propertyNames", "additionalProperties") if isinstance(rule.get(key), dict)
    ]
    for one in inner:
        yield from subschemas(one)


def keys(rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in subschemas(rule):
        yield from one.get("properties", {}).items()


def node(value: Any) -> yaml_nodes.Node:
    found = yaml_nodes.load(Source("x", json.dumps(value)))
    assert found is not None
    return found


def check_value(value: Any, rule: dict[str, Any]) -> list[Any]:
    from wxlint.policy.schema import _check

    found: list[Any] = []
    _check(node(value), rule, "x", found)
    return found


WORDS = st.sampled_from(
    [
        "cpu",
        "cuda",
        "latest",
        "a",
        "a-b",
        "A",
        "",
        "a\n",
        "..",
        "../x",
        "a/..b",
        "/a",
        "1.2",
        "3.11",
        "cu121",
        "cu1",
        "rocm6.2",
    ]
    + [
        "rocm6",
        "1 GB",
        "1.5MiB",
        "x{stage}",
        "{registry}/a-{stage}",
        "a/{tag}",
        "off",
        "error",
        "required",
        "root",
        "a b",
        "é",
        "{",
    ]
    + ["latest-tag", "cpu\n", "1\n", "-", "a--b", "a__b", "a___b", "\t", "a:5/b"]
)
SCALARS = st.one_of(WORDS, st.integers(-1, 4000), st.booleans(), st.none(), st.sampled_from([0.0, 1.0, 1.5, 60.0]))


def values(rule: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that are mostly as the rule says, with mistakes everywhere."""
    examples = rule.get("examples", [])
    rule = resolved(rule)
    good: list[st.SearchStrategy[Any]] = [values(branch, depth) for branch in rule.get("anyOf", [])]
    good += [st.sampled_from(some) for some in (examples, rule.get("enum", [])) if some]
    if rule.get("type") == "object":
        inner = {key: values(one, depth + 1) for key, one in rule.get("properties", {}).items()}
        one = st.one_of(*(st.tuples(st.just(key), value) for key, value in inner.items())) if inner else None
        others = rule.get("additionalProperties")
        if isinstance(others, dict):
            names = values(rule["propertyNames"]) if "propertyNames" in rule else WORDS
            named = st.tuples(names.filter(lambda name: isinstance(name, str)), values(others, depth + 1))
            one = named if one is None else one | named
        assert one is not None
        wrong = st.tuples(WORDS, SCALARS)
        good.append(st.lists(one if depth else one | wrong, max_size=5 if depth < 2 else 3).map(dict))
        good.append(st.lists(one | wrong, max_size=2).map(dict))
    elif rule.get("type") == "array":
        good.append(st.lists(values(rule["items"], depth + 1), max_size=3))
    elif "anyOf" not in rule:
        good.append(SCALARS if rule.get("type") != "string" else WORDS)
    return st.one_of(*good) if depth < 2 else st.one_of(*good, SCALARS)


@settings(max_examples=500, deadline=None)
@given(values(schema()).map(lambda value: {"wxlint": 1, **value} if isinstance(value, dict) else value))
def test_the_check_accepts_what_the_library_accepts(value: Any) -> None:
    assert (check(node(value)) == []) == Draft202012Validator(schema()).is_valid(value)


@example(value={"wxlint": 1, "image": "acme/app:{version}-{variant}", "variants": {"cpu": {}}})
@settings(max_examples=300, deadline=None)
@given(
    values(schema()).map(
        lambda value: {"wxlint": 1, "image": "a-{stage}", **value} if isinstance(value, dict) else value
    )
)
def test_a_policy_is_read_or_refused(value: Any) -> None:
    only_policy_errors(json.dumps(value))


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    only_policy_errors(text)
    only_policy_errors(f"wxlint: 1\n{text}")


LINES = REFERENCE.read_text().splitlines()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*LINES, "  x: [", "stages: {}", "a: &a [*a]", "\t", "  base: {stage: *gpu-stage}"]),
        max_size=60,
    )
)
def test_shuffled_lines_are_read_or_refused(lines: list[str]) -> None:
    only_policy_errors("\n".join(lines))


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, len(LINES) - 1),
    st.integers(0, 80),
    st.sampled_from(["", "x", ": ", "[", "- ", "'", "\x1b", "\0", "1", "{stage}"]),
)
def test_one_change_is_read_or_refused(line: int, column: int, text: str) -> None:
    changed = LINES[line][:column] + text + LINES[line][column + 1 :]
    only_policy_errors("\n".join([*LINES[:line], changed, *LINES[line + 1 :]]))


def only_policy_errors(text: str) -> None:
    source = Source("p.yaml", text)
    try:
        policy = load_policy(source)
    except PolicyError as error:
        assert error.problems
        for problem in error.problems:
            path, line, column, message = problem.split(":", 3)
            assert (path, message[0]) == ("p.yaml", " ")
            assert 1 <= int(line) <= len(source.starts) and int(column) >= 1
            assert message.isprintable()
        return
    for expectation in expected_images(policy):
        name, _, tag = expectation.reference.rpartition(":")
        tagged = None if HOLE in tag else tag
        assert whole_member(policy, name, tagged) if policy.is_whole else named_member(policy, Value(name))
        assert HOLE not in repr(expectation)
