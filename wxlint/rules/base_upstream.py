"""A base image comes from somewhere the policy does not allow.

## Why

Everything in a family stands on its bases. The policy lists the upstream images each may be built from, so that a
change of Python or CUDA version is a decision in one place and not a slip in one Dockerfile.

`python:3.11-slim` allows that tag with any digest behind it, `python:3.11-slim@sha256:*` asks for one; a digest without
a tag fits neither, since it does not say what it is.

## Bad

```yaml wxlint.yaml
wxlint: 1
name: example
registry: example
image: "{registry}/{stage}"
variants:
  cpu:
    tag: cpu
    base: {stage: base, dockerfile: Dockerfile}
    upstream: ["python:3.11-slim*"]
    stages: []
```

```dockerfile
FROM python:3.8-slim
```

## Good

```yaml wxlint.yaml
wxlint: 1
name: example
registry: example
image: "{registry}/{stage}"
variants:
  cpu:
    tag: cpu
    base: {stage: base, dockerfile: Dockerfile}
    upstream: ["python:3.11-slim*"]
    stages: []
```

```dockerfile
FROM python:3.11-slim
```
"""

import fnmatch
from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.values import HOLE
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a base that does not come from an upstream the policy allows"
HINT = "build it FROM an allowed upstream, or add the new one to the policy"
ABOUT_REFERENCES = True


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        expectation = image.expectation
        root = image.base.root
        if expectation is None or not expectation.upstream or root is None or not root.value.text.strip(HOLE):
            continue
        if _stands_on_another(repository, image):
            continue  # that one is the root, and judged itself
        names = {root.value.text}
        if root.reference is not None:
            tag = f":{root.reference.tag}" if root.reference.tag else ""
            names.add(root.reference.name + tag)
        if not root.value.known or any(
            fnmatch.fnmatchcase(name, pattern) for name in names for pattern in expectation.upstream
        ):
            continue
        yield Problem(
            root.span,
            f"{image.label} comes from {root.value.shown()}; allowed upstream: {', '.join(expectation.upstream)}",
            (*root.because, *image.why),
        )


def _stands_on_another(repository: Repository, image: Image) -> bool:
    """Whether an image is made from another one of the family that the policy lists."""
    own = image.expectation
    for use in image.base.lineage:
        member = repository.family.member(use.reference) if use.reference is not None else None
        if member is not None and member.known and own is not None and member.stage is not None:
            found = repository.expected(member.stage, member.variant or "")
            if found is not None and found.image != own.image:
                return True
    return False
