"""A container starts with `uv run`, which syncs again, and not as the build did.

## Why

`uv run` makes the environment what the lock file says before it starts anything; `--frozen` does not stop that,
`--no-sync` does. Without the extra or the group of the build (`uv sync --extra cu128`) it resolves another set of
packages: where the project itself asks for torch, the build's torch is replaced at every start, by gigabytes from an
index; without `--no-dev` the development packages are installed at every start. Where only the extra asks for torch it
stays, and this is information.

## Bad

```dockerfile
FROM python:3.12-slim
COPY --from=ghcr.io/astral-sh/uv:0.9.2 /uv /bin/
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra cu128
CMD ["uv", "run", "app.py"]
```

## Good

```dockerfile
FROM python:3.12-slim
COPY --from=ghcr.io/astral-sh/uv:0.9.2 /uv /bin/
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra cu128
CMD ["uv", "run", "--no-sync", "app.py"]
```
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity, Span
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.words import json_words
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import StageCopy
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.documents.source import Source

SEVERITY = Severity.WARNING
SUMMARY = "a start with `uv run`, which syncs again without the extras of the build"
HINT = "start with `uv run --no-sync`, with the environment's own program, or with the options of the build"

_PROJECT = late(r"(?:^|/)(?:pyproject\.toml|uv\.lock)$")
_SYNCS = late(r"\buv\b[^;&|]{0,300}\bsync\b")
_CHOOSING = ("--extra", "--group", "--only-group", "--no-extra", "--no-group", "--package")
_SWITCHES = ("--all-extras", "--all-groups", "--no-dev", "--only-dev", "--no-default-groups")
_WITH_VALUE = frozenset(
    "-p --python --env-file --with --with-editable --with-requirements --directory --project --index --default-index "
    "--index-url -i --extra-index-url -f --find-links --config-file --cache-dir --python-platform --color -m --module "
    "--index-strategy --keyring-provider --resolution --prerelease --link-mode --refresh-package -P --upgrade-package "
    "--reinstall-package --no-install-package --exclude-newer".split()
)


class _Chosen(NamedTuple):
    """What a command of uv chooses: its options, and where it stands."""

    options: frozenset[str]
    span: Span


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        if not any(install.tool == "uv-project" for install in image.installs):
            continue
        if "UV_NO_SYNC" in image.stage.env or "UV_PROJECT_ENVIRONMENT" in image.stage.env:
            continue
        instructions = _instructions(image)
        synced = _synced(image, instructions)
        if not any(_SYNCS.search(one.text) for one in instructions) and _brings_the_project(image, instructions):
            synced = _synced(image, _instructions_of_others(image))
        started = _started(repository, image, instructions)
        if synced is not None and started is not None and synced.options - started.options:
            yield _problem(image, synced, started)


def _problem(image: Image, synced: _Chosen, started: _Chosen) -> Problem:
    missing = " ".join(sorted(synced.options - started.options))
    replaced = _asked_otherwise(image, missing)
    text = f"`uv run` syncs again at every start, without {missing} of the build"
    if replaced:
        text += f": {replaced} brings another torch than the build's"
    because = (reason_at("install", "uv sync", synced.span),)
    severity = None if replaced else Severity.INFO
    return Problem(started.span, text, because, severity=severity, image=image.label)


def _asked_otherwise(image: Image, missing: str) -> str:
    """What asks for torch without the extras that are missing, where those ask for a torch of their own."""
    if "--extra" not in missing and "--group" not in missing:
        return ""
    install = next(one for one in reversed(image.installs) if one.tool == "uv-project")
    own = [one for one in install.requirements if one.name in FAMILY and one.group and f" {one.group}" in missing]
    if not own:
        return ""
    always = [one for one in install.requirements if not one.group and not one.maybe]
    asking = (r for r in always if r.name in FAMILY or facts.brings_torch(r.name, r.pin, r.extras))
    found = next(asking, None)
    return found.written if found is not None else ""


def _instructions(image: Image) -> list[Instruction]:
    """The instructions of an image's own stages, the first ones first."""
    stages = reversed(image.evaluated.line_of(image.stage))
    return [instruction for stage in stages for instruction in image.evaluated.instructions_of(stage)]


