"""What a workflow, a job and a step are given: inputs and environments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.documents.github.expressions import expand
from wxlint.documents.github.results import Data, is_unknown, unknown
from wxlint.documents.github.workflow import Workflow, entries
from wxlint.documents.yaml import Mapping as Node_Mapping
from wxlint.documents.yaml import Scalar
from wxlint.images.builds.github.matrix import ANY, scalar_data

if TYPE_CHECKING:
    from wxlint.documents.source import Source


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


def left_open(value: Data, name: str) -> Data:
    """A value that may not have been set."""
    return value if is_unknown(value) else unknown(name)
