"""A policy file becomes a Policy: YAML or TOML, then the schema, what it extends, and what no schema can say."""

from __future__ import annotations

from pathlib import Path

from wxlint.core.cache import NO_CACHE, Cache, Records
from wxlint.core.errors import PolicyError
from wxlint.documents import yaml as yaml_nodes
from wxlint.documents.source import Source
from wxlint.documents.yaml import Mapping, Node, Scalar
from wxlint.documents.yaml.nodes import find_key
from wxlint.policy.contradictions import Keys, contradictions
from wxlint.policy.from_data import policy_from
from wxlint.policy.model import Policy
from wxlint.policy.schema import check

TABLE = ("tool", "wxlint")
"""The table of a pyproject.toml that is a policy."""


def load_policy(source: Source, path: Path | None = None, cache: Cache = NO_CACHE) -> Policy:
    """Read a policy.

    Args:
        path: where the file lies when `source.path` is not that.
        cache: what earlier runs read.

    Raises PolicyError with every problem, sorted by place. What no schema can say is checked once each file is as the
    schema says, of all that the policy extends together.
    """
    path = Path(source.path) if path is None else path
    node = _document(source, cache)
    if find_key(node, ("extends",)) is not None:
        from wxlint.policy.layers import extended

        source, node = extended(source, node, path, lambda one: _document(one, cache))
    data = yaml_nodes.plain(node)
    policy = policy_from(data, source, node, path)
    problems = [(_offset(node, keys), message) for keys, message in contradictions(policy, data, path)]
    if problems:
        raise _error(source, problems)
    return policy


def _document(source: Source, cache: Cache) -> Node:
    """One file's tree, which is as the schema says. Raises PolicyError."""
    if source.path.endswith(".toml"):
        return _checked(source, _of_toml(source), cache)
    documents, bad_yaml, _ = yaml_nodes.parse(source, cache)
    problems = [(start, message) for start, _, message in bad_yaml]
    if not problems and len(documents) != 1:
        several = [(documents[1].start, "a second document in the file")] if documents else []
        problems = several or [(0, "an empty policy")]
    if problems:
        raise _error(source, problems)
    return _checked(source, documents[0], cache)


def _checked(source: Source, node: Node, cache: Cache) -> Node:
    problems = list(cache.recall(("policy", source.text), Records(), lambda: tuple(check(node))))
    if problems:
        raise _error(source, problems)
    return node


def _of_toml(source: Source) -> Mapping:
    """The table of a pyproject.toml; that it is a policy, its name says."""
    from wxlint.documents.toml import read_table
    from wxlint.documents.yaml import Entry

    table, problem = read_table(source, TABLE)
    if problem is not None:
        raise _error(source, [(problem.start, problem.message)])
    if table is None:
        raise _error(source, [(0, f"there is no table [{'.'.join(TABLE)}] in it, which is where a policy stands")])
    if table.entry("wxlint") is None:
        declared = Entry(Scalar("wxlint", table.start, table.end), Scalar("1", table.start, table.end))
        return table._replace(entries=(declared, *table.entries))
    return table


def _error(source: Source, problems: list[tuple[int, str]]) -> PolicyError:
    lines = []
    for offset, message in sorted(set(problems)):
        span = source.span(offset, offset)
        lines.append(f"{span.path}:{span.line}:{span.column}: {message}")
    return PolicyError(lines)


def _offset(node: Node, keys: Keys) -> int:
    """The place of the last key, as far as the keys go: its value when that is short, else the key."""
    for n in range(len(keys), 0, -1):
        found = find_key(node, keys[:n])
        if found is not None:
            start, _, value = found
            return value.start if isinstance(value, Scalar) else start
    return node.start
