"""A file that an image depends on, and that is not read to its end.

## Why

What a file that cannot be read says is not known, and "nothing found" would be taken for more than it is. A list that
pip, conda or uv refuses ends the build as well. Reported are requirements files, projects and environments with a
syntax error, lists that lead to more than 500 others, and whatever else a Dockerfile or compose file leads to that is
there and is no regular file, cannot be opened, is larger than 8 MiB, or is a link that leads out of the repository.
So are a RUN and a script that the shell refuses for their syntax, or that are nested deeper or take longer than is
followed, and a Dockerfile whose values together are larger than any real one's, or that is built in more ways than are
followed.
What is not there at all is not reported: a step before the build may make it. Where the file itself is not among those
that are checked, the finding stands at the install that reads it.

## Bad

```text environment.yml
dependencies: [python=3.11, pip
```

```dockerfile
FROM mambaorg/micromamba:1.5.8
COPY environment.yml .
RUN micromamba install -n base -f environment.yml
```

## Good

```text environment.yml
dependencies: [python=3.11, pip]
```

```dockerfile
FROM mambaorg/micromamba:1.5.8
COPY environment.yml .
RUN micromamba install -n base -f environment.yml
```
"""

import posixpath
from collections.abc import Iterator

from wxlint.core.findings import Severity, Span
from wxlint.core.reasons import reason_at
from wxlint.discovery.file_kinds import OTHER
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.model import Install, Unread, UnreadKind
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a file that an image depends on, and that is not read to its end"
HINT = "mend the file, or take it out of what the image is built from"

_REPORTED = (UnreadKind.INVALID, UnreadKind.NOT_WHOLE)


def check(repository: Repository) -> Iterator[Problem]:
    skipped: set[str] = set()
    readers: dict[str, Span | None] = {}
    for evaluated in repository.evaluated:
        if evaluated.skipped and evaluated.path not in skipped:
            skipped.add(evaluated.path)
            span = evaluated.build.span or Span(evaluated.path, 1, 1, 1, 1)
            yield Problem(
                span, f"{evaluated.path} is built in more ways than are followed: nothing is known from here on"
            )
        if evaluated.unknown_from is not None:
            yield Problem(
                evaluated.unknown_from, "the values of this file are too many; from here on they are not known"
            )
        for stage in evaluated.stages:
            for install in stage.installs:
                yield from _of_install(install)
                missing = (unread for unread in install.unread if unread.kind is UnreadKind.NOT_THERE)
                readers.update((posixpath.basename(unread.name.rstrip("/")), install.span) for unread in missing)
    yield from _of_named(repository)
    for path, reason in repository.sources.unread.items():
        reader = readers.get(posixpath.basename(path))
        yield Problem(Span(path, 1, 1, 1, 1), f"{reason}: what it says is not known", reader=reader)
    for folder in sorted(repository.sources.folders):
        reader = readers.get(posixpath.basename(folder))
        if reader is not None:
            yield Problem(reader, f"{folder} is a folder, not a file; what it installs is not known")


def _of_named(repository: Repository) -> Iterator[Problem]:
    """What is wrong with lists that are named themselves, which need not be installed by anything here."""
    named = [item.path for item in repository.documents.given if item.kind == OTHER]
    if named:
        from wxlint.images.graph.missing.named_lists import flaws_of

        for path, unread in flaws_of(named, repository.sources):
            if unread.kind in _REPORTED and unread.span is not None:
                yield Problem(unread.span, _message(unread), reader=Span(path, 1, 1, 1, 1))


def _of_install(install: Install) -> Iterator[Problem]:
    for unread in install.unread:
        span = unread.span or install.span
        if unread.kind in _REPORTED and span is not None:
            read = unread.span != install.span  # else it is the instruction itself
            because = (reason_at("install", "an install reads it", install.span),) if read else ()
            yield Problem(span, _message(unread), because, reader=install.span)


def _message(unread: Unread) -> str:
    detail = f": {unread.detail}" if unread.detail else ""
    return f"{unread.name} {unread.kind.value}{detail}; what it installs is not known"
