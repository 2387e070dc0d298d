"""One builder passes the registry of a Dockerfile's base as a build argument, another one forgets it.

## Why

`ARG REGISTRY=somebody` with `FROM ${REGISTRY}/base:cpu` lets a fork or a company build from its own bases. A script
that tags its image for another registry and leaves the argument out takes the base from the default one: another image,
or none. Only arguments that stand in front of a base which the repository builds itself count, and only where another
builder passes them.

## Bad

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```dockerfile app/Dockerfile
ARG REGISTRY=somebody
FROM ${REGISTRY}/base:cpu
```

```sh build.sh
docker build -t acme/base:cpu base
docker build --build-arg REGISTRY=acme -t acme/app:cpu app
```

```bat build.bat
docker build -t acme/app:cpu app
```

## Good

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```dockerfile app/Dockerfile
ARG REGISTRY=somebody
FROM ${REGISTRY}/base:cpu
```

```sh build.sh
docker build -t acme/base:cpu base
docker build --build-arg REGISTRY=acme -t acme/app:cpu app
```

```bat build.bat
docker build --build-arg REGISTRY=acme -t acme/app:cpu app
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.model.records import Evaluated, Use

SEVERITY = Severity.WARNING
SUMMARY = "a registry that one builder passes and another one forgets"
HINT = "pass the registry as a build argument here, too"

_IN_FRONT = late(r"""^["']?\$\{?(\w+)(?::?-[^}]*)?\}?/""")

_DECIDES = late(r"(?i)regist|user|owner|namespace|org|hub|prefix")
"""Names of variables that people set to push elsewhere."""


def check(repository: Repository) -> Iterator[Problem]:
    last_parts = {
        use.reference.path.rpartition("/")[2]
        for use in repository.uses
        if use.produces and use.reference is not None and use.reference.name_known
    }
    for path in repository.dockerfiles_in_scope:
        evaluated = repository.graph.evaluations.evaluated_at(path)
        if len(evaluated) < 2:
            continue
        for name, default in _registry_arguments(evaluated[0], last_parts).items():
            passing = next((e for e in evaluated if name in dict(e.build.args) and e.build.span is not None), None)
            if passing is not None:
                yield from _forgotten(repository, evaluated, name, default, passing)


def _registry_arguments(evaluated: Evaluated, built: set[str]) -> dict[str, str]:
    """Arguments in front of bases that the repository builds, with their defaults as written."""
    defaults: dict[str, str] = {}
    found: dict[str, str] = {}
    for instruction in evaluated.dockerfile.instructions:
        if instruction.keyword == "ARG":
            name, equals, text = instruction.args.partition("=")
            if equals:
                defaults[name.strip()] = text.strip().strip("\"'")
        elif instruction.keyword == "FROM":
            match = _IN_FRONT.match(instruction.args.split()[0] if instruction.args.split() else "")
            last = re.split(r"[:@\s]", instruction.args.rpartition("/")[2])[0]
            if match is not None and last in built and match[1] in defaults:
                found[match[1]] = defaults[match[1]]
    return found


def _forgotten(
    repository: Repository, evaluated: list[Evaluated], name: str, default: str, passing: Evaluated
) -> Iterator[Problem]:
    for build in (build for each in evaluated for build in repository.graph.evaluations.alike(each.build)):
        if build.span is None or build.more or name in dict(build.args):
            continue
        registries = {_registry(use) for use in build.tags}
        if registries and default.strip("/") not in registries:
            because = (reason_at("build-arg", f"{name} is passed", passing.build.span),)
            text = f"{build.dockerfile} takes its base from {name}={default} here: the argument {name} is not passed"
            yield Problem(build.span, text, because, image=build.dockerfile)


def _registry(use: Use) -> str:
    """What stands in front of the last part of an image's name; where a variable decides it, the variable."""
    written = use.value.written().rpartition("/")[0]
    assumed = next((r.name for r in use.because if r.kind in ("assumed", "default") and _DECIDES.search(r.name)), "")
    return f"${{{assumed}}}" if assumed and HOLE not in written else written
