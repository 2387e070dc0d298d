"""A script builds one variant of an image and pushes, or tags, another one.

## Why

`docker push` of a tag that the script did not build publishes whatever the machine had under it: an image of an earlier
day, or one of the other variant. `docker tag app:cpu app:cuda` gives an image a name that it does not keep. Only what a
script builds or tags itself is compared, and only where words of the tags say that they are of different accelerators;
where the tag of what is tagged says nothing, what its build proves counts.
It is a warning: another script may have built what is pushed, and 231 public trees had none to judge it by.

## Bad

```dockerfile
FROM python:3.11-slim
```

```sh
docker build -t example/asr:1.0-cpu .
docker push example/asr:1.0-cuda
```

## Good

```dockerfile
FROM python:3.11-slim
```

```sh
docker build -t example/asr:1.0-cpu .
docker push example/asr:1.0-cpu
```
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.reasons import Reason, reason_at
from wxlint.images.graph.image import proven_by_all
from wxlint.images.graph.names.hints import said_by_tag
from wxlint.images.graph.repository import Repository
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.builds.model import Script
    from wxlint.images.model.records import Use

SEVERITY = Severity.WARNING
SUMMARY = "a push or a tag of another variant than the one that was built"
HINT = "push the tag that was built"


def check(repository: Repository) -> Iterator[Problem]:
    for script in repository.scripts.values():
        yield from _pushed(script)
        yield from _tagged(repository, script)


def _pushed(script: Script) -> Iterator[Problem]:
    pushes = [use for use in script.uses if use.kind == "docker push"]
    made = [use for use in script.uses if use.produces or use.kind == "docker pull"] if pushes else []
    if any(_is_open(use) for use in made) or any(build.more for build in script.builds):
        return  # the one that is pushed may be among them
    for use in pushes:
        own = [other for other in made if _name(other) == _name(use)]
        words = _words(use)
        if not own or not words or use.value.text in {other.value.text for other in own}:
            continue
        contrary = next((other for other in own if _differ(words, _words(other))), None)
        if contrary is not None and not any(_words(other) == words for other in own):
            text = f"pushes {use.value.shown()}, and builds {contrary.value.shown()}"
            yield Problem(use.span, text, (reason_at("build", f"{contrary.kind}", contrary.span),))


def _tagged(repository: Repository, script: Script) -> Iterator[Problem]:
    tags = [use for use in script.uses if use.kind in ("docker tag", "image copy")]
    for before, after in pairwise(tags):
        if before.produces or not after.produces or before.span.line != after.span.line:
            continue
        wanted = _said(after)
        tag = _tag(after) or after.value.shown()
        if _differ(_said(before), wanted):
            yield Problem(after.span, f"gives {before.value.shown()} the tag {tag}", after.because)
        elif wanted and not _said(before):
            holds, why = _proven(repository, before)
            if holds is not None and _differ({holds}, wanted):
                text = f"gives {before.value.shown()}, a {holds} image, the tag {tag}"
                yield Problem(after.span, text, (*why, *after.because))


def _proven(repository: Repository, use: Use) -> tuple[str | None, tuple[Reason, ...]]:
    """What an image computes on by what is inside, and why, where all builds of it prove the same."""
    made = repository.graph.producers(use.reference) if use.reference is not None else []
    return proven_by_all(repository.beliefs.state(*producer) for producer in made)


def _name(use: Use) -> str:
    return use.reference.name if use.reference is not None else ""


def _tag(use: Use) -> str:
    reference = use.reference
    return reference.tag or "" if reference is not None and reference.tag_known else ""


def _is_open(use: Use) -> bool:
    """Whether a tag may say anything: it is not known, and the part that is says no accelerator."""
    return use.reference is None or (not use.reference.tag_known and not _said(use))


def _words(use: Use) -> frozenset[str]:
    """The accelerators that a tag says; of one that is partly known, by that part."""
    return accelerator_words(_tag(use)) if _tag(use) else frozenset(_said(use))


def _said(use: Use) -> set[str]:
    """The accelerator that the tag says, which needs no version that is known."""
    return {said.accelerator for said in said_by_tag(use.reference)}


def _differ(words: frozenset[str] | set[str], others: frozenset[str] | set[str]) -> bool:
    return len(words) == 1 and len(others) == 1 and words != others
