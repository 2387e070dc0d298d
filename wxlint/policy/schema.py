"""A YAML tree against policy.schema.json, with every problem at its own place and in plain words.

The schema is the one statement of what a policy may say. This reads the keywords it uses, and no others (a test holds
it against the jsonschema library on generated documents), because that library takes half of a check's time to import
and reports an unexpected key at its parent.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from wxlint.core.suggest import did_you_mean
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, plain
from wxlint.policy.rule_names import rule_names

Schema = dict[str, Any]
Problem = tuple[int, str]
"""Where (an offset into the source), and the message."""

_TYPES: dict[type, str] = {type(None): "null", int: "integer", float: "number", str: "string"}
_WORDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "a string",
    "array": "a list",
    "object": "a mapping",
}


@lru_cache(maxsize=1)
def schema() -> Schema:
    """The schema, with the names of the rules in it."""
    import json

    found: Schema = json.loads(Path(__file__).with_name("policy.schema.json").read_bytes())
    found["$defs"]["rule"]["enum"] = list(rule_names())
    return found


def schema_text() -> str:
    """The schema as `wxlint schema` prints it."""
    import json

    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def quoted(text: str) -> str:
    """A string of the file for a message: in quotes, short, and with nothing that a terminal obeys."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:80])
    return f'"{shown}{"…" if len(text) > 80 else ""}"'


def check(node: Node) -> list[Problem]:
    """Every place where a policy's tree is not as the schema says."""
    problems: list[Problem] = []
    _check(node, schema(), "", problems)
    return problems


def _check(node: Node, rule: Schema, where: str, problems: list[Problem]) -> None:
    """where: the keys on the way to the node, "variants.cpu.tag"."""
    rule = _resolved(rule)
    branches = [_resolved(branch) for branch in rule.get("anyOf", [rule])]
    fitting = [branch for branch in branches if _is_a(node, branch)]  # at most one: told apart by type
    if not fitting:
        allowed = " or ".join(dict.fromkeys(_words(branch) for branch in branches))
        hint = ""
        if isinstance(node, Scalar) and any(branch["type"] == "string" for branch in branches):
            hint = f'; as a string it is written "{node.text}"' if node.text else ""
        problems.append((node.start, f"{where}: found {shown(node)}; allowed: {allowed}{hint}".removeprefix(": ")))
    elif isinstance(node, Mapping):
        _mapping(node, fitting[0], where, problems)
    elif isinstance(node, Sequence):
        _sequence(node, fitting[0], where, problems)
    else:
        problem = _scalar(node, fitting[0])
        if problem:
            problems.append((node.start, f"{where}: {problem}"))


def _mapping(node: Mapping, rule: Schema, where: str, problems: list[Problem]) -> None:
    properties: Schema = rule.get("properties", {})
    others: Any = rule.get("additionalProperties", {})
    place = where or "a policy"
    for key, value in node.entries:
        name = key.text
        if "propertyNames" in rule:
            problem = _scalar(Scalar(name, key.start, key.end, "", '"'), _resolved(rule["propertyNames"]))
            if problem:
                problems.append((key.start, f"a key of {place}: {problem}"))
                continue
        if name not in properties and others is False:
            hint = did_you_mean(name, properties, quoted)
            allowed = ", ".join(properties)
            problems.append((key.start, f"unknown key {quoted(name)} in {place}; allowed: {allowed}{hint}"))
        else:
            inside = f"{where}.{quoted(name)[1:-1]}".removeprefix(".")
            _check(value, properties.get(name, others), inside, problems)
    for name in rule.get("required", ()):
        if node.entry(name) is None:
            problems.append((node.start, f'the key "{name}" is missing in {place}'))


def _sequence(node: Sequence, rule: Schema, where: str, problems: list[Problem]) -> None:
    if len(node.items) < rule.get("minItems", 0):
        problems.append((node.start, f"{where}: an empty list; allowed: a list that is not empty"))
    seen = []
    for item in node.items:
        _check(item, rule["items"], where, problems)
        value = plain(item)
        if rule.get("uniqueItems") and value in seen:
            problems.append((item.start, f"{where}: {shown(item)} is listed twice"))
        seen.append(value)


def _scalar(node: Scalar, rule: Schema) -> str | None:
    """What is wrong with a scalar of the right type."""
    value = plain(node)
    hint = ""
    if "enum" in rule or "const" in rule:
        good = value in rule.get("enum", [rule.get("const")])
        hint = "" if good or "enum" not in rule else did_you_mean(node.text, rule["enum"], quoted)
    elif isinstance(value, str):
        good = len(value) >= rule.get("minLength", 0) and bool(re.search(rule.get("pattern", ""), value))
    else:
        good = rule.get("minimum", value) <= value <= rule.get("maximum", value)
        good = good and ("exclusiveMinimum" not in rule or value > rule["exclusiveMinimum"])
    return None if good else f"found {shown(node)}; allowed: {_words(rule)}{hint}"


def _resolved(rule: Schema) -> Schema:
    """What stands beside a $ref in this schema are annotations only."""
    while "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].removeprefix("#/$defs/")]
    return rule


def _is_a(node: Node, rule: Schema) -> bool:
    wanted = rule.get("type")
    if isinstance(node, Mapping):
        return wanted == "object"
    if isinstance(node, Sequence):
        return wanted == "array"
    value = plain(node)
    found = "boolean" if isinstance(value, bool) else _TYPES[type(value)]
    whole = isinstance(value, float) and value.is_integer()  # 1.0 is an integer in JSON Schema
    return wanted == found or (wanted == "number" and found == "integer") or (wanted == "integer" and whole)


def _words(rule: Schema) -> str:
    """What a rule allows."""
    if "patternErrorMessage" in rule:
        return str(rule["patternErrorMessage"])
    if "const" in rule or "enum" in rule:
        return ", ".join(
            str(one).lower() if isinstance(one, bool) else str(one) for one in rule.get("enum", [rule.get("const")])
        )
    words = _WORDS[rule["type"]]
    low, high = rule.get("minimum", rule.get("exclusiveMinimum")), rule.get("maximum")
    if low is not None:
        words += f" {'above' if 'exclusiveMinimum' in rule else 'of at least'} {low}"
    if high is not None:
        words += f" and at most {high}"
    return words + (" that is not empty" if rule.get("minLength") else "")


def shown(node: Node) -> str:
    """What a node is, for a message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    value = plain(node)
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return quoted(value)
    return ("" if isinstance(value, bool) else "the number ") + quoted(node.text)[1:-1]
