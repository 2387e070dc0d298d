"""A script edits a Dockerfile by a pattern that matches nothing in it.

## Why

`sed 's/FROM example\\/base:cuda/FROM example\\/base:cpu/' Dockerfile | docker build -f - .` makes a CPU fallback as
long as the Dockerfile says exactly that. When it says `FROM ${REGISTRY}/base:cuda`, sed changes nothing, says
nothing, and the `:cpu` image is built from CUDA. Of several patterns about FROM one has to match, else of all
patterns one.

## Bad

```dockerfile
ARG REGISTRY=example
FROM ${REGISTRY}/base:cuda
```

```sh build.sh
sed 's/FROM example\\/base:cuda/FROM example\\/base:cpu/' Dockerfile | docker build -t example/asr:cpu -f - .
```

## Good

```dockerfile
ARG VARIANT=cuda
FROM example/base:${VARIANT}
```

```sh build.sh
docker build -t example/asr:cpu --build-arg VARIANT=cpu .
```
"""

import re
from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a sed over a Dockerfile that changes nothing"
HINT = "pass a build argument instead of editing the Dockerfile, or correct the pattern"

_SUBSTITUTE = re.compile(r"s(?P<mark>[^\\\w\s])(?P<old>(?:\\.|(?!(?P=mark)).)*)(?P=mark)", re.DOTALL)
_PLAIN = re.compile(r"[\w\s/:.=@$^{}\"'*,<>-]*")
"""Characters that mean the same in sed's patterns and in ours, once braces are quoted."""


def check(repository: Repository) -> Iterator[Problem]:
    for script in repository.scripts.values():
        for edit in script.edits:
            dockerfile = repository.sources.read(edit.dockerfile)
            patterns = [_pattern(expression) for expression in edit.expressions]
            if dockerfile is None or not patterns:
                continue
            if any(pattern is None for pattern in patterns):
                continue
            about = [pattern for pattern in patterns if pattern is not None and "FROM" in pattern.pattern]
            tried = about or [pattern for pattern in patterns if pattern is not None]
            lines = dockerfile.text.split("\n")
            if any(pattern.search(line) for pattern in tried for line in lines):
                continue
            what = "FROM" if about else "its patterns"
            text = f"sed changes nothing of {edit.dockerfile}: no line of it matches {what!r}"
            if about:
                text = f"sed leaves every FROM of {edit.dockerfile} as it is: no pattern matches one"
            yield Problem(edit.span, text, edit.because, image=edit.dockerfile)


def _pattern(expression: str) -> "re.Pattern[str] | None":
    """The pattern of a substitution; None for another command, and for what patterns of sed and ours do not share."""
    found = _SUBSTITUTE.match(expression.strip())
    if found is None:
        return None
    old = found["old"].replace("\\" + found["mark"], found["mark"]).replace("\\.", "[.]").replace("\\-", "-")
    if not _PLAIN.fullmatch(old.replace("[.]", "")):
        return None
    start, end = "^" if old.startswith("^") else "", "$" if old.endswith("$") else ""
    body = old[len(start) : len(old) - len(end)]
    for char in "${}^":
        body = body.replace(char, "\\" + char)
    try:
        return re.compile(f"{start}{body}{end}")
    except re.error:
        return None
