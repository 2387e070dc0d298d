"""A link is made where a package, or a virtual environment, has put a file already.

## Why

`ln -s` makes no link over a file: `failed to create symbolic link '/usr/bin/pip': File exists` ends the build. Since
Ubuntu 20.04 and Debian 11 `python3-pip` brings `/usr/bin/pip` beside `pip3`, every `python3-…` package brings
`/usr/bin/python3`, and `python-is-python3` brings `/usr/bin/python`. Leave the link out where it is the same, or write
`ln -sf` where another Python is meant. A virtual environment has a `python` and a `python3` of its own, and they come
along where a COPY brings it from another stage, even as links that lead nowhere there.

Nothing is said where the file is removed before, and where the build goes on without the link.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-pip
RUN ln -s /usr/bin/python3 /usr/bin/python && ln -s /usr/bin/pip3 /usr/bin/pip
```

```dockerfile
FROM python:3.11-slim AS builder
RUN python -m venv /venv
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3.11
COPY --from=builder /venv /venv
RUN ln -s /usr/bin/python3.11 /venv/bin/python
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-pip
RUN ln -s /usr/bin/python3 /usr/bin/python
```

```dockerfile
FROM python:3.11-slim AS builder
RUN python -m venv /venv
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3.11
COPY --from=builder /venv /venv
RUN ln -sf /usr/bin/python3.11 /venv/bin/python
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem, _linked_venvs
from wxlint.rules._linked_venvs import ends_build
from wxlint.rules._system_packages import MOST_STAGES, base_of_packages

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.facts import SystemPythons
    from wxlint.images.evaluation.commands import RunCommand
    from wxlint.images.model.records import Evaluated, Stage

SEVERITY = Severity.ERROR
SUMMARY = "a link over a file that is there already"
HINT = "leave the link out, or write ln -sf"
WEIGHT = 0

_OF_PYTHON3 = late(r"python3(?:-[a-z][\w.-]*)?")
"""Packages that bring /usr/bin/python3 along."""
_INSTALLERS = ("apt-get", "apt")
_CLEARERS = ("rm", "mv", "unlink", "update-alternatives", "dpkg-divert")


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        if "ln -s" in evaluated.dockerfile.source.text:
            for stage in evaluated.stages:
                yield from _stage(repository, evaluated, stage)
            if "venv" in evaluated.dockerfile.source.text:
                yield from _linked_venvs.problems(evaluated)


def _stage(repository: Repository, evaluated: Evaluated, stage: Stage) -> Iterator[Problem]:
    """Yield the first such link of a stage; what is behind it does not run."""
    reference = base_of_packages(repository, evaluated, stage)
    plain = reference is not None and facts.python_of_system(reference.path, reference.tag or "")
    packaged = facts.system_pythons(reference.path, reference.tag or "") if reference is not None and plain else None
    if packaged is None:
        return
    brought: dict[str, str] = {}
    line = evaluated.line_of(stage)
    if len(line) > MOST_STAGES:
        return
    for one in reversed(line):
        for instruction in evaluated.instructions_of(one):
            for ran, words in _commands(evaluated, instruction):
                name = words[0].rpartition("/")[2]
                if name in _INSTALLERS and "install" in words and ran.must_succeed:
                    brought.update((path, word) for word in words for path in _paths_of(word, packaged))
                elif name in _CLEARERS:
                    brought = {path: package for path, package in brought.items() if path not in words}
                elif one is stage and (path := _linked(words)) in brought and ends_build(ran):
                    because = (reason_at("image", f"{brought[path]} brings it on {packaged.system}", one.base.span),)
                    yield Problem(ran.span(), f"{path} is there already, and ln makes no link over it", because)
                    return


def _commands(evaluated: Evaluated, instruction: Instruction) -> Iterator[tuple[RunCommand, list[str]]]:
    """Yield the commands of a RUN with their words behind what wraps them."""
    if instruction.keyword != "RUN":
        return
    from wxlint.images.evaluation.commands import commands_of
    from wxlint.shell.wrappers import unwrap

    for ran in commands_of(evaluated.dockerfile.source, instruction):
        yield ran, [word.value.text for word in unwrap(ran.command).words]


def _paths_of(package: str, packaged: SystemPythons) -> list[str]:
    """The programs in question that a package brings."""
    found = ["/usr/bin/python3"] if _OF_PYTHON3.fullmatch(package) else []
    if package == "python3-pip" and packaged.pip:
        found.append("/usr/bin/pip")
    return [*found, "/usr/bin/python"] if package == "python-is-python3" else found


def _linked(words: list[str]) -> str:
    """Where a plain `ln -s` makes its link; "" for any other command, and for one that takes the place of a file."""
    if words[0] != "ln" or words[1:2] != ["-s"] or len(words) != 4:
        return ""
    return words[3]
