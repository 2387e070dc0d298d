"""A RUN only sets variables of its shell, which are gone when it ends.

## Why

Each RUN has a shell of its own. `RUN export FORCE_CUDA=1` changes nothing for the instructions that follow:
extensions are compiled for the CPU, the cache lies elsewhere, the environment that was to be active is not. `RUN
source venv/bin/activate` and `RUN conda activate` are the same mistake, and so is `RUN export X=$(python -c ...)`.
ENV keeps a variable; a command that needs an activated environment needs it in its own RUN.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
RUN export FORCE_CUDA=1
RUN pip install git+https://github.com/facebookresearch/detectron2.git
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
ENV FORCE_CUDA=1
RUN pip install git+https://github.com/facebookresearch/detectron2.git
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.evaluation.commands import RunCommand

SEVERITY = Severity.WARNING
SUMMARY = "a RUN that only sets variables, which are gone when it ends"
HINT = "set the variable with ENV, or in the RUN that needs it"

_FIRST = ("export", "source", ".", "conda", "micromamba", "mamba")
_MAY_BE = late(r"\s*(?:export\s+\w|(?:source|\.)\s+\S+|(?:conda|micromamba|mamba)\s+activate\b)")
_SEPARATORS = late(r"&&|;|[<>]")
"""What stands between commands; a redirection, which does something by itself, makes a part too many."""
_ASKED = late(r"\$\((?:python3?[ \t]+-c|cat|nproc|uname|date|which|dpkg|nvcc|echo)\b(?:[^()]|\([^()]*\))*\)")
"""What a program says that changes nothing: `$(python -c "import torch; print(torch.__version__)")`."""
_EXPORTS = late(r"[\s\\]*export\s")
_ACTIVATES = late(r"(?:.*/)?(?:activate|\.?bashrc|\.profile|\.bash_profile)|/etc/(?:environment|profile)")


def _may_be_one(commands: str) -> bool:
    """Whether the first of the commands of a RUN sets variables. Looking for words comes first: most have none."""
    return commands.lstrip().startswith(_FIRST) and _MAY_BE.match(commands) is not None


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.dockerfiles_in_scope:
        dockerfile = repository.dockerfiles[path]
        for instruction in dockerfile.instructions:
            if instruction.keyword != "RUN" or instruction.heredocs or not _may_be_one(instruction.args):
                continue
            from wxlint.images.evaluation.commands import commands_of

            found = list(commands_of(dockerfile.source, instruction))
            parts = _SEPARATORS.split(instruction.args)
            exports = [part for part in parts if _EXPORTS.match(part)]  # commands of the shell, which are not found
            rest = _ASKED.sub("", instruction.args)
            alone = "$(" not in rest and "`" not in rest and all(map(_EXPORTS.match, _SEPARATORS.split(rest)))
            if alone or (len(found) + len(exports) == len(parts) and all(map(_is_lost, found))):
                program, first, *_ = instruction.args.split()
                text = f"{program} {first.partition('=')[0]} holds to the end of this RUN, and nothing else is in it"
                yield Problem(instruction.span(dockerfile.source, instruction.args_at, len(instruction.text)), text)


def _is_lost(ran: RunCommand) -> bool:
    """Whether a command changes its own shell and nothing else."""
    words = [word.value.text for word in ran.command.words]
    if ran.name in ("source", ".") and len(words) > 1:
        return _ACTIVATES.fullmatch(words[1]) is not None
    return ran.name in ("conda", "mamba", "micromamba") and words[1:2] == ["activate"]
