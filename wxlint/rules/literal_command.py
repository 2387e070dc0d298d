"""A command substitution in an instruction that no shell reads.

## Why

A shell runs in RUN, and in CMD and ENTRYPOINT without brackets. ENV, ARG, LABEL and WORKDIR take `$(…)` and backticks
as the text they are: `ENV PATH=/opt/conda/envs/$(head -1 environment.yml | cut -d' ' -f2)/bin:$PATH` puts a folder into
PATH that does not exist, and `python` stays that of the base, without the torch of the environment. Left alone is what
is escaped or in single quotes, what another tool may fill in (`$(VERSION)`), and what is a command for later (PS1).

## Bad

```dockerfile
FROM continuumio/miniconda3:24.1.2-0
COPY environment.yml /tmp/
RUN conda env create -f /tmp/environment.yml
ENV PATH=/opt/conda/envs/"$(head -1 /tmp/environment.yml | cut -d' ' -f2)"/bin:$PATH
```

## Good

```dockerfile
FROM continuumio/miniconda3:24.1.2-0
COPY environment.yml /tmp/
RUN conda env create -n asr -f /tmp/environment.yml
ENV PATH=/opt/conda/envs/asr/bin:$PATH
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
    from wxlint.documents.dockerfile.reader import Instruction

SEVERITY = Severity.WARNING
SUMMARY = "a command substitution where no shell runs it"
HINT = "write the value itself, pass it with --build-arg, or set the variable in the RUN or ENTRYPOINT that needs it"
WEIGHT = 1

_KEYWORDS = ("ENV", "ARG", "LABEL", "WORKDIR")
_FILLED_IN = late(r"\$\((?!(?:arch|date|hostname|nproc|pwd|uname|whoami)\))[\w.]*\)")
"""The variable of another tool, which may fill it in."""
_FOR_LATER = late(r"(?i)(?:PS\d|.*PROMPT.*|.*CMD|.*COMMAND|.*HOOK)")
"""Variables whose text somebody runs."""
_RUNS_TEXT = late(r"\beval\b")
_NAME = late(r"[\s\\]*([^\s=]+)")
_SHOWN = 60


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.dockerfiles_in_scope:
        dockerfile = repository.dockerfiles[path]
        text = dockerfile.source.text
        if ("$(" not in text and "`" not in text) or _RUNS_TEXT.search(text) is not None:
            continue
        for instruction in dockerfile.instructions:
            if instruction.keyword not in _KEYWORDS or instruction.heredocs:
                continue
            found = next(_substitutions(instruction), None)
            if found is not None:
                start, end = found
                span = instruction.span(dockerfile.source, start, end)
                written = " ".join(instruction.text[start:end].split())
                shown = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
                severity = Severity.INFO if instruction.keyword == "LABEL" else None
                yield Problem(span, f"{instruction.keyword} runs no command: {shown} stays as it is", severity=severity)


def _substitutions(instruction: Instruction) -> Iterator[tuple[int, int]]:
    """Yield where in an instruction's text a substitution stands that is neither escaped nor in single quotes."""
    text, at, quote = instruction.text, instruction.args_at, ""
    named = _NAME.match(text, at)
    if named is None or _FOR_LATER.fullmatch(named[1]) is not None:
        return
    pairs = instruction.keyword != "WORKDIR" and "=" in text[at:].split(None, 1)[0]
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 2
            continue
        if char in "\"'" and quote in ("", char):
            quote = "" if quote else char
        elif quote != "'" and (char == "`" or text.startswith("$(", at)):
            end = _end(text, at)
            if end is None:
                return
            if not _FILLED_IN.fullmatch(text, at, end) and (quote or not pairs or not _has_space(text, at, end)):
                yield at, end  # a space without quotes ends a value: syntax-error says so
            at = end
            continue
        at += 1


def _end(text: str, start: int) -> int | None:
    """Where a substitution ends; None for one that does not."""
    if text[start] == "`":
        end = text.find("`", start + 1)
        return end + 1 if end > 0 else None
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0 and text[at] == ")":
            return at + 1
    return None


def _has_space(text: str, start: int, end: int) -> bool:
    return any(char.isspace() for char in text[start:end])
