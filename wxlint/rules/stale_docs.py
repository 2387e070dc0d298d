"""A command of the documentation names a Dockerfile, compose file, service, stage or build argument that is not there.

## Why

The README is how others build the images. After a file was moved, or a stage renamed, nobody notices that its commands
fail: no workflow runs them. Commands in blocks of shell text in Markdown and reStructuredText are read
(`docker build`, `docker compose -f`), and their paths are tried from the document's folder, from all folders above, and
from those that a `cd` of the document leads to. So is a Dockerfile that a sentence names with its folder, where that
holds others. A file of the name in another folder may be meant, since a text can say in words where its commands are
typed. Left alone are documents that show a Dockerfile or compose file to be written, what stands behind a `cd` into
another repository, files that git ignores, that the document says how to make or that a program names (but to build
it), names for the reader to fill in (`<name>`, `path/to`), and change logs, plans and archives. A service is looked for
in the files that `docker compose` reads beside the document where no `-f` names others. A `docker build` that ends
before its context builds nothing either. Tags of `nvidia/cuda` in such
commands are a matter of [cuda-image-tag](cuda-image-tag.md).

## Bad

```dockerfile docker/Dockerfile.cuda
FROM python:3.11-slim
```

```md README.md
~~~bash
docker build -f docker/Dockerfile.gpu -t example/asr:1.0-cuda .
~~~
```

## Good

```dockerfile docker/Dockerfile.cuda
FROM python:3.11-slim
```

```md README.md
~~~bash
docker build -f docker/Dockerfile.cuda -t example/asr:1.0-cuda .
~~~
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.INFO
SUMMARY = "a command of the documentation that names a file, service, stage or argument which is not there"
HINT = "correct the command"


_VERBS = ("compose ", "build")


def check(repository: Repository) -> Iterator[Problem]:
    texts = None
    for path, script in repository.documented.items():
        if script.builds or script.uses or any(call.docker.verb.startswith(_VERBS) for call in script.calls):
            from wxlint.rules._documented import problems, texts_of

            texts = texts or texts_of(repository)
            yield from problems(repository, path, script, texts)
