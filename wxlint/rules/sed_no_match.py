"""A script edits a Dockerfile by a pattern that matches nothing in it.

## Why

`sed 's/FROM example\\/base:cuda/FROM example\\/base:cpu/' Dockerfile | docker build -f - .` makes a CPU fallback as
long as the Dockerfile says exactly that. When it says `FROM ${REGISTRY}/base:cuda`, sed changes nothing, says
nothing, and the `:cpu` image is built from CUDA. Of several patterns about FROM one has to match, else of all
patterns one. 231 public trees had 2 such places, both true.

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

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a sed over a Dockerfile that changes nothing"
HINT = "pass a build argument instead of editing the Dockerfile, or correct the pattern"


def check(repository: Repository) -> Iterator[Problem]:
    for script in repository.scripts.values():
        for edit in script.edits:
            dockerfile = repository.sources.read(edit.dockerfile)
            known = [each for each in edit.substitutions if each is not None]
            if dockerfile is None or not known or len(known) < len(edit.substitutions):
                continue
            about = [each for each in known if "FROM" in each.old]
            lines = dockerfile.text.split("\n")
            if any(each.matches(line) for each in about or known for line in lines):
                continue
            text = f"{edit.tool} changes nothing of {edit.dockerfile}: no line of it matches"
            if about:
                text = f"{edit.tool} leaves every FROM of {edit.dockerfile} as it is: no pattern matches one"
            yield Problem(edit.span, text, edit.because, image=edit.dockerfile)
