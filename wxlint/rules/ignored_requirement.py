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

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.documents.manifests.requirements_txt import RequirementLine, read_requirements
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.source import Source

SEVERITY = Severity.ERROR
SUMMARY = "a requirement behind an option on its line, which pip drops"
HINT = "put the requirement on a line of its own, without a backslash before it"

_PACKAGE = late(r"([A-Za-z0-9][\w.-]*)(?:\[[\w,. -]*\])?(?:\s*([=~!<>]=?=?)\s*\S+)?")


def check(repository: Repository) -> Iterator[Problem]:
    lists = [path for path in repository.sources.loaded if path.endswith((".txt", ".in"))]
    dropped = {path: found for path in lists if (found := list(_of_list(repository.sources.read(path))))}
    if dropped:
        of_pip, of_uv = (_read_by(repository, tool) for tool in ("pip", "uv"))
        for path, found in dropped.items():
            if path in of_pip and path not in of_uv:  # which takes some such words
                yield from found


def _read_by(repository: Repository, tool: str) -> set[str]:
    """The files that the installs of a tool read: where its requirements, constraints and indexes stand."""
    found = set()
    for image in repository.images:
        for install in image.installs:
            if install.tool == tool:
                sources = install.sources
                indexes = [one for one in (sources.index, *sources.extra, *sources.links) if one is not None]
                found |= {
                    one.span.path for one in (*install.requirements, *install.constraints) if one.span is not None
                }
                found |= {one.span.path for one in indexes if one.span is not None}
    return found


def _of_list(source: Source | None) -> Iterator[Problem]:
    if source is None or "-" not in source.text:
        return
    for line in read_requirements(source):
        words = _dropped(line)
        if words:
            text = f"pip drops {', '.join(words)} behind {line.options[0].name}: nothing of it is installed"
            yield Problem(source.span(line.start, line.end), text)


def _dropped(line: RequirementLine) -> list[str]:
    """The packages among the words of a line of options that pip does not look at; empty where some may be others."""
    if line.requirement is not None or not line.options:
        return []
    text, found, at = " ".join(line.left_over), [], 0
    sure = False
    while at < len(text):
        match = _PACKAGE.match(text, at)
        if match is None or text[match.end() : match.end() + 1] not in ("", " "):
            return []
        found.append(match[0])
        sure = sure or bool(match[2]) or match[1].lower() in FAMILY
        at = match.end() + 1
    return found if sure else []
