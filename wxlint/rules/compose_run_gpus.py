"""`docker compose run --gpus` does not exist.

## Why

Many READMEs say it; compose answers `unknown flag: --gpus`. A service gets its devices from its reservation in the
compose file (`deploy.resources.reservations.devices`, or `gpus:`), and `docker compose run` then needs no flag.

## Bad

```sh run.sh
docker compose run --rm --gpus all asr out/movie
```

## Good

```sh run.sh
docker compose run --rm asr out/movie
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "`docker compose run --gpus`, a flag that does not exist"
HINT = "reserve the device in the compose file and leave the flag out"


def check(repository: Repository) -> Iterator[Problem]:
    for script in repository.scripts.values():
        for call in script.calls:
            if call.docker.verb in ("compose run", "compose up", "compose exec") and any(
                o.name == "--gpus" for o in call.docker.options
            ):
                yield Problem(call.span, f"`docker {call.docker.verb}` has no flag --gpus")
