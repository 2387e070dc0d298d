"""An image that a script builds, and that nothing of the repository uses or publishes.

## Why

Information only: it may be for people, or for a repository that nobody sees from here. Where a compose file, a manifest
or another script runs images of this family, one that none of them names is often left over from an earlier design, and
costs minutes in every build. Images that are pushed, saved or built by CI are left alone.

## Bad

```dockerfile
FROM python:3.11-slim
```

```dockerfile old/Dockerfile
FROM python:3.11-slim
```

```sh
docker build -t example/asr:1.0-cpu .
docker build -t example/old:1.0-cpu old
docker run example/asr:1.0-cpu
```

## Good

```dockerfile
FROM python:3.11-slim
```

```sh
docker build -t example/asr:1.0-cpu .
docker run example/asr:1.0-cpu
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.model.records import Use

SEVERITY = Severity.INFO
SUMMARY = "an image that a script builds and nothing uses"
HINT = "take the build out, or say who uses the image"


def check(repository: Repository) -> Iterator[Problem]:
    kinds = {item.path: item.kind for item in repository.documents.given}
    texts = [s.text for s in repository.sources.loaded.values() if s.path in repository.scripts]
    if any(word in text for text in texts for word in (" save ", "--push", "push:", "--load", " push ")):
        return  # what is published may be any of them
    users = [use for use in repository.uses if not use.produces or use.kind == "compose image"]
    used = {_last(use) for use in users}
    run = {_last(use) for use in users if use.kind != "FROM"}
    made = [use for use in repository.uses if use.produces and kinds.get(use.span.path) in ("shell", "batch")]
    if not any(_last(use) in run for use in made):
        return  # nothing here runs images of the family
    for use in made:
        reference = use.reference
        if reference is not None and reference.name_known and use.kind == "docker build -t" and _last(use) not in used:
            shown = reference.shown()
            yield Problem(use.span, f"nothing here uses {shown}", use.because, image=shown)


def _last(use: Use) -> str:
    """What names that can mean one repository have in common."""
    return use.reference.path.rpartition("/")[2] if use.reference is not None else ""
