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

from wxlint.core.findings import Severity, Span
from wxlint.images.builds.model import DockerCall
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem
from wxlint.shell.options import Option

SEVERITY = Severity.ERROR
SUMMARY = "`docker compose run --gpus`, a flag that does not exist"
HINT = "reserve the device in the compose file and leave the flag out"


def check(repository: Repository) -> Iterator[Problem]:
    for script in repository.scripts.values():
        for call in script.calls:
            option = next((o for o in call.docker.options if o.name == "--gpus"), None)
            if call.docker.verb in ("compose run", "compose up", "compose exec") and option is not None:
                yield Problem(_place(repository, call, option), f"`docker {call.docker.verb}` has no flag --gpus")


def _place(repository: Repository, call: DockerCall, option: Option) -> Span:
    """The command line; the flag itself where a program adds it to one elsewhere."""
    source = repository.sources.read(call.path)
    if source is None or call.docker.command.start <= option.start < call.docker.command.end:
        return call.span
    return source.span(option.start, option.end)
