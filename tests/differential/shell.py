"""The shell reader against bash and dash, with random scripts.

    python -m tests.differential.shell --cases 10000 --seed 1 [--shell dash] [--show 5]

Scripts are run by the real shell with a `docker` that only records its arguments; these are compared with the
commands that the reader gives. Counted are scripts of which the reader says exactly that (agree), leaves something open
(unknown), says something else (wrong), or fails (crash); and, since one open word opens a script, the calls of `docker`
that are those of a command which is wholly known. Nothing outside a temporary folder is touched.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.differential.shell_scripts import Script
from tests.differential.shell_words import ENVIRONMENT
from wxlint.core.values import Value
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.model import Command
from wxlint.shell.wrappers import unwrap

_RECORDER = """#!/bin/sh
printf '%s\\0' "$#" "$@" >> "$REC"
"""
_LIMIT = 10.0
"""Seconds that a script may take."""

Arguments = tuple[str, ...]


class Case(NamedTuple):
    """One script with what the shell did. calls: the arguments of each docker; None when it did not end in time."""

    text: str
    bash: bool
    environment: dict[str, str]
    calls: tuple[Arguments, ...] | None


class Outcome(NamedTuple):
    """kind: "agree", "unknown", "wrong", "crash" or "skipped". agreed: how many of the calls are wholly known."""

    kind: str
    case: Case
    read: Sequence[Command]
    agreed: int = 0


class Surroundings(NamedTuple):
    """programs, folder: 1 where programs fail, and a file is there."""

    environment: dict[str, str]
    programs: int
    folder: int
    arguments: tuple[str, ...] = ()


ELSEWHERE = (
    Surroundings({}, 0, 0),
    Surroundings({"EXTRA": "x", "MODE": "a b"}, 1, 1),
    Surroundings({**dict(zip("ABCD", ("q", "latest", "z z", "9"))), "EXTRA": "latest"}, 0, 1, ("latest", "7", "v-1")),
    Surroundings({**dict.fromkeys("ABCD", ""), "EXTRA": "", "MODE": "x"}, 1, 0, ("a-b",)),
    Surroundings(
        dict(zip("ABCDxij", ("latest", "cuda", "7", "latest", "1", "2", "3"))), 0, 0, ("v-1", "", "cuda", "x")
    ),
    Surroundings({"MODE": "latest"}, 1, 1, ("", "q")),
)
"""Where a script that depends on nothing does the same."""


class Bench:
    """A folder with the programs that scripts call."""

    def __init__(self, root: Path) -> None:
        self.root, self.record = root, root / "record"
        for status in (0, 1):
            folder = root / f"bin{status}"
            folder.mkdir()
            (folder / "docker").write_text(_RECORDER)
            (folder / "prog").write_text(f"#!/bin/sh\necho out{status}\nexit {status}\n")
            for program in folder.iterdir():
                program.chmod(0o755)
            (root / f"work{status}").mkdir()
        (root / "work1" / "there").write_text("x")

    def run(self, text: str, bash: bool, seed: str) -> Case:
        """Run a script where programs, files and the environment are as the seed says."""
        chance = random.Random(f"{seed} surroundings")
        given = {name: chance.choice(["x", "a b", "latest"]) for name in ENVIRONMENT if chance.random() < 0.25}
        programs, folder = chance.randint(0, 1), chance.randint(0, 1)
        return self.run_in(text, bash, Surroundings(given, programs, folder))

    def depends(self, case: Case) -> bool:
        """Whether what a script calls is another elsewhere: with other variables, arguments, programs or files."""
        return any(self.run_in(case.text, case.bash, each).calls != case.calls for each in ELSEWHERE)

    def run_in(self, text: str, bash: bool, around: Surroundings) -> Case:
        """Run a script in surroundings."""
        given = around.environment
        programs = self.root / f"bin{around.programs}"
        environment = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "REC": str(self.record),
            "HOME": "/root",
            "LC_ALL": "C.UTF-8",
            **given,
        }
        folder = self.root / f"work{around.folder}"
        (self.root / "script").write_text(text)
        self.record.write_bytes(b"")
        shell = ["/bin/bash", "--norc"] if bash else ["/bin/dash"]
        try:
            subprocess.run(
                [*shell, str(self.root / "script"), *around.arguments], env=environment, cwd=folder,
                timeout=_LIMIT, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Case(text, bash, given, None)
        return Case(text, bash, given, tuple(_calls(self.record.read_bytes())))


def _calls(record: bytes) -> Iterator[Arguments]:
    words = record.decode("utf-8", "replace").split("\0")[:-1]
    at = 0
    while at < len(words):
        count = int(words[at])
        yield tuple(words[at + 1 : at + 1 + count])
        at += 1 + count


class Read(NamedTuple):
    """What the reader gives of a script.

    ends: how many of the commands are in front of each place where it may end. at_exit: in front of those that an EXIT
    trap runs.
    """

    commands: list[Command]
    ends: list[int]
    at_exit: int


def read(case: Case) -> Read:
    """The docker commands that the reader gives, and those that may be any."""
    result = read_shell(case.text, {}, flavor="bash" if case.bash else "dash")
    found = [unwrap(command) for command in result.commands]
    counts = [command.words[0].value.text == "docker" or _is_open(command) for command in found]
    kept = [command for command, counted in zip(found, counts, strict=True) if counted]
    ends = [sum(counts[:end]) for end in getattr(result, "may_end", ())]
    return Read(kept, ends, sum(counts[: getattr(result, "at_exit", len(counts))]))


def _is_open(command: Command) -> bool:
    """Whether a command may run any docker command: a shell or `eval` of a text that is not known."""
    first = command.words[0].value
    if any("xargs" in word.value.holes for word in command.words):  # runs any number of times
        return True
    return bool(first.holes) or first.text in ("sh", "bash", "dash", "eval", "source", ".")


def judge(case: Case) -> Outcome:
    """Compare what the reader says of a script with what it did."""
    if case.calls is None:
        return Outcome("skipped", case, ())
    try:
        commands, ends, at_exit = read(case)
    except Exception:
        return Outcome("crash", case, ())
    proven = not case.environment  # then what is taken for granted holds
    certain = [command for command in commands if _is_certain(command)]
    open_ = [command for command in commands if not _is_certain(command)]
    last = [command for command in commands[at_exit:] if _is_certain(command)]
    short = [[command for command in commands[:end] if _is_certain(command)] for end in dict.fromkeys(ends)]
    ways = (certain, *short, *([*s, *last] for s in short))
    agreed = max(_aligned(case.calls, each, open_, proven) for each in ways)
    if agreed < 0:
        return Outcome("wrong", case, commands)
    exact = not open_ and not ends and all(_known(word.value, True) for command in certain for word in command.words)
    return Outcome("agree" if exact else "unknown", case, commands, agreed)


def _known(value: Value, proven: bool) -> bool:
    return not value.holes and (proven or not any(reason.kind == "assumed" for reason in value.because))


def _is_certain(command: Command) -> bool:
    """Whether a command runs, as far as the reader says."""
    return not command.conditional and not _is_open(command)


def _aligned(calls: Sequence[Arguments], certain: Sequence[Command], open_: Sequence[Command], proven: bool) -> int:
    """How many calls are those of a command that is wholly known.

    -1 unless the certain commands happened in order, each once, with nothing between them that no open one may be.
    """
    reach = {0: 0}  # how many of the certain commands are accounted for, and how many calls they explain wholly
    for call in calls:
        step: dict[int, int] = {}
        for at, agreed in reach.items():
            if at < len(certain) and _may_be(certain[at], call, proven):
                step[at + 1] = max(step.get(at + 1, 0), agreed + _is(certain[at], call))
        if any(_may_be(command, call, proven) for command in open_):
            for at, agreed in reach.items():
                step[at] = max(step.get(at, 0), agreed)
        reach = step
    return reach.get(len(certain), -1)


def _is(command: Command, call: Arguments) -> bool:
    """Whether the words of a command are these arguments, and nothing about them is open."""
    values = [word.value for word in command.words]
    return not any(value.holes for value in values) and tuple([value.text for value in values[1:]]) == call


def _may_be(command: Command, call: Arguments, proven: bool) -> bool:
    """Whether the words of a command may become these arguments."""
    if command.words[0].value.text != "docker":
        return True
    words = command.words[1:]
    if not _known(command.words[0].value, proven):  # how many words there are rests on what is taken for granted
        return True
    reach = {0}
    for word in words:
        step: set[int] = set()
        for at in reach:
            if not _known(word.value, proven):
                step.update(
                    range(at, len(call) + 1) if not word.quoted or _lists(word.value) else range(at + 1, at + 2)
                )
            elif at < len(call) and call[at] == word.value.text:
                step.add(at + 1)
        reach = {at for at in step if at <= len(call)}
    return len(call) in reach


def _lists(value: Value) -> bool:
    """Whether a quoted word may be several words, or none."""
    return any("@" in name or "[*]" in name for name in value.holes)


def outcomes(bench: Bench, cases: int, seed: str, bash: bool, start: int = 0) -> Iterator[tuple[str, Outcome]]:
    """Judge scripts, with the name that each has as a seed."""
    for number in range(start, start + cases):
        name = f"{seed} {number} {bash}"
        yield name, judge(bench.run(Script(name, bash).text(), bash, name))


def shrunk(bench: Bench, outcome: Outcome, name: str) -> Outcome:
    """A script of fewer lines with the same outcome."""
    lines = outcome.case.text.splitlines()
    size = max(len(lines) // 2, 1)
    while size:
        at = 2
        while at < len(lines):
            text = "\n".join([*lines[:at], *lines[at + size :]]) + "\n"
            shell = "/bin/bash" if outcome.case.bash else "/bin/dash"
            if subprocess.run([shell, "-n"], input=text.encode(), capture_output=True, check=False).returncode == 0:
                smaller = judge(bench.run(text, outcome.case.bash, name))
                if smaller.kind == outcome.kind:
                    outcome, lines = smaller, text.splitlines()
                    continue
            at += size
        size //= 2
    return outcome


def shown(outcome: Outcome) -> str:
    """A case for the eye."""
    read = [
        " ".join(
            [*(repr(word.value.shown()) for word in command.words[1:]), "(may not run)" if command.conditional else ""]
        )
        for command in outcome.read
    ]
    calls = [" ".join(map(repr, call)) for call in outcome.case.calls or ()]
    lines = [outcome.case.text, f"environment: {outcome.case.environment}", "did:", *calls, "read:", *read, "=" * 60]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--start", type=int, default=0, help="the number of the first case, for a run in pieces")
    parser.add_argument("--shell", choices=("bash", "dash"), default="bash")
    parser.add_argument("--show", type=int, default=3, help="how many scripts that are read wrongly are printed")
    parser.add_argument("--kind", default="wrong", help="which outcomes are printed")
    parser.add_argument("--open", action="store_true", help="count those left open that do the same everywhere")
    options = parser.parse_args(arguments)
    counts = dict.fromkeys(("agree", "unknown", "wrong", "crash", "skipped"), 0)
    left = options.show
    calls = agreed = known_elsewhere = 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for name, outcome in outcomes(bench, options.cases, options.seed, options.shell == "bash", options.start):
            counts[outcome.kind] += 1
            if outcome.kind in ("agree", "unknown"):
                calls, agreed = calls + len(outcome.case.calls or ()), agreed + outcome.agreed
            if options.open and outcome.kind == "unknown":
                known_elsewhere += not bench.depends(outcome.case)
            if outcome.kind in (options.kind, "crash") and left > 0:
                left -= 1
                print(shown(shrunk(bench, outcome, name) if options.kind != "agree" else outcome))
    print(
        f"{options.shell}, seed {options.seed}: {options.cases} cases from {options.start}, "
        + ", ".join(f"{n} {kind}" for kind, n in counts.items())
        + f"; {agreed} of {calls} calls wholly known"
        + (f"; {known_elsewhere} of the unknown do the same everywhere" if options.open else "")
    )
    return 1 if counts["wrong"] or counts["crash"] else 0


if __name__ == "__main__":
    sys.exit(main())
