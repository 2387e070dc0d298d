"""A RUN goes on where an install fails.

## Why

Docker asks a RUN for the status of its last command alone, and a plain shell goes on behind one that failed. Between
`;`, in a heredoc without `set -e`, or in a script that ends with `exit 0`, a failed `pip install` builds an image
without the package: of a CPU build and a CUDA build of torch the one that was there, or none. `&&` between the
commands, or `set -e` in front of them, ends the build there.

Installs of pip, uv, conda and poetry are looked at; those of pip, setuptools and wheel themselves, in loops, behind
`||`, and where a look at `$?` follows, are left alone, and so is a Dockerfile whose SHELL has `-e`. It is information
where nothing that is lost is known to bring torch, or to compute on a GPU.

## Bad

```dockerfile
FROM python:3.11-slim
RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cpu; pip install flask
```

## Good

```dockerfile
FROM python:3.11-slim
RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cpu && pip install flask
```
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.evaluation.default_shell import shell_texts
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.core.reasons import Reason
    from wxlint.documents.source import Source
    from wxlint.images.graph.image import Image
    from wxlint.images.installs.requirement import Requirement
    from wxlint.shell.bash.tree import Simple

SEVERITY = Severity.WARNING
SUMMARY = "a RUN that goes on where an install fails"
HINT = "write && between the commands, or set -e in front of them"

_INSTALLERS = ("conda", "mamba", "micromamba", "poetry", "uv")
_PIP = late(r"pip[\d.]*")
_OF_TOOLS = frozenset(("pip", "setuptools", "wheel", "uv"))
_NAME = late(r"[\w.-]*")
_ERREXIT = late(r"(?:^|\s)-\w*e|\berrexit\b")
_MAY_LOSE = late(r";|\n")
_SHELLS = ("sh", "bash")
_TORCH = (*FAMILY, "pytorch")  # as conda calls it


def check(repository: Repository) -> Iterator[Problem]:
    texts = [lost for lost in _lost_in_texts(repository) if lost]
    weighty = _installs_of_the_stack(repository) if texts else ()
    for lost in texts:  # of each the first that matters: what mends one mends all
        told = next((one for one in lost if any(_is_within(span, one.span) for span in weighty)), None)
        yield told or lost[0]._replace(severity=Severity.INFO)


def _installs_of_the_stack(repository: Repository) -> Iterable[Span]:
    """The places of the installs that bring torch, or what computes on a GPU."""
    installs = (install for one in repository.evaluated for stage in one.stages for install in stage.installs)
    spans = (install.span for install in installs if any(map(_is_of_the_stack, install.requirements)))
    return {span for span in spans if span is not None}


def _is_of_the_stack(wanted: Requirement) -> bool:
    name = wanted.name
    brings = facts.brings_torch(name, None, wanted.extras) is not None or facts.may_bring_torch(name)
    return name in _TORCH or brings or facts.accelerated_package(name) is not None


def _is_within(one: Span, other: Span) -> bool:
    """Whether a stretch begins in another."""
    begins = (one.line, one.column)
    return one.path == other.path and (other.line, other.column) <= begins < (other.end_line, other.end_column)


def _lost_in_texts(repository: Repository) -> Iterator[list[Problem]]:
    """Yield the installs of each text whose failure is not in its status."""
    seen: set[str] = set()
    for path in repository.dockerfiles_in_scope:
        instructions = repository.dockerfiles[path].instructions
        source = repository.dockerfiles[path].source
        if any(one.keyword == "SHELL" and _ERREXIT.search(one.args.replace('"', " ")) for one in instructions):
            continue
        for instruction in instructions:
            if instruction.keyword == "RUN" and not (instruction.heredocs and _ERREXIT.search(instruction.args)):
                for text, at in shell_texts(instruction):
                    yield list(_lost(source, text, at))
    for image in repository.images:
        for script in _scripts(repository, image):
            if script.path not in seen:
                seen.add(script.path)
                hint = "write set -e at the top of the script"
                yield list(_lost(script, script.text, lambda offset: offset, hint))


def _lost(source: Source, text: str, at: Callable[[int], int], hint: str = "") -> Iterator[Problem]:
    """Yield the installs of a text whose failure is not in its status."""
    if "install" not in text and "sync" not in text or not _MAY_LOSE.search(text):
        return
    from wxlint.shell.bash.lost_failures import unheeded

    for lost in unheeded(text):
        written = _install(lost.command)
        if written is None:
            continue
        because: tuple[Reason, ...] = ()
        behind = "what follows"
        if lost.last is not None:
            span = source.span(at(lost.last.start), at(lost.last.end))
            ending = text[lost.last.start : lost.last.end].split("\n")[0][:40]
            because, behind = (reason_at("reading", f"it ends with {ending}", span),), f"`{ending}`"
        message = f"nobody sees that {written} fails: the status is that of {behind}"
        yield Problem(source.span(at(lost.command.start), at(lost.command.end)), message, because, hint)


def _install(command: Simple) -> str | None:
    """An install in words (`pip install`), where it installs more than the tools themselves."""
    words = [word.literal or "" for word in command.words]
    if words and posixpath.basename(words[0]).startswith("python") and words[1:2] == ["-m"]:
        words = words[2:]
    program = posixpath.basename(words[0]) if words else ""
    named = f"{program} pip" if program == "uv" and words[1:2] == ["pip"] else program
    words = words[1:] if named != program else words
    if not (program in _INSTALLERS or _PIP.fullmatch(program)) or words[1:2] not in (["install"], ["sync"]):
        return None
    names = [_NAME.match(word) for word in words[2:] if not word.startswith("-")]
    if names and all(name is not None and name[0] in _OF_TOOLS for name in names):
        return None
    return f"{named} {words[1]}"


def _scripts(repository: Repository, image: Image) -> Iterator[Source]:
    """Yield the shell scripts of the repository that the RUNs of an image start."""
    instructions = image.evaluated.instructions_of(image.stage)
    for instruction in instructions:
        if instruction.keyword == "RUN" and ".sh" in instruction.args:
            from wxlint.images.evaluation.commands import commands_of
            from wxlint.images.graph.services.copied_script import copied_script

            for ran in commands_of(image.evaluated.dockerfile.source, instruction):
                words = [word.value.text for word in ran.command.words]
                if ran.name in _SHELLS:
                    words = words[1:]
                if words and words[0].endswith(".sh"):
                    found = copied_script(repository, image, instructions, posixpath.basename(words[0]))
                    if found is not None:
                        yield found
