"""Bake files in JSON, whose strings are templates too."""

from __future__ import annotations

from wxlint.documents import yaml
from wxlint.documents.hcl.model import Attribute, Block, Body, Expression, Hcl, List, Literal, Object
from wxlint.documents.hcl.reader import template_of
from wxlint.documents.json_text import json_problem
from wxlint.documents.source import Source, TextProblem


def read_json(source: Source) -> Hcl:
    """Read a bake file in JSON. Never raises."""
    documents, problems, _ = yaml.parse(source)
    refused = json_problem(source.text)
    found = (refused,) if refused is not None else tuple(TextProblem(*problem) for problem in problems)
    root = documents[0] if documents else None
    if not isinstance(root, yaml.Mapping):
        return Hcl(Body((), ()), found)
    blocks = []
    for key, value in root.entries:
        for label, inner in value.entries if isinstance(value, yaml.Mapping) else ():
            attributes = tuple(
                Attribute(name.text, _json(node, source.text), name.start)
                for name, node in (inner.entries if isinstance(inner, yaml.Mapping) else ())
            )
            blocks.append(Block(key.text, (label.text,), Body(attributes, ()), label.start, inner.end))
    return Hcl(Body((), tuple(blocks)), found)


def _json(node: object, text: str) -> Expression:
    if isinstance(node, yaml.Sequence):
        return List(tuple(_json(item, text) for item in node.items), node.start, node.end)
    if isinstance(node, yaml.Mapping):
        entries = tuple((Literal(k.text, k.start, k.end), _json(value, text)) for k, value in node.entries)
        return Object(entries, node.start, node.end)
    assert isinstance(node, yaml.Scalar)
    if node.kind == "str":
        start, end = node.inner(text)
        return template_of(text, start, end) if text[start:end] == node.text else Literal(node.text, start, end)
    plain = yaml.plain(node)
    return Literal(
        float(plain) if isinstance(plain, int) and not isinstance(plain, bool) else plain, node.start, node.end
    )
