"""CI builds an image on a base of the repository that CI never builds.

## Why

A script builds the base, a workflow builds and publishes what stands on it: the workflow takes whatever the registry
has under the base's name, which is as old as the last time that somebody ran the script. A change of the base's
Dockerfile reaches no published image. Nothing is said where a workflow or pipeline pulls the base, runs or names the
script that builds it, or builds images whose names are not known. 231 public trees had 1 such workflow, truly so.

## Bad

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```dockerfile app/Dockerfile
FROM example/base:1.0
```

```sh build-base.sh
docker build -t example/base:1.0 base
```

```yaml .github/workflows/publish.yml
on: push
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: app
          push: true
          tags: example/app:1.0
```

## Good

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```dockerfile app/Dockerfile
FROM example/base:1.0
```

```yaml .github/workflows/publish.yml
on: push
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: base
          push: true
          tags: example/base:1.0
      - uses: docker/build-push-action@v6
        with:
          context: app
          push: true
          tags: example/app:1.0
```
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import could_equal
from wxlint.images.graph.producers import same_name
from wxlint.images.graph.repository import Repository
from wxlint.rules import ARCHIVED, Problem

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.images.model.records import Evaluated
    from wxlint.images.model.reference import Reference

SEVERITY = Severity.WARNING
SUMMARY = "an image that CI builds on a base that CI never builds"
HINT = "build the base in the workflow, before what stands on it"
_CI = ("workflow", "gitlab")
_COMMANDS = {"make": "make", "compose": "compose", "bake": "bake", "just": "just", "taskfile": "task", "tox": "tox"}
"""How a file of a kind is called for in CI, where its own name is not."""


def check(repository: Repository) -> Iterator[Problem]:
    ci = {item.path for item in repository.documents.given if item.kind in _CI and item.path in repository.scripts}
    if not ci:
        return
    ci |= {path for path in repository.documents.automation if path.endswith((".yml", ".yaml"))}
    found: dict[tuple[str, str], _Stale] = {}
    for evaluated in repository.evaluated:
        base = evaluated.known_base()
        own = [
            b.span
            for b in repository.graph.evaluations.alike(evaluated.build)
            if b.span is not None and b.span.path in ci
        ]
        builders = _builders(repository, base) if base is not None and own else []
        if base is None or not builders or any(span.path in ci for span in builders):
            continue
        if not _known_to_ci(repository, ci, base, builders):
            for span in own:
                found.setdefault((span.path, base.shown()), _Stale(min(builders), [])).images.append((span, evaluated))
    for (_, name), stale in found.items():
        span, evaluated = min(stale.images, key=lambda image: image[0])
        others = len({image.path for _, image in stale.images}) - 1
        start = f"{evaluated.path} and {others} more start" if others else f"{evaluated.path} starts"
        yield Problem(
            span,
            f"{start} from {name}, which no workflow builds",
            (reason_at("build", f"{name} is built", stale.built),),
        )


class _Stale(NamedTuple):
    """A base that CI does not build. built: where it is. images: what CI builds on it, and where."""

    built: Span
    images: list[tuple[Span, Evaluated]]


def _builders(repository: Repository, base: Reference) -> list[Span]:
    """The places that build an image under this name and tag."""
    return [
        build.span
        for evaluated, _ in repository.graph.producers(base)
        for build in repository.graph.evaluations.alike(evaluated.build)
        if build.span is not None and ARCHIVED.search(build.span.path) is None
    ]


def _known_to_ci(repository: Repository, ci: set[str], base: Reference, builders: list[Span]) -> bool:
    """Whether CI may make or refresh the base in a way of its own: by the file that builds it, a pull, or a name that
    is not known."""
    kinds = {item.path: item.kind for item in repository.documents.inputs}
    names = {posixpath.basename(span.path) for span in builders}
    names |= {_COMMANDS[kind] for span in builders if (kind := kinds.get(span.path, "")) in _COMMANDS}
    for path in ci:
        source = repository.sources.read(path)
        if source is not None and any(name in source.text for name in names):
            return True
        script = repository.scripts.get(path)
        for use in script.uses if script is not None else ():
            if use.produces or use.kind == "docker pull":
                reference = use.reference
                if reference is None or could_equal(use.value, base.shown()) or same_name(reference, base):
                    return True
    return False
