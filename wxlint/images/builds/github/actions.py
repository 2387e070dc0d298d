"""What docker/build-push-action builds in GitHub workflows.

Inputs as in the README file of the action (version 6).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from wxlint.core.findings import Span
from wxlint.core.paths import normal
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.github.expressions import expand
from wxlint.documents.yaml import Scalar
from wxlint.images.builds.github.placed_text import Placed, parts_of
from wxlint.images.model.records import DEFAULT_PLATFORM, Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.github.results import Data
    from wxlint.documents.github.workflow import WorkflowStep
    from wxlint.documents.source import Source
    from wxlint.images.builds.github.workspace import JobWorkspace

Find = Callable[[list[str]], "str | None"]


class Inputs(NamedTuple):
    """What a step gives an action."""

    step: WorkflowStep
    source: Source
    contexts: Mapping[str, Data]

    def scalar(self, name: str) -> Scalar | None:
        """An input as it is written; None where it is not given."""
        found = self.step.given.get(name) if self.step.given is not None else None
        return found if isinstance(found, Scalar) and found.kind != "null" else None

    def value(self, name: str) -> Value | None:
        """An input; None where it is not given, or is known to be empty."""
        scalar = self.scalar(name)
        found = expand(scalar.text, self.contexts) if scalar is not None else None
        return None if found is None or found.text.strip() == "" else found._replace(text=found.text.strip())

    def listed(self, name: str, separators: str = "\n,") -> list[Placed]:
        """An input that is a list."""
        scalar = self.scalar(name)
        return parts_of(self.source, scalar, self.contexts, separators) if scalar is not None else []

    def span(self, name: str) -> Span:
        """Where an input stands, else the step's `uses`."""
        scalar = self.scalar(name) or self.step.uses
        assert scalar is not None
        return self.source.span(scalar.start, scalar.end)


def build_push(inputs: Inputs, label: str, find: Find, workspace: JobWorkspace) -> Build:
    """The build of docker/build-push-action."""
    local = workspace.local
    context = _context(inputs.value("context"))
    file = inputs.value("file")
    folder = local(context) if context is not None else None
    path = None
    if file is not None:
        path = local(_workspace(file)) if file.known else None
    elif folder is not None:
        path = posixpath.join(folder, "Dockerfile")
    tried = (normal(path),) if path is not None else ()
    dockerfile = find(list(tried))
    target = inputs.value("target")
    platforms = inputs.listed("platforms")
    contexts = [part.value.text.partition("=") for part in inputs.listed("build-contexts", "\n")]
    tags = inputs.listed("tags")
    return Build(
        dockerfile or "",
        (folder,) if folder is not None else (),
        target.text if target is not None and target.known else None,
        tuple(_arguments(inputs)),
        tuple(_tag(part, inputs.source) for part in tags if part.value.text != HOLE),
        (reason_at("build", label, inputs.span("")),),
        inputs.span("target"),
        _platform([part.value for part in platforms], workspace.platform),
        None,
        tuple((name, Value(text)) for name, _, text in contexts),
        wanted=() if dockerfile else tried,
        platforms=tuple(part.value.text for part in platforms if part.value.known),
        more=any(HOLE in part.value.text.partition("=")[0] for part in inputs.listed("build-args", "\n")),
        pushes=pushes(inputs),
        open_tags=any(part.value.text == HOLE for part in tags),
    )


def pushes(inputs: Inputs) -> bool:
    """Whether a build of docker's actions may push what it makes."""
    said, outputs = inputs.value("push"), inputs.value("outputs")
    if said is not None and said.text.lower() != "false":
        return True
    return outputs is not None and any(word in outputs.text for word in ("push=true", "type=registry", HOLE))


def _context(value: Value | None) -> str | None:
    """The folder of a build in the workspace; None where it is not known, or no folder."""
    if value is None:
        return "."
    if not value.known:
        return None
    text = _workspace(value).removeprefix("{{defaultContext}}").removeprefix(":")
    return None if "://" in text or text.startswith("/") or "{{" in text else text or "."


def _workspace(value: Value) -> str:
    return value.text.replace("\\", "/")


def _platform(values: list[Value], own: str) -> str:
    """The platform that stands for a list of them: the usual one where it is among them. own: that of the runner."""
    if not values:
        return own
    known = [value.text for value in values if value.known]
    return known[0] if len(known) == len(values) and known and DEFAULT_PLATFORM not in known else DEFAULT_PLATFORM


def _arguments(inputs: Inputs) -> list[tuple[str, Value]]:
    found: list[tuple[str, Value]] = []
    for part in inputs.listed("build-args", "\n"):
        name, equals, text = part.value.text.partition("=")
        name = name.strip()
        if not equals or HOLE in name:
            continue
        line = inputs.source.position(part.start)[0]
        shown = part.value.shown().partition("=")[2]
        reason = Reason("build-arg", f"build-args {name}={shown}", inputs.source.path, line, name)
        found.append((name, part.value._replace(text=text, because=(*part.value.because, reason))))
    return found


def _tag(part: Placed, source: Source) -> Use:
    return tag_use(part.value, source.span(part.start, part.end))


def tag_use(value: Value, span: Span) -> Use:
    """A tag that an action makes."""
    return Use("build tag", value, parse_reference(value), span, produces=True, because=value.because)