def _instructions_of_others(image: Image) -> list[Instruction]:
    """The instructions of the stages from which an image's own ones copy."""
    evaluated = image.evaluated
    copies = [step for step in image.stage.steps if isinstance(step, StageCopy) and step.stage is not None]
    others = [evaluated.stages[step.stage] for step in copies if step.stage is not None and _holds_project(image, step)]
    return [one for stage in others for one in evaluated.instructions_of(stage)]


def _holds_project(image: Image, step: StageCopy) -> bool:
    """Whether a COPY takes the environment that uv has made in its stage, or a folder that holds it."""
    origin = image.evaluated.stages[step.stage or 0]
    places = [install.place for install in origin.installs if install.tool == "uv-project" and install.place]
    return any(f"{place}/".startswith(f"{path.rstrip('/')}/") for place in places for path in step.paths)


def _brings_the_project(image: Image, instructions: Sequence[Instruction]) -> bool:
    """Whether a stage copies a project's files, and not its environment alone: `uv run` syncs nothing without them."""
    copied = [path for step in image.stage.steps if isinstance(step, StageCopy) for path in step.paths]
    if any(posixpath.basename(path.rstrip("/")) not in (".venv", "bin", "uv", "uvx") for path in copied):
        return True
    words = [word for one in instructions if one.keyword in ("COPY", "ADD") for word in one.args.split()[:-1]]
    return any(word in (".", "./") or _PROJECT.search(word) for word in words)


def _synced(image: Image, instructions: Sequence[Instruction]) -> _Chosen | None:
    """The options of the last `uv sync` of a build; None where one cannot be read."""
    source = image.evaluated.dockerfile.source
    found: _Chosen | None = None
    for instruction in instructions:
        if instruction.keyword != "RUN" or "uv sync" not in instruction.text:
            continue
        from wxlint.images.evaluation.commands import commands_of

        for ran in commands_of(source, instruction):
            words = [word.value for word in ran.command.words]
            texts = [value.text for value in words]
            if ran.name != "uv" or "sync" not in texts:
                continue
            if ran.command.conditional or not all(value.known for value in words):
                return None
            found = _Chosen(_options(texts[texts.index("sync") + 1 :], to_first_word=False), ran.span())
    return found


def _started(repository: Repository, image: Image, instructions: Sequence[Instruction]) -> _Chosen | None:
    """The options of the `uv run` that a container starts with; None where it starts with something else."""
    last = {one.keyword: one for one in instructions if one.keyword in ("ENTRYPOINT", "CMD")}
    instruction = last.get("ENTRYPOINT") or last.get("CMD")
    if instruction is None:
        return None
    source = image.evaluated.dockerfile.source
    words: Sequence[str] = json_words(instruction.args) or instruction.args.split()
    span = instruction.span(source, instruction.args_at, len(instruction.text))
    if words and words[0].endswith(".sh"):
        from wxlint.images.graph.services.copied_script import copied_script

        source_of_script = copied_script(repository, image, instructions, posixpath.basename(words[0]))
        return _in_script(source_of_script) if source_of_script is not None else None
    return _of_run(words, span)


def _of_run(words: Sequence[str], span: Span) -> _Chosen | None:
    words = words[1:] if words and words[0] == "exec" else words
    if len(words) < 3 or posixpath.basename(words[0]) != "uv" or words[1] != "run":
        return None
    given = words[2:]
    options = _options(given, to_first_word=True)
    return None if "--no-sync" in options or "--isolated" in options else _Chosen(options, span)


def _in_script(source: Source) -> _Chosen | None:
    """The `uv run` that a script ends in."""
    if "uv run" not in source.text or "UV_NO_SYNC" in source.text:
        return None
    from wxlint.shell.bash.reader import read_shell

    for command in read_shell(source.text, {}).commands:
        values = [word.value for word in command.words]
        if all(value.known for value in values) and not command.conditional:
            found = _of_run([value.text for value in values], source.span(command.start, command.end))
            if found is not None:
                return found
    return None


def _options(words: Sequence[str], *, to_first_word: bool) -> frozenset[str]:
    """The options that choose what is installed, each with its value. to_first_word: a program with words of its own
    follows the options."""
    found: set[str] = set()
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name in _CHOOSING:
            found.add(f"{name} {value if equals else next(waiting, '')}")
        elif word in (*_SWITCHES, "--no-sync", "--isolated"):
            found.add(word)
        elif word in _WITH_VALUE:
            next(waiting, None)
        elif to_first_word and not word.startswith("-"):
            break
    return frozenset(found)
