"""An image reference has neither tag nor digest.

## Why

Docker reads `python` as `python:latest`: the same trap as `latest-tag`, and harder to see. A name of an earlier stage
is no image and is left alone, as is `scratch`. As long as there is no policy its severity is that of `latest-tag`: a
warning, or information about what the repository calls its own images.

## Bad

```dockerfile
FROM python
```

```yaml docker-compose.yml
services:
  cache:
    image: redis
```

## Good

```dockerfile
FROM python:3.11-slim AS build
FROM build
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.rules import Problem
from wxlint.rules.latest_tag import without_policy

SEVERITY = Severity.ERROR
SUMMARY = "an image reference without a tag, which means :latest"
HINT = "add the tag or digest that is meant"
WEIGHT = 2
ABOUT_REFERENCES = True


def check(repository: Repository) -> Iterator[Problem]:
    for use in repository.uses:
        if use.reference is None or not use.reference.untagged:
            continue
        if repository.is_listed(use) or _may_be_latest(repository, use):
            continue
        verb = "makes" if use.produces else "names"
        shown = use.reference.shown()
        text = f"{use.kind} {verb} {shown} without a tag, which means :latest"
        yield Problem(use.span, text, use.because, image=shown, severity=without_policy(repository, use))


def _may_be_latest(repository: Repository, use: Use) -> bool:
    """Whether the policy allows :latest for the family's own images, but not for foreign ones."""
    policy = repository.policy
    if policy is None or policy.forbidden_tags == policy.foreign_tags or not repository.is_own(use):
        return False
    return "latest" not in repository.forbidden_tags(use)
