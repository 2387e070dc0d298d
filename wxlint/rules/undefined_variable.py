"""A Makefile names a variable that nothing defines, and defines one with nearly the same name.

## Why

make takes a misspelt variable for an empty one, and says nothing: the image is built under the name without its
suffix, or without its build argument. Variables that people give (`make image TAG=1.0`) are left alone: only a name
that is close to one that the file defines is a finding, and only where nothing of the repository sets it.

## Bad

```dockerfile
FROM python:3.11-slim
```

```make Makefile
GPU_SUFFIX := -cuda
image: ; docker build -t example/asr:1.0$(GPU_SUFFIXS) .
```

## Good

```dockerfile
FROM python:3.11-slim
```

```make Makefile
GPU_SUFFIX := -cuda
image: ; docker build -t example/asr:1.0$(GPU_SUFFIX) .
```
"""

import re
from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.builds.model import Undefined
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a variable of a Makefile that is a misspelt one"
HINT = "write the variable as it is defined"

_SHORTEST = 6
"""Characters of a name: TAG is close to TAGS."""


def check(repository: Repository) -> Iterator[Problem]:
    for script in repository.scripts.values():
        for undefined in script.undefined:
            meant = _meant(undefined)
            if meant is not None and not _is_set_elsewhere(repository, undefined.name):
                yield Problem(undefined.span, f"nothing defines {undefined.name}; did you mean {meant}?")


def _meant(undefined: Undefined) -> str | None:
    """The defined name that a name misspells: one letter more, less or other, or two that change places."""
    if len(undefined.name) < _SHORTEST:
        return None
    found = [other for other in undefined.others if _is_slip(undefined.name, other)]
    return found[0] if len(found) == 1 else None


def _is_slip(one: str, other: str) -> bool:
    """Whether two names differ in one slip of the finger; digits tell versions apart, and are none."""
    start = next((n for n, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    head, tail = one[start:], other[start:]
    if re.search(r"\d", head[:2] + tail[:2]) or one == other:
        return False
    swapped = head[:2] == tail[:2][::-1] and head[2:] == tail[2:]
    return swapped or head[1:] == tail or head == tail[1:] or (len(head) > 0 and head[1:] == tail[1:])


def _is_set_elsewhere(repository: Repository, name: str) -> bool:
    """Whether any file that was read sets the variable."""
    given = re.compile(rf"\b{re.escape(name)}[ \t]*(?:[:?+]?=|:[ \t])")
    return any(given.search(source.text) for source in repository.sources.loaded.values())
