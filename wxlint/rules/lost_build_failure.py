"""A script does not see that a build, a push or a pull fails.

## Why

The status of a pipe is that of its last command: behind `docker build . | tee build.log`, `$?` and `set -e` see that
tee went well. The build has failed, the script goes on, and what it runs or pushes under the tag is the image of
another day. `set -o pipefail` makes the pipe fail, in bash and in the newest of other shells. The other way round,
under `set -e` the script ends where the build fails: an `if [ $? -ne 0 ]` behind it, with all that it would count or
clear up, never runs; that is information.

Read are scripts of bash and of a plain sh. A function is not said to end the script: who calls it may look at its
failure. In a batch file a build that is not looked at is information where its image is pushed further down and other
builds are looked at. In a script without `set -e` it is information, too; `docker build ... || true` in front of a push
is a warning.

## Bad

```sh build.sh
docker build -t example/asr:cuda . 2>&1 | tee build.log
if [ $? -ne 0 ]; then
  exit 1
fi
docker push example/asr:cuda
```

## Good

```sh build.sh
set -o pipefail
if ! docker build -t example/asr:cuda . 2>&1 | tee build.log; then
  exit 1
fi
docker push example/asr:cuda
```
"""

from bisect import bisect_left
from collections.abc import Iterator

from wxlint.core.findings import Severity, Span
from wxlint.core.patterns import late
from wxlint.images.builds.model import DockerCall, Script
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a build whose failure the script does not see"
HINT = "let bash run the script, with set -o pipefail at its top"

_NOBODY = "nobody looks whether docker build fails: {} is pushed all the same"
_VERBS = ("build", "push", "pull", "compose build", "compose push", "compose pull")
_LOOKED_AT = late(
    r"(?i)[^\n&|]*(?:&&|\|\||\n(?:[ \t]*(?:(?:rem\b|::|@?echo\b)[^\n]*)?\n)*"
    r"[ \t]*@?(?:if|set|exit)\b[^\n]*errorlevel)"
)
"""A batch file looks at the outcome of a command, in its line or in the next statement."""
_GAP = late(r"(?:;|#[^\n]*\n|\s)*")
"""What may stand between a command and the one that looks at its status."""
_PIPES = late(r"(?<!\|)\|(?!\|)")
_STATUSES = late(r"\$\{?\?")
_LINE_ENDS = late(r"(?<!\\)\n")


class _Marks:
    """Where the pipes, the looks at a status and the ends of lines of a script are."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pipes, self.statuses, self.ends = (
            [match.start() for match in pattern.finditer(text)] for pattern in (_PIPES, _STATUSES, _LINE_ENDS)
        )

    def is_candidate(self, end: int) -> bool:
        """Whether a command that ends here may be piped, or its status may be looked at."""
        gap = _GAP.match(self.text, end)
        return self._in_line(self.pipes, end) or self._in_line(self.statuses, gap.end() if gap is not None else end)

    def _in_line(self, places: list[int], at: int) -> bool:
        found, line = bisect_left(places, at), bisect_left(self.ends, at)
        return found < len(places) and (line == len(self.ends) or places[found] < self.ends[line])


def check(repository: Repository) -> Iterator[Problem]:
    shells = {item.path for item in repository.documents.given if item.kind == "shell"}
    for path, script in repository.scripts.items():
        source = repository.sources.read(path)
        if source is not None and path.endswith((".bat", ".cmd")):
            yield from _unchecked(script, source.text)
        if path not in shells or source is None:
            continue
        pushed = {build.span: tag for build, tag in _pushed(script)}
        marks = _Marks(source.text)
        calls = {
            call.docker.command.start: call
            for call in script.calls
            if call.span in pushed or (call.docker.verb in _VERBS and marks.is_candidate(call.docker.command.end))
        }
        if calls:
            yield from _lost(calls, pushed, source.text)


def _unchecked(script: Script, text: str) -> Iterator[Problem]:
    """Yield the builds of a batch file that nobody looks at, where others are, and their images are pushed."""
    builds = [call for call in script.calls if call.docker.verb == "build"]
    checked = {call.span for call in builds if _LOOKED_AT.match(text, call.docker.command.end)}
    for build, image in _pushed(script) if checked else ():
        if build.span is not None and build.span not in checked:
            hint = "write if errorlevel 1 behind it"
            yield Problem(build.span, _NOBODY.format(image), hint=hint, severity=Severity.INFO, image=image)


def _pushed(script: Script) -> Iterator[tuple[Build, str]]:
    """Yield the builds whose images are pushed further down, each with the tag that is."""
    pushed = script.pushed
    for build in script.builds:
        line = build.span.line if build.span is not None else 0
        tag = next((tag for tag in build.tags if pushed.get(tag.value.written(), 0) > line > 0), None)
        if tag is not None:
            yield build, tag.value.shown()


def _lost(calls: dict[int, DockerCall], pushed: dict[Span | None, str], text: str) -> Iterator[Problem]:
    from wxlint.shell.bash.lost_failures import LossKind, lost_failures

    for lost in lost_failures(text):
        call = calls.get(lost.start)
        if call is None:
            continue
        what, image = f"docker {call.docker.verb}", pushed.get(call.span)
        if lost.loss is LossKind.NEVER_LOOKED_AT:
            message = f"set -e ends the script where {what} fails: the $? behind it never says so"
            hint = f"write if ! {what} ...; then"
            yield Problem(call.span, message, hint=hint, severity=Severity.INFO)
        elif lost.loss is LossKind.IGNORED:
            if image is not None:
                hint = "write set -e at the top of the script"
                yield Problem(call.span, _NOBODY.format(image), hint=hint, severity=Severity.INFO, image=image)
        elif lost.loss is LossKind.WAVED_OFF:
            if image is not None:
                message = f"|| {lost.by} goes on where {what} fails: {image} is pushed all the same"
                yield Problem(call.span, message, hint=f"take out || {lost.by}", image=image)
        elif lost.loss is LossKind.LOOKED_AT:
            yield Problem(call.span, f"the $? behind it is that of {lost.by}: nobody sees that {what} fails")
        else:
            yield Problem(call.span, f"set -e sees the status of {lost.by}: the script goes on where {what} fails")
