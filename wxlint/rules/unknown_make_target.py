"""A recipe calls a target that no Makefile has.

## Why

`make docker-push-gpu` in a recipe ends with `No rule to make target` after the target was renamed, and nobody sees it
before somebody publishes. Makefiles that build or run images are looked at, each with all that it includes. Where an
include, or a rule that make puts together by `$(eval …)`, is not known, nothing is said, and nothing of calls in other
folders (`make -C`).

## Bad

```make Makefile
push: ; docker push example/asr:1.0-cuda

release: ; make .push
```

## Good

```make Makefile
push: ; docker push example/asr:1.0-cuda

release: ; make push
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.suggest import did_you_mean
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a target of make that is called and that no Makefile has"
HINT = "call a target that is there, or add this one"


def check(repository: Repository) -> Iterator[Problem]:
    if not any(item.kind == "make" and item.path in repository.scripts for item in repository.documents.given):
        return
    from wxlint.images.graph.missing.make_targets import missing_make_targets  # where a Makefile has to do with images

    for missing in missing_make_targets(repository.documents, repository.sources):
        meant = did_you_mean(missing.name, missing.names, str)
        text = f"no rule makes {missing.name} in {missing.root} and what it includes{meant}"
        yield Problem(missing.span, text, image=missing.name)
