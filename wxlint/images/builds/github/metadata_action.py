"""The tags that docker/metadata-action makes.

Inputs as in the README file of the action (version 5). What git or the day decides is a hole that is called as the
action's own templates call it: `{{version}}`, `{{branch}}`, `{{sha}}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.github.results import unknown

if TYPE_CHECKING:
    from wxlint.images.builds.github.actions import Inputs

_DEFAULT = ("type=schedule", "type=ref,event=branch", "type=ref,event=tag", "type=ref,event=pr")
"""What is made where `tags` says nothing."""
_TEMPLATE = late(r"\{\{[^{}]*\}\}")
_PREFIXES = {"sha": "sha-", "pr": "pr-"}
"""What stands in front of a tag where the line says nothing else."""
_OF_REF = {"branch": "{{branch}}", "tag": "{{tag}}", "pr": "{{pr}}"}
_OF_RELEASE = ("semver", "pep440", "match")
"""Kinds that `latest` comes along with."""


def metadata_tags(inputs: Inputs) -> Value:
    """The tags that docker/metadata-action makes, one to a line; a hole for each part that git decides."""
    reason = reason_at("variable", "tags of docker/metadata-action", inputs.span(""))
    names: list[Value] = []
    for line in _lines_of(inputs, "images"):
        fields = _fields(line)
        if not _is_false(fields.get("enable")):
            names.append(fields.get("name", line))
    tags = list(_tags(inputs))
    lines: list[Value] = []
    for name in names:
        for tag in tags:
            lines += [Value("\n")] if lines else []
            lines += [name, Value(":"), tag]
    made = concat(lines) if lines else unknown("tags")
    return made._replace(because=(*made.because, reason))


def _tags(inputs: Inputs) -> list[Value]:
    flavor = [_fields(line) for line in _lines_of(inputs, "flavor")]
    prefix, suffix = _last(flavor, "prefix"), _last(flavor, "suffix")
    given = _lines_of(inputs, "tags")
    found = [_tag(spec, prefix, suffix) for spec in given or [Value(line) for line in _DEFAULT]]
    latest = _last(flavor, "latest").text or "auto"
    sure = latest == "true" or (latest == "auto" and any(map(_brings_latest, given)))
    if sure or HOLE in latest or (latest == "auto" and not given):
        there = [each for each in flavor if _is_on_latest(each)]
        word = Value("latest") if sure else _hole("{{latest}}")  # by default for git tags, if it is run for any
        found.append(concat([_last(there, "prefix"), word, _last(there, "suffix")]))
    return [tag for tag in found if tag is not None]


def _last(lines: list[dict[str, Value]], name: str) -> Value:
    """What the last line that has a field says of it; empty where none has it."""
    given = [each[name] for each in lines if name in each]
    return _filled(given[-1]) if given else Value("")


def _is_on_latest(fields: dict[str, Value]) -> bool:
    return "onlatest" in fields and fields["onlatest"].text == "true"


def _tag(spec: Value, prefix: Value, suffix: Value) -> Value | None:
    """The tag of one line; None where it is switched off."""
    fields = _fields(spec)
    if _is_false(fields.get("enable")):
        return None
    kind = fields["type"].text if "type" in fields else "raw"
    event = fields["event"].text if "event" in fields else ""
    own = _PREFIXES.get(event if kind == "ref" else kind)
    before = fields.get("prefix", Value(own) if own is not None else prefix)
    return concat([_filled(before), _middle(kind, event, fields), _filled(fields.get("suffix", suffix))])


def _middle(kind: str, event: str, fields: dict[str, Value]) -> Value:
    """A tag without what is put around it."""
    if kind == "raw":
        return _filled(fields.get("value", Value("")))
    if kind == "ref":
        return _hole(_OF_REF.get(event, "{{ref}}"))
    if kind in ("semver", "pep440"):
        return _filled(fields.get("pattern", Value("{{version}}")))
    if kind == "schedule":
        return _filled(fields.get("pattern", Value("nightly")))
    return Value("edge") if kind == "edge" else _hole("{{sha}}" if kind == "sha" else "{{match}}")


def _hole(name: str) -> Value:
    return Value(HOLE, (name,))


def _filled(value: Value) -> Value:
    """A text whose templates are parts that are not known."""
    text, holes = value.text, iter(value.holes)
    names: list[str] = []
    for found in _TEMPLATE.finditer(text.replace(HOLE, "{{}}")):
        names.append(next(holes, "") if found[0] == "{{}}" else f"{{{{{found[0][2:-2].strip()}}}}}")
    return Value(_TEMPLATE.sub(HOLE, text), tuple(names), value.because)


def _brings_latest(spec: Value) -> bool:
    """Whether `latest` comes along with a tag of a release, as the action's `latest=auto` has it."""
    fields = _fields(spec)
    kind = fields["type"].text if "type" in fields else ""
    of_a_tag = kind in _OF_RELEASE or (kind == "ref" and fields.get("event", Value("")).text == "tag")
    return of_a_tag and fields.get("enable", Value("true")).text == "true"


def _lines_of(inputs: Inputs, name: str) -> list[Value]:
    """The lines of an input, which may hold comments."""
    return [part.value for part in inputs.listed(name, "\n") if not part.value.text.startswith("#")]


def _is_false(value: Value | None) -> bool:
    return value is not None and value.text == "false"


def _fields(value: Value) -> dict[str, Value]:
    """`a=b,c=d` as values, each with its own holes; a field without a name is the value."""
    found: dict[str, Value] = {}
    holes = iter(value.holes)
    for field in value.text.split(","):
        own = tuple(next(holes, "") for _ in range(field.count(HOLE)))
        name, equals, text = field.partition("=")
        if not equals and name.strip():
            found["value"] = Value(name.strip(), own, value.because)
        elif equals and HOLE not in name:
            found[name.strip().lower()] = Value(text.strip(), own, value.because)
    return found
