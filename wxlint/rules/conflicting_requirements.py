"""One command asks for two releases of a package, and no release is both.

## Why

pip and uv install all of a command's requirements together, or nothing: where `PyYAML==6.0.1` and `PyYAML==6.0.2`, or
`requests>=2.31` and `requests<2.27`, stand in the lists of one command, they refuse it, and the build ends there. It
happens where lists are put together, a freeze is added to what was written by hand, or a constraint has grown old. So
do what a pinned package needs and what is asked for beside it: `transformers==4.57.3` needs `huggingface-hub<1.0`. That
is known of the releases in a table, and compared where `--no-deps` and uv's overrides leave it. A pip before 20.3, as
Ubuntu 20.04 has it, installs them all the same and only warns: there, and where the pip is not known, it is a warning.

## Bad

```text
flask
torch==2.3.1
PyYAML==6.0.1
torch==2.4.0
```

```dockerfile
FROM python:3.11-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
```

```dockerfile
FROM python:3.11-slim
RUN pip install transformers==4.57.3 huggingface-hub==1.2.3
```

## Good

```text
flask
torch==2.4.0
PyYAML==6.0.1
```

```dockerfile
FROM python:3.11-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
```

```dockerfile
FROM python:3.11-slim
RUN pip install transformers==4.57.3 huggingface-hub==0.36.0
```
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.rules import Problem
from wxlint.rules._meeting import have_none_in_common

SEVERITY = Severity.ERROR
SUMMARY = "two requirements of one command that no release fits"
HINT = "keep one of the two requirements"
_TOOLS = ("pip", "uv")
_MANY = 20
"""Requirements of one package beyond which they are not compared, each with all others."""


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        for install in image.installs:
            if install.tool in _TOOLS and install.must_succeed and not install.removes:
                yield from _of_install(image, install)


def _of_install(image: Image, install: Install) -> Iterator[Problem]:
    said = _said(install)
    asked = {requirement.span for requirement in install.requirements}
    found: set[str] = set()
    for name, alike in said.items():
        pairs = combinations(alike[:_MANY], 2) if len(alike) > 1 else ()
        pair = next((pair for pair in pairs if pair[0].span in asked and have_none_in_common(*pair)), None)
        first, second = pair or (None, None)
        if first is None or second is None or (span := second.span) is None:
            continue
        found.add(name)
        because = (reason_at("install", first.written, first.span), *install.reasons)
        yield Problem(span, f"no release is both {first.written} and {second.written}", because)
    if _resolves(install) and len(said) > 1 and any(one.pin for alike in said.values() for one in alike):
        from wxlint.rules._needs_of_pinned import problems  # reads a table

        yield from problems(image, install, said, found)


def _said(install: Install) -> dict[str, list[Requirement]]:
    """What a command asks for and limits, by name: each text once, the requirements before the constraints."""
    overridden = {one.name for one in install.overrides}
    by_name: dict[str, dict[str, Requirement]] = {}
    for requirement in chain(install.requirements, install.constraints):
        if _names_releases(requirement) and requirement.name not in overridden:
            by_name.setdefault(requirement.name, {}).setdefault(requirement.specifier, requirement)
    return {name: list(alike.values()) for name, alike in by_name.items()}


def _resolves(install: Install) -> bool:
    """Whether a command looks at what packages need, on a machine of which that is known."""
    by_list = install.no_deps or install.exact or install.locked or install.open
    return not by_list and install.environment.machine != "aarch64"


def _names_releases(requirement: Requirement) -> bool:
    """Whether a requirement asks for releases that are known, whatever the machine."""
    plain = requirement.kind == "name" and not requirement.maybe and not requirement.group
    return plain and bool(requirement.specifier) and HOLE not in f"{requirement.specifier}{requirement.written}"
