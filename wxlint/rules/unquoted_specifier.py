"""A version bound is not quoted, so that the shell takes it for a redirection.

## Why

`pip install pydantic>=2.0` installs any pydantic and writes pip's output to a file called `=2.0`: the bound is lost,
and so is the message that would say so. `numpy<2` reads from a file `2` and fails when there is none.

## Bad

```dockerfile
FROM python:3.11-slim
RUN pip install pydantic>=2.0.0
```

## Good

```dockerfile
FROM python:3.11-slim
RUN pip install "pydantic>=2.0.0"
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "an unquoted version bound, which the shell takes for a redirection"
HINT = "put the requirement in quotes"


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        for stage in evaluated.stages:
            for install in stage.installs:
                for written, span in install.redirected:
                    yield Problem(
                        span,
                        f"the shell reads {written} as a redirection, and the bound is lost",
                        (),
                        f'write "{written}"',
                    )
