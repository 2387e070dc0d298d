"""What a workflow, a job and a step are given: inputs, environments, and what commands write for later steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.documents.github.expressions import Data, expand, is_unknown, unknown
from wxlint.documents.github.workflow import Workflow, entries
from wxlint.documents.yaml import Mapping as Node_Mapping
from wxlint.documents.yaml import Scalar
from wxlint.images.builds.github_matrix import ANY, scalar_data

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.shell.model import Command

OUTPUT_FILES = {"GITHUB_ENV": "/github/env", "GITHUB_OUTPUT": "/github/output"}
"""Variables of every step that name files: values of later steps are written there."""


def inputs_of(workflow: Workflow, given: dict[str, Data]) -> dict[str, Data]:
    """What `inputs` is: what a caller gives, else the defaults.

    A default counts where nobody else starts the workflow: with another event, inputs are empty.
    """
    found: dict[str, Data] = {ANY: True}
    certain = not workflow.events or bool(given) or workflow.events <= {"workflow_dispatch", "workflow_call"}
    for name, default in workflow.inputs:
        if name in given:
            found[name] = given[name]
        elif default is None or not certain:
            found[name] = unknown(f"inputs.{name}")
        else:
            data = scalar_data(default, {})
            if isinstance(data, Value):
                line = workflow.source.position(default.start)[0]
                reason = Reason("default", f"the default of the input {name}", workflow.source.path, line, name)
                data = data._replace(because=(reason,))
            found[name] = data
    found.update({name: value for name, value in given.items() if name not in found})
    return found


def environment_of(node: Node_Mapping | None, source: Source, contexts: Mapping[str, Data]) -> dict[str, Data]:
    """The variables of a level, over those of the levels above it."""
    found: dict[str, Data] = dict(contexts["env"])
    for key, value in entries(node):
        if not isinstance(value, Scalar):
            continue
        data = expand(value.text, contexts)
        line = source.position(value.start)[0]
        if data.text != HOLE:
            reason = Reason("variable", f"{key.text}={data.shown()}", source.path, line, key.text)
            data = data._replace(because=(*data.because, reason))
        found[key.text] = data
    return found


def written_by(commands: Iterable[Command]) -> Iterator[tuple[str, Data]]:
    """What commands write for later steps: `echo "NAME=VALUE" >> "$GITHUB_OUTPUT"`, or lines of a `cat <<END`."""
    seen: dict[str, Data] = {}
    for command in commands:
        targets = {redirect.target.value.text for redirect in command.redirects if redirect.operator == ">>"}
        if targets.isdisjoint(OUTPUT_FILES.values()):
            continue
        for name, value in _written(command):
            name = f"env.{name}" if OUTPUT_FILES["GITHUB_ENV"] in targets else name
            seen[name] = left_open(value, name) if command.conditional or name in seen else value
    yield from seen.items()


def _written(command: Command) -> Iterator[tuple[str, Data]]:
    """The names that a command writes, with their values."""
    program = command.words[0].value.text
    parts = [word.value for word in command.words[1:] if word.value.text not in ("-n", "-e")]
    if program in ("echo", "printf") and parts:
        name, equals, text = parts[0].text.partition("=")
        if equals and HOLE not in name:
            value = parts[0]._replace(text=text)
            yield name, left_open(value, name) if len(parts) > 1 or program == "printf" else value
    elif program == "cat" and len(command.words) == 1:
        for redirect in command.redirects:
            if redirect.operator.startswith("<<") and redirect.target.value.known:
                yield from _lines(redirect.target.value.text)


def _lines(text: str) -> Iterator[tuple[str, Data]]:
    """`NAME=VALUE`, and `NAME<<END` with lines up to `END`."""
    lines = iter(text.split("\n"))
    for line in lines:
        name, mark, end = line.partition("<<")
        if mark and "=" not in name:
            yield name, Value("\n".join(iter(partial(next, lines, end), end)))
        elif "=" in line:
            name, _, value = line.partition("=")
            yield name, Value(value)


def left_open(value: Data, name: str) -> Data:
    """A value that may not have been set."""
    return value if is_unknown(value) else unknown(name)
