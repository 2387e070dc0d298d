"""An option that the pip there does not know: the command ends with `no such option`.

## Why

`--break-system-packages` is what pip on Debian 12 and Ubuntu 24.04 asks for, and what the pip of Ubuntu 22.04 and
Debian 11 has never heard of (it came with pip 23.0.1): a Dockerfile that was right on `nvidia/cuda:…-ubuntu24.04` ends
with `no such option` on `…-ubuntu22.04`. So do `--root-user-action` and `--config-settings` (22.1) and others. The
other way around, `--global-option`, with which apex and other extensions used to be built, is gone since pip 25.3, and
`--install-option` since 23.1: `pip install --upgrade pip` before them takes the newest.

Which pip is there is known where a distribution's python3-pip brings it, and behind a command that pins pip or takes
the newest. Nothing is said of a virtual environment, or where another pip may be there.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-pip
RUN pip3 install --break-system-packages torch==2.6.0 --index-url https://download.pytorch.org/whl/cu124
```

```dockerfile
FROM python:3.12-slim
RUN pip install --upgrade pip
COPY apex apex
RUN pip install --no-build-isolation --global-option=--cuda_ext ./apex
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-pip
RUN pip3 install torch==2.6.0 --index-url https://download.pytorch.org/whl/cu124
```

```dockerfile
FROM python:3.12-slim
RUN pip install --upgrade pip
COPY apex apex
RUN pip install --no-build-isolation --config-settings=--build-option=--cuda_ext ./apex
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.images.evaluation.interpreter import python_of
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.evaluation.commands import RunCommand
    from wxlint.images.model.records import Evaluated, Stage
    from wxlint.shell.model import Word

SEVERITY = Severity.ERROR
SUMMARY = "an option that the pip there does not know"
HINT = "leave the option out, or take a pip that knows it"
WEIGHT = 0

_PIP = late(r"pip3?(?:\.\d+)?")
_PYTHON = late(r"python(?:3(?:\.\d+)?)?")
_PINNED = late(r"pip==(\d+(?:\.\d+)*)")
_NAMED = late(r"pip(?![\w.-])")
_PROGRAMS = "/usr/bin/", "/usr/local/bin/"
_OTHERS = late(
    r"-m\s*(?:venv|ensurepip)|\bvirtualenv\s|conda|mamba|pyenv|\buv\s|get-pip|activate|\bPATH[= ]\S*(?:env|/opt/)"
)
"""What may lead to another pip than that of the system."""


class Pip(NamedTuple):
    """The pip of a stage. release: "22.0.2". said: whose it is."""

    release: str
    said: str


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        text = evaluated.dockerfile.source.text
        if "pip" in text and any(row["name"] in text for row in facts.table("pip_options")):
            for stage in evaluated.stages:
                yield from _stage(repository, evaluated, stage)


def _stage(repository: Repository, evaluated: Evaluated, stage: Stage) -> Iterator[Problem]:
    """Yield the calls of a stage that its pip refuses; what is behind one does not run."""
    from wxlint.rules._system_python import system_python, texts_of

    texts = list(texts_of(evaluated, stage))
    if any(map(_OTHERS.search, texts)):
        return
    python = system_python(repository, evaluated, stage)
    pip = None
    if python is not None and any("python3-pip" in text for text in texts):
        release = python.packaged.pip_release
        pip = Pip(release, f"pip {release} of {python.packaged.system}")
    newest = _newest(python.packaged.default if python is not None else python_of(evaluated.base_of(stage)) or "")
    for one in reversed(evaluated.line_of(stage)):
        for ran, words in _calls(evaluated, one):
            problem = _refused(ran, words, pip) if pip is not None and one is stage and ran.must_succeed else None
            if problem is not None:
                yield problem
                return
            pip = _behind(words, pip, newest)


def _newest(python: str) -> Pip | None:
    """The newest pip, where it is for a Python ("3.10"; "" where that is not known)."""
    row = facts.row_of("newest_pythons", "pip")
    if row is None or not python or facts.release_key(python) < facts.release_key(row["python_min"]):
        return None
    return Pip(row["release"], f"the newest pip ({row['release']} as of {row['verified_on']})")


def _calls(evaluated: Evaluated, stage: Stage) -> Iterator[tuple[RunCommand, Sequence[Word]]]:
    """Yield the commands of a stage that install by the system's pip, each with what stands behind `install`."""
    from wxlint.images.evaluation.commands import commands_of
    from wxlint.shell.python_modules import module_run
    from wxlint.shell.wrappers import unwrap

    for instruction in evaluated.instructions_of(stage):
        if instruction.keyword != "RUN" or "pip" not in instruction.text:
            continue
        for ran in commands_of(evaluated.dockerfile.source, instruction):
            words: Sequence[Word] = unwrap(ran.command).words
            folder, _, name = words[0].value.text.rpartition("/")
            if folder and f"{folder}/" not in _PROGRAMS:
                continue
            if _PYTHON.fullmatch(name):
                run = module_run(words[1:])
                words, name = (run.words, run.name.value.text) if run is not None else ((), "")
            if _PIP.fullmatch(name) and len(words) > 1 and words[1].value.text == "install":
                yield ran, words[2:]


def _refused(ran: RunCommand, words: Sequence[Word], pip: Pip) -> Problem | None:
    """The first option of a call that a pip does not know."""
    for word in words:
        row = facts.row_of("pip_options", word.value.text.partition("=")[0])
        if row is None:
            continue
        since, before, release = row["since"], row["before"], facts.release_key(pip.release)
        if since and release < facts.release_key(since):
            text = f"{pip.said} has no option {row['name']}, which came with pip {since}"
        elif before and release >= facts.release_key(before):
            text = f"{pip.said} has no option {row['name']}, which is gone since pip {before}"
        else:
            continue
        return Problem(ran.span(word), text, (), _hint(row))
    return None


def _hint(row: dict[str, str]) -> str:
    if not row["instead"]:
        return HINT
    return row["instead"] if row["since"] else f"write {row['instead']}, or take a pip before {row['before']}"


def _behind(words: Sequence[Word], pip: Pip | None, newest: Pip | None) -> Pip | None:
    """The pip behind a call: another one where the call asks for it by its version, or for the newest."""
    texts = [word.value.text for word in words]
    named = [text for text in texts if _NAMED.match(text)]
    if not named:
        return pip
    pinned = _PINNED.fullmatch(named[-1])
    if pinned is not None:
        return Pip(pinned[1], f"pip {pinned[1]}")
    if named[-1] != "pip":
        return None
    return newest if "--upgrade" in texts or "-U" in texts else pip
