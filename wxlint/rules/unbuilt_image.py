"""An image of the family is used under a tag that nothing in the repository builds.

## Why

`FROM base:latest` while the scripts build `base:cpu` and `base:cuda` takes a stale image from the registry, or fails on a new
machine. Without a policy only the bases of Dockerfiles are judged: `latest`, or a name without a registry, of an image that
the repository itself builds under the tags of variants only.

## Bad

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```sh build.sh
docker build -t example/base:cpu base
```

```dockerfile app/Dockerfile
FROM example/base:latest
```

## Good

```dockerfile base/Dockerfile
FROM python:3.11-slim
```

```sh build.sh
docker build -t example/base:cpu base
```

```dockerfile app/Dockerfile
FROM example/base:cpu
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.values import Value
from wxlint.images.graph.image_graph import same_name
from wxlint.images.graph.name_hints import accelerator_words
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a family image that is used and that nothing builds"
HINT = "use a tag that is built, or build this one"
ABOUT_REFERENCES = True


def check(repository: Repository) -> Iterator[Problem]:
    made = [use for use in repository.uses if use.produces and use.reference is not None]
    for use in repository.uses:
        reference = use.reference
        if use.produces or reference is None or not reference.tag_known or reference.digest:
            continue
        if any(
            m.reference and same_name(m.reference, reference) and _may_be(m, reference.tag or "latest") for m in made
        ):
            continue
        if repository.policy is not None and repository.policy.variants:
            yield from _by_policy(repository, use)
        elif use.kind == "FROM" and (reference.tag in (None, "latest") or "/" not in reference.name):
            tags = sorted(
                {
                    m.reference.tag or "latest"
                    for m in made
                    if m.reference and m.reference.name == reference.name and m.reference.tag_known
                }
            )
            if tags and all(accelerator_words(tag) for tag in tags):
                yield Problem(
                    use.span,
                    f"nothing builds {reference.shown()}; the repository builds {', '.join(f':{t}' for t in tags)}",
                    use.because,
                )


def _by_policy(repository: Repository, use: Use) -> Iterator[Problem]:
    policy, reference = repository.policy, use.reference
    if policy is None or reference is None:
        return
    member = policy.match(Value(reference.name, use.value.holes))
    if member is None or member.stage is None or not member.known:
        return
    own = [v for v in policy.variants.values() if member.stage in v.members]
    if any(v.tag == reference.tag for v in own):
        return
    if reference.tag in {v.tag for v in policy.variants.values()} or reference.tag in policy.forbidden_tags:
        if use.kind.endswith("FROM") is False:
            return  # variant-tag and latest-tag say it
    tags = ", ".join(f":{v.tag}" for v in own)
    yield Problem(use.span, f"nothing builds {reference.shown()}; {member.stage} is built as {tags}", use.because)


def _may_be(made: Use, tag: str) -> bool:
    if made.reference is None:
        return False
    return not made.reference.tag_known or (made.reference.tag or "latest") == tag
