"""A build gives an argument that the Dockerfile does not declare.

## Why

A build argument without an `ARG` does nothing: the builder prints a warning that scrolls by, and the default stays.
`BUILD_TYPE=gpu` then builds the CPU image under the name of the GPU one. Where the name is close to a declared one,
or the value names an accelerator, somebody meant it; other leftovers are information only. Arguments that commas
separate are one argument: the second one is never set. One list of arguments for many Dockerfiles (a matrix, a loop) is
right where any of them declares the argument.

## Bad

```dockerfile
FROM python:3.11-slim
ARG VARIANT=cpu
RUN echo "$VARIANT"
```

```yaml
services:
  api:
    image: example/api:1.0
    build:
      context: .
      args: {BUILD_TYPE: gpu}
```

## Good

```dockerfile
FROM python:3.11-slim
ARG VARIANT=cpu
RUN echo "$VARIANT"
```

```yaml
services:
  api:
    image: example/api:1.0
    build:
      context: .
      args: {VARIANT: gpu}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity, Span
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.suggest import did_you_mean
from wxlint.core.values import HOLE, Value
from wxlint.images.graph.repository import Repository
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem
from wxlint.rules._build_arguments import declared_arguments, is_predefined

if TYPE_CHECKING:
    from wxlint.documents.source import Source

SEVERITY = Severity.WARNING
SUMMARY = "a build argument that the Dockerfile does not declare"
HINT = "declare it with ARG, or take it out"

_CALLED = late(r"\$[({]call[ \t]+([\w.-]+)")
_BEHIND_COMMA = late(r",\s*([A-Za-z_]\w*)=")
_NEAR = 0.8
"""How much of two words is alike where one is a slip for the other: `python` and `pytorch` have 0.6."""


def check(repository: Repository) -> Iterator[Problem]:
    elsewhere = _given_to_others(repository)
    for path in repository.dockerfiles_in_scope:
        dockerfile = repository.dockerfiles[path]
        builds = [build for build in repository.graph.evaluations.builds.get(path, ()) if build.args and build.built_by]
        declared = declared_arguments(dockerfile) if builds else None
        if declared is None:
            continue
        for build in builds:
            for name, value in build.args:
                yield from _in_a_row(repository, name, value, declared)
                if name in declared or is_predefined(name):
                    continue
                if not _declared_by_another(repository, elsewhere.get(_place(value), set()) - {path}, name):
                    yield from _problem(repository, path, name, value, declared)


def _in_a_row(repository: Repository, name: str, value: Value, declared: set[str]) -> Iterator[Problem]:
    """Yield a declared argument that stands behind a comma: it has become a part of the one before it."""
    behind = next((other for other in _BEHIND_COMMA.findall(value.text) if other in declared), None)
    place = next((reason for reason in reversed(value.because) if reason.kind == "build-arg" and reason.line), None)
    span = _span(repository, place, behind) if behind is not None and place is not None else None
    if span is not None:
        text = f"{behind} is not set: a comma does not end the value of {name}, which takes in the rest of the line"
        yield Problem(span, text, hint="write one NAME=value on a line, or one --build-arg for each")


def _given_to_others(repository: Repository) -> dict[tuple[str, int], set[str]]:
    """Return the Dockerfiles that each place gives its argument to: a loop or a matrix has one list for many."""
    found: dict[tuple[str, int], set[str]] = {}
    for path, builds in repository.graph.evaluations.builds.items():
        for build in builds:
            for _, value in build.args:
                found.setdefault(_place(value), set()).add(path)
    return found


def _place(value: Value) -> tuple[str, int]:
    reason = next((reason for reason in reversed(value.because) if reason.kind == "build-arg"), None)
    return (reason.path, reason.line) if reason is not None else ("", 0)


def _declared_by_another(repository: Repository, paths: set[str], name: str) -> bool:
    found = (declared_arguments(repository.dockerfiles[path]) for path in paths)
    return any(declared is None or name in declared for declared in found)


def _problem(repository: Repository, path: str, name: str, value: Value, declared: set[str]) -> Iterator[Problem]:
    place = next((reason for reason in reversed(value.because) if reason.kind == "build-arg" and reason.line), None)
    span = _span(repository, place, name) if place is not None else None
    if span is None:
        return
    suggestion = did_you_mean(name, (other for other in declared if _is_close(name, other)), str)
    meant = bool(suggestion) or bool(declared and HOLE not in value.text and accelerator_words(value.text))
    listed = f" (it has {', '.join(sorted(declared)[:6])})" if declared and not suggestion else ""
    text = f"the build argument {name} does nothing: {path} declares no such ARG{listed}{suggestion}"
    yield Problem(span, text, severity=None if meant else Severity.INFO)


def _is_close(name: str, other: str) -> bool:
    """Tell whether one may be a slip for the other; CUDA_VERSION and JINA_VERSION only end alike."""
    words, others = name.lower().split("_"), other.lower().split("_")
    if is_predefined(other):
        return False
    if len(words) != len(others):
        return _is_slip(name.lower(), other.lower())
    return all(one == two or _is_slip(one, two) for one, two in zip(words, others))


def _is_slip(one: str, two: str) -> bool:
    """Tell whether two words differ by a letter or two, or one is the beginning of the other (VER, VERSION)."""
    from difflib import SequenceMatcher

    return one.startswith(two) or two.startswith(one) or SequenceMatcher(None, one, two).ratio() >= _NEAR


def _span(repository: Repository, place: Reason, name: str) -> Span | None:
    """Return where the argument's name stands in the line that gives it."""
    source = repository.sources.read(place.path)
    if source is None or not 1 <= place.line <= len(source.starts):
        return None
    start = source.starts[place.line - 1]
    line = source.text[start:].partition("\n")[0]
    written = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    found = written.search(line)
    if found is not None:
        return source.span(start + found.start(), start + found.end())
    return _in_template(source, line, written) or source.span(start, start + len(line))


def _in_template(source: Source, line: str, written: re.Pattern[str]) -> Span | None:
    """Return where the argument stands in the `define` of a Makefile that the line calls."""
    called = _CALLED.search(line)
    block = (
        re.search(rf"(?ms)^[ \t]*define[ \t]+{re.escape(called[1])}\b.*?^[ \t]*endef\b", source.text)
        if called
        else None
    )
    found = written.search(source.text, block.start(), block.end()) if block is not None else None
    return source.span(found.start(), found.end()) if found is not None else None
