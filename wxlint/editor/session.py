"""What an editor's server knows: the buffers, the last run over them, and what stands at a place. No protocol."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from wxlint.core.errors import PolicyError, WxlintError
from wxlint.core.findings import Finding, Severity, Span
from wxlint.documents.source import Source
from wxlint.fixes.propose import with_fixes
from wxlint.images.graph.pictures.picture import builds_of, explained, facts_at
from wxlint.images.graph.repository import Repository
from wxlint.lint import run
from wxlint.lint.inputs import gather
from wxlint.policy.find import is_policy

_PLACE = re.compile(r"(?P<path>.*?):(?P<line>[0-9]+):(?P<column>[0-9]+): (?P<text>.*)", re.DOTALL)
_KEY = re.compile(r"(?P<indent> *)(?:- )?(?P<key>[A-Za-z0-9_.-]+):")
_MOST_LINES = 40


class PolicyLine(NamedTuple):
    path: str
    line: int


class PolicyKey(NamedTuple):
    """A key that a policy may have at a place."""

    text: str
    about: str


class EditorSession:
    """One folder that is open in an editor. Paths are relative to the working folder, as findings show them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._repository: Repository | None = None

    def check(self) -> dict[str, list[Finding]]:
        """The findings of every open file, by path; of a policy what is wrong with it."""
        found: dict[str, list[Finding]] = {path: [] for path in self.texts}
        policies = {path for path, text in self.texts.items() if path.endswith((".yaml", ".yml")) and is_policy(text)}
        for path in policies:
            found[path] += _policy_findings(path, self.texts[path])
        others = [path for path in self.texts if path not in policies and os.path.lexists(path)]
        if not others:
            return found
        sources = {path: Source(path, self.texts[path]) for path in others}
        try:
            gathered = gather(others, only=True, texts=sources)
        except PolicyError as error:
            for finding in _from_policy(error):
                found.setdefault(finding.span.path, []).append(finding)
            return found
        except WxlintError:
            return found  # an open file that is none of ours
        options = run.CheckOptions(None, frozenset(), gathered.scope, gathered.followed, jobs=1)
        report = run.check(gathered.repository, options)
        self._repository = gathered.repository
        for finding in with_fixes(report.findings, gathered.repository):
            found.setdefault(finding.span.path, []).append(finding)
        return found

    def source(self, path: str) -> Source | None:
        """The text of a file: its buffer, else as it was read."""
        if path in self.texts:
            return Source(path, self.texts[path])
        return self._repository.sources.read(path) if self._repository is not None else None

    def about(self, path: str, line: int) -> list[str]:
        """What is known of a line: the images that start there with their stacks, what it names, gives and installs."""
        repository = self._repository
        if repository is None:
            return []
        lines: list[str] = []
        for built in builds_of(repository, None):
            instruction = built.stage.instruction
            if built.evaluated.path == path and instruction.line <= line <= instruction.end_line:
                lines += explained(repository, built)
        for fact in facts_at(repository, path, line):
            lines.append(fact.text)
            lines += [f"  because {reason.shown(path)}" for reason in dict.fromkeys(fact.because)]
        return lines[:_MOST_LINES]

    def base_of(self, path: str, line: int) -> PolicyLine | None:
        """Where the image that a line names is built: the FROM of its stage."""
        repository = self._repository
        if repository is None:
            return None
        for use in repository.uses:
            if use.span.path != path or not use.span.line <= line <= use.span.end_line or use.reference is None:
                continue
            for evaluated, stage in repository.graph.producers(use.reference):
                return PolicyLine(evaluated.path, stage.instruction.line)
        for evaluated in repository.evaluated:
            for stage in evaluated.stages if evaluated.path == path else ():
                if stage.parents and stage.instruction.line == line:
                    return PolicyLine(path, evaluated.stages[stage.parents[0]].instruction.line)
        return None

    def words(self, path: str, line: int) -> list[PolicyKey]:
        """The keys that a policy may have on a line. line: from 1."""
        text = self.texts.get(path, "")
        return policy_words(text.split("\n"), line) if is_policy(text) else []


def _policy_findings(path: str, text: str) -> Iterable[Finding]:
    from pathlib import Path

    from wxlint.policy.load import load_policy

    try:
        load_policy(Source(path, text), Path(path))
    except PolicyError as error:
        return list(_from_policy(error))
    except WxlintError as error:
        return [Finding("policy", Severity.ERROR, Span(path, 1, 1, 1, 1), str(error))]
    return []


def _from_policy(error: PolicyError) -> Iterable[Finding]:
    for problem in error.problems:
        match = _PLACE.fullmatch(problem)
        if match is not None:
            line, column = int(match["line"]), int(match["column"])
            yield Finding("policy", Severity.ERROR, Span(match["path"], line, column, line, column + 1), match["text"])


def policy_words(lines: list[str], line: int) -> list[PolicyKey]:
    """The keys of the schema that fit below what a line is indented under."""
    import json

    from wxlint.policy.schema import schema_text

    schema = json.loads(schema_text())
    own = lines[line - 1] if line <= len(lines) else ""
    indent = len(own) - len(own.lstrip(" "))
    keys: list[str] = []
    for above in reversed(lines[: line - 1]):
        match = _KEY.match(above)
        if match is not None and len(match["indent"]) < indent:
            indent = len(match["indent"])
            keys.insert(0, match["key"])
    found: Mapping[str, Any] | None = schema
    for key in keys:
        found = _below(schema, found, key)
    listed = _resolved(schema, found).get("properties", {}) if found is not None else {}
    return [
        PolicyKey(name, str(about.get("description") or _resolved(schema, about).get("description", "")))
        for name, about in listed.items()
    ]


def _resolved(schema: Mapping[str, Any], node: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A node of a schema with what it refers to; of alternatives the one that is a mapping."""
    while node is not None and "$ref" in node:
        target = schema["$defs"][node["$ref"].rpartition("/")[2]]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    for option in (node or {}).get("anyOf", ()):
        resolved = _resolved(schema, option)
        if "properties" in resolved:
            return resolved
    return node or {}


def _below(schema: Mapping[str, Any], node: Mapping[str, Any] | None, key: str) -> Mapping[str, Any] | None:
    node = _resolved(schema, node)
    found = node.get("properties", {}).get(key, node.get("additionalProperties"))
    return found if isinstance(found, dict) else None
