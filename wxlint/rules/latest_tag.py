"""An image reference says `:latest`, or another tag that the policy forbids.

## Why

`latest` names whatever was pushed last. A stage built `FROM base:latest` on a machine that has an old one builds on
the old one, and nothing says so. Every kind of reference counts: FROM, COPY --from, mounts, ONBUILD triggers, compose
images, docker commands in scripts and Makefiles. A reference with a digest is fixed by the digest and is left alone.

As long as there is no policy it is a warning where a Dockerfile stands on such an image or somebody runs a foreign one,
and information what the repository calls its own images: in a build's tag, in CI workflows, bake files, Makefiles and
Kubernetes manifests `latest` is published beside versions. With a policy it is an error everywhere.

A tag with `latest` in it (`worker-latest`, `latest-gpu`), or one that is a branch's (`main`, `nightly`), moves as
`latest` does. That is information about an image that somebody stands on or runs, as long as no policy says which tags
there are.

## Bad

```dockerfile
FROM python:latest
```

```dockerfile
ARG TAG=latest
FROM python:${TAG}
```

## Good

```dockerfile
FROM python:3.11-slim
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import SCANNED, Use
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "an image reference with a forbidden tag such as :latest"
HINT = "name the variant and version that is meant, for example :cpu, :cuda or a release"
WEIGHT = 2
ABOUT_REFERENCES = True

_MOVES = late(r"(?i)(?:[\w.-]+[-_.])?latest(?:[-_.][\w.-]+)?|main|master|develop|nightly|edge")


def check(repository: Repository) -> Iterator[Problem]:
    for use in repository.uses:
        reference = use.reference
        if reference is None or reference.digest or not reference.tag_known or reference.tag is None:
            continue
        if use.kind == SCANNED:
            continue
        if reference.tag not in repository.forbidden_tags(use) or repository.is_listed(use):
            taken = _in_dockerfile(use) or use.kind.startswith("compose") and not use.produces
            if repository.policy is None and taken and _MOVES.fullmatch(reference.tag):
                text = f"{use.kind} names {reference.shown()}: the tag {reference.tag!r} moves with each build"
                yield Problem(use.span, text, use.because, image=reference.shown(), severity=Severity.INFO)
            continue
        verb = "makes" if use.produces else "names"
        shown = reference.shown()
        text = f"{use.kind} {verb} {shown}: the tag {reference.tag!r} is forbidden"
        yield Problem(use.span, text, use.because, image=shown, severity=without_policy(repository, use))


def without_policy(repository: Repository, use: Use) -> Severity | None:
    """The severity while no policy says how images are called: it is a warning that a Dockerfile stands on what was
    pushed last, and information what the repository calls its own images, and what it publishes."""
    if repository.policy is not None:
        return None
    own = use.produces or repository.publishes(use) or not _in_dockerfile(use) and repository.is_own(use)
    return Severity.INFO if own else Severity.WARNING


def _in_dockerfile(use: Use) -> bool:
    return use.stage is not None or use.kind == "syntax"
