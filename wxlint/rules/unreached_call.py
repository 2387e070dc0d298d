"""A batch file ends before it comes to the calls that are to do its work.

## Why

A batch file has no functions, only labels: what stands under `:pull_image` runs when the file comes to it, with the
file's own arguments as `%1`. Where the subroutine stands at the top, the file runs into it once, with an empty `%1`,
and its `goto :eof` ends the file. None of the calls behind it is ever made, and no image is pulled or built. Reported
where the subroutine runs docker.

## Bad

```bat pull.bat
@echo off
:pull_image
docker pull example/%~1
goto :eof

call :pull_image "asr:cuda"
```

## Good

```bat pull.bat
@echo off
call :pull_image "asr:cuda"
goto :eof

:pull_image
docker pull example/%~1
goto :eof
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.documents.source import Source
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "calls that a batch file ends before"
HINT = "put the subroutine behind the calls, with goto :eof in front of it"


def check(repository: Repository) -> Iterator[Problem]:
    for item in repository.documents.given:
        source = repository.sources.read(item.path) if item.kind == "batch" else None
        if source is not None and item.path in repository.scripts and "call" in source.text.lower():
            yield from _unreached(source, [call.span.line for call in repository.scripts[item.path].calls])


def _unreached(source: Source, docker_lines: list[int]) -> Iterator[Problem]:
    """docker_lines: where the file runs docker."""
    from wxlint.shell.batch.unreached import unreached_calls

    for found in unreached_calls(source.text):
        entry, stop = source.span(found.entry, found.entry + 1), source.span(found.stop, found.stop + 1)
        if not any(entry.line < line < stop.line for line in docker_lines):
            continue
        calls = "1 call" if len(found.calls) == 1 else f"{len(found.calls)} calls"
        message = f"the file runs into :{found.label} and ends there: {calls} of it from here on are never made"
        because = (reason_at("call", f":{found.label}", entry), reason_at("call", "the file ends", stop))
        yield Problem(source.span(*found.calls[0]), message, because)
