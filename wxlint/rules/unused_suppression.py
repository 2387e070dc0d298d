"""A suppression that names no rule, gives no reason, or suppresses nothing.

## Why

A suppression is a promise that somebody looked. One without a reason cannot be judged, one with a misspelt rule never
worked, and one that hits nothing hides the next real finding. It is written `# wxlint: ignore[rule] reason` above an
instruction, a YAML key or a command (or behind it, where the format has trailing comments), or `# wxlint:
ignore-file[rule] reason` anywhere in a file.

## Bad

```dockerfile
# wxlint: ignore[latest-tag] upstream publishes nothing else
FROM python:3.11-slim
```

```dockerfile
# wxlint: ignore[latest-tga] upstream publishes nothing else
FROM python:latest
```

## Good

```dockerfile
# wxlint: ignore[latest-tag] upstream publishes nothing else
FROM example/tool:latest
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a suppression that is wrong or suppresses nothing"
HINT = "write `wxlint: ignore[rule] reason` above what it is about, or take it out"


def check(repository: Repository) -> Iterator[Problem]:
    """The engine says what is unused: only it knows what was found."""
    return iter(())
