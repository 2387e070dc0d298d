"""The rounds of a job with a matrix, as GitHub makes them: products, then `exclude`, then `include`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.documents.github.expressions import expand_data
from wxlint.documents.github.results import Data, is_unknown, unknown
from wxlint.documents.github.workflow import entries
from wxlint.documents.source import Source
from wxlint.documents.yaml import Mapping as Node_Mapping
from wxlint.documents.yaml import Node, Scalar, Sequence

MOST_ROUNDS = 256
"""GitHub's own limit."""
ANY = "*"
"""In a context: there may be more in it than is known."""

Round = dict[str, Data]


def rounds(matrix: Node | None, source: Source, contexts: Mapping[str, Data]) -> list[Round]:
    """What `matrix` is in each round; one empty round for a job without a matrix."""
    if matrix is None:
        return [{}]
    data = node_data(matrix, source, contexts, "matrix")
    if not isinstance(data, dict):
        return [{ANY: True}]
    include, exclude = data.pop("include", []), data.pop("exclude", [])
    choices = {
        name: values if isinstance(values, list) else [unknown(f"matrix.{name}")] for name, values in data.items()
    }
    count = 1
    for values in choices.values():
        count *= max(len(values), 1)
    if count > MOST_ROUNDS:
        return [{ANY: True}]
    made = [dict(zip(choices, values)) for values in product(*choices.values())] if choices else []
    if isinstance(exclude, list):
        made = [each for each in made if not any(_matches(each, rule) for rule in exclude)]
    if is_unknown(include) or not isinstance(include, list):
        return [{**each, ANY: True} for each in made or [{}]]
    return _included(made, frozenset(choices), include)[:MOST_ROUNDS]


def _included(made: list[Round], keys: frozenset[str], include: list[Data]) -> list[Round]:
    """Add what `include` says: to the rounds that it does not contradict, else as a round of its own."""
    more: list[Round] = []
    for entry in include:
        if not isinstance(entry, dict):
            continue
        own = {name: value for name, value in entry.items() if name in keys}
        fitting = [each for each in made if all(_same(each.get(name), value) for name, value in own.items())]
        for each in fitting:
            each.update({name: value for name, value in entry.items() if name not in keys})
        if not fitting:
            more.append(dict(entry))
    return [*made, *more] or [{}]


def _matches(each: Round, rule: Data) -> bool:
    return isinstance(rule, dict) and bool(rule) and all(_same(each.get(name), value) for name, value in rule.items())


def _same(one: Data, other: Data) -> bool:
    if isinstance(one, Value) and isinstance(other, Value):
        return one.known and other.known and one.text == other.text
    return bool(one == other)


def node_data(node: Node, source: Source, contexts: Mapping[str, Data], path: str = "") -> Data:
    """A YAML node as a result of expressions, with a reason for each text."""
    if isinstance(node, Sequence):
        return [node_data(item, source, contexts, path) for item in node.items]
    if isinstance(node, Node_Mapping):
        return {key.text: node_data(value, source, contexts, f"{path}.{key.text}") for key, value in entries(node)}
    data = scalar_data(node, contexts)
    if isinstance(data, Value) and data.known and path:
        name = path.removeprefix("matrix.").removeprefix("include.")
        line = source.position(node.start)[0]
        return data._replace(because=(*data.because, Reason("loop", f"{name}={data.text}", source.path, line, name)))
    return data


def scalar_data(node: Scalar, contexts: Mapping[str, Data]) -> Data:
    """A scalar as a result of expressions."""
    kind = node.kind
    if kind == "str":
        return expand_data(node.text, contexts)
    if kind == "null":
        return None
    if kind == "bool":
        return node.text.lower() == "true"
    try:
        return float(node.text)
    except ValueError:
        return Value(node.text)
