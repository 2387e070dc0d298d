"""Bake is asked for a target that none of its files has.

## Why

`docker buildx bake` without a name builds the target or the group `default`, and ends with `failed to find target
default` where no file that it reads has one. Compose files have such a group of themselves, `docker-bake.hcl` and
`docker-bake.json` do not. The same happens to a name that no target or group has, and to a member of a group. What
docker/bake-action is given in a workflow counts as a command does.

Where a path may start in several folders, or a file is written on the way, nothing is said.

## Bad

```hcl docker-bake.hcl
target "cpu" {
  dockerfile = "Dockerfile"
}
```

```sh build.sh
docker buildx bake --push
```

```dockerfile Dockerfile
FROM python:3.11-slim
```

## Good

```hcl docker-bake.hcl
group "default" {
  targets = ["cpu"]
}
target "cpu" {
  dockerfile = "Dockerfile"
}
```

```sh build.sh
docker buildx bake --push
```

```dockerfile Dockerfile
FROM python:3.11-slim
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.suggest import did_you_mean
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a bake target or group that is built and that no file has"
HINT = "name a target that is there, or add this one"
_NAMED = 6
"""Names that a message lists."""


def check(repository: Repository) -> Iterator[Problem]:
    scripts = repository.scripts.values()
    if not any(script.bakes or any(call.docker.verb == "bake" for call in script.calls) for script in scripts):
        return
    from wxlint.images.graph.missing.bake_targets import missing_targets  # where something is baked

    for missing in missing_targets(repository.documents, repository.sources):
        files, names = " and ".join(missing.files), missing.names
        lacks, has = ("have", "they have") if len(missing.files) > 1 else ("has", "it has")
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        listed = f"{has} {', '.join(names[:_NAMED]) or 'none'}{more}{did_you_mean(missing.name, names)}"
        text = f"bake builds {missing.name}, and {files} {lacks} no such target or group; {listed}"
        yield Problem(missing.span, text, image=missing.name)
