"""A package behind an option on one line of a requirements file, where pip does not look at it.

## Why

A line of a requirements file is a requirement or it is options. Of a line that begins with an option pip takes the
options and drops every other word without a message, so that `--extra-index-url URL torch==2.1.2` asks for no torch. A
backslash at the end of the line with the index does the same: it joins the next line to it, as in a shell. Something
else then brings torch along, of another release and another build.

## Bad

```text
--extra-index-url https://download.pytorch.org/whl/cpu \\
torch==2.1.2
flask
```

```dockerfile
FROM python:3.11-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
```

## Good

```text
--extra-index-url https://download.pytorch.org/whl/cpu
torch==2.1.2+cpu
flask
```

```dockerfile
FROM python:3.11-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.documents.manifests.requirements_txt import RequirementLine, read_requirements
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a requirement behind an option on its line, which pip drops"
HINT = "put the requirement on a line of its own, without a backslash before it"

_MAY_BE = late(r"(?m)^[ \t]*-[^\n]*(?:\\\n|[ \t](?:torch|[A-Za-z0-9][\w.-]*(?:\[[^\]\n]*\])?[ \t]*(?:[=~!]=|[<>])))")
_PACKAGE = late(r"([A-Za-z0-9][\w.-]*)(?:\[[\w,. -]*\])?(?:\s*([=~!<>]=?=?)\s*\S+)?")


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.sources.loaded:
        source = repository.sources.read(path) if path.endswith((".txt", ".in")) else None
        if source is None or not _MAY_BE.search(source.text):
            continue
        for line in read_requirements(source):
            dropped = _dropped(line)
            if dropped:
                text = f"pip drops {', '.join(dropped)} behind {line.options[0].name}: nothing of it is installed"
                yield Problem(source.span(line.start, line.end), text)


def _dropped(line: RequirementLine) -> list[str]:
    """The packages among the words of a line of options that pip does not look at; empty where some may be others."""
    if line.requirement is not None or not line.options:
        return []
    text, found, at = " ".join(line.left_over), [], 0
    sure = False
    while at < len(text):
        match = _PACKAGE.match(text, at)
        if match is None:
            return []
        found.append(match[0])
        sure = sure or bool(match[2]) or match[1].lower() in FAMILY
        at = match.end() + 1
    return found if sure else []
