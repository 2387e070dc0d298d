"""A file that its own tool would refuse.

## Why

A file that cannot be read cannot be checked, and "nothing found" would be a lie. Dockerfiles are split as BuildKit
splits them; compose files must be YAML without duplicate keys, with services of the shapes that docker compose
accepts, and with every volume, network, secret and config that services name declared at the top. The rest of a
Dockerfile is still checked, and of a compose file that is YAML; in a file that is no YAML nothing else is looked at
until it is mended. GitHub workflows, GitLab pipelines, Kubernetes manifests, values of Helm
charts, devcontainer.json and bake files that have to do with images must be YAML, JSON (with comments in the one) or
HCL; in Makefiles and justfiles reported is what make and just refuse of a line by itself: conditions, definitions and
references that do not end, lines that are nothing, the indentation of recipes; in PowerShell scripts, strings,
comments and brackets that do not end. What a script gives an engine for a reference, written out, and is none (`docker
pull acme/App`), is a warning.

A compose file that another tool fills in first (`template` in its name, `{{`, `{%` or `#!for` in its text) is not
held to syntax, and a service is not missed when another compose file of the repository defines it: scripts merge such
files.

## Bad

```dockerfile
FROM python:3.11-slim
RUNN pip install torch
```

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:cpu
    image: example/asr:cuda
```

## Good

```dockerfile
FROM python:3.11-slim
RUN pip install flask
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.documents.dockerfile.validation import syntax_problems
from wxlint.images.builds.model import Script
from wxlint.images.graph.repository import Repository
from wxlint.images.model.reference import is_image_id
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a file that its own tool would refuse"
HINT = "correct the syntax"
_WRITTEN = late(r"[\w.-]*[a-z/][\w./:@-]*")
"""A text that is meant as it stands: IMAGE and <image> stand for others."""


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.dockerfiles_in_scope:
        dockerfile = repository.dockerfiles[path]
        for start, end, message in syntax_problems(dockerfile):
            yield Problem(dockerfile.source.span(start, end), message)
    for evaluated in repository.evaluated:
        for use in evaluated.uses:
            if use.reference is not None or not use.value.known or use.kind == "syntax":
                continue
            if not is_image_id(use.value.text, short=True):
                yield Problem(use.span, f"{use.value.text or 'an empty text'} is no image reference", use.because)
    for script in repository.scripts.values():
        yield from _refused(repository, script)
    for source, wrong in repository.documents.syntax_problems():
        yield Problem(source.span(wrong.start, wrong.end), wrong.message)
    if repository.compose is not None:
        for problem in repository.compose.problems():
            yield Problem(problem.span, problem.message)


def _refused(repository: Repository, script: Script) -> Iterator[Problem]:
    """Yield what commands of an engine are given for a reference and is none, where it is written out."""
    for use in script.uses:
        text = use.value.text
        if use.reference is not None or not use.kind.startswith("docker ") or not _WRITTEN.fullmatch(text):
            continue
        if is_image_id(text) and not use.produces:
            continue
        source = repository.sources.read(use.span.path)
        line = source.line_text(use.span.line) if source is not None else ""
        if line[use.span.column - 1 : use.span.end_column - 1].strip("\"'") == text:  # no variable that may be empty
            message = f"{text} is no image reference: the engine refuses it"
            yield Problem(use.span, message, use.because, severity=Severity.WARNING)
