"""Shell text as a flat sequence of commands with partly known words: what a RUN, or a script, would run.

Nothing is executed. Variables, loops over known words, known conditions and the script's own functions are evaluated; what
cannot be known is a HOLE. The text is read as bash reads it (shell_parse.py) and walked by shell_run.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value


class Assumed(str):
    """A reason (in Value.because) that is taken for granted and not proven: a default of a variable that nothing in the text sets,
    or that the script is called without arguments. Conditions that rest on one are unknown: both branches are given.
    """

    __slots__ = ()


class Word(NamedTuple):
    """One argument. start, end: the word as written, in the text given. quoted: any part of it was."""

    value: Value
    start: int
    end: int
    quoted: bool


class Redirect(NamedTuple):
    """operator: ">", "2>", "&>", "<<", "<<<", ...; target: the file, or for a heredoc its body."""

    operator: str
    target: Word
    start: int
    end: int


class Command(NamedTuple):
    """One simple command.

    words: never empty. env: variables that reach its environment: exported earlier in the text, then its own `A=b` prefix.
    start, end: offsets of the command as written. conditional: it may not run. because: the loops and calls it is in
    ("for stage=demux (line 12)"). via: offsets of the calls that led here, outermost first. cwd: the directory of an earlier
    `cd` (relative to where the text starts); None without one.
    """

    words: tuple[Word, ...]
    env: tuple[tuple[str, Value], ...]
    redirects: tuple[Redirect, ...]
    start: int
    end: int
    conditional: bool
    because: tuple[str, ...]
    via: tuple[int, ...]
    cwd: Value | None


class ShellResult(NamedTuple):
    """held: the variables at the end. errors: (start, end, message) of what could not be read: low confidence, not a syntax check."""

    commands: tuple[Command, ...]
    held: Mapping[str, object]
    errors: tuple[tuple[int, int, str], ...]

    @property
    def variables(self) -> dict[str, Value]:
        """The scalar ones."""
        return {name: value for name, value in self.held.items() if isinstance(value, Value)}


def read_shell(
    text: str,
    variables: Mapping[str, Value] | None = None,
    *,
    bash: bool = True,
    where: Callable[[int], str] | None = None,
    defaults: bool = True,
    script: str = "",
) -> ShellResult:
    """The commands of a shell text, in the order they would run. Never raises.

    variables: those of the environment. bash: False for a plain sh (no brace expansion, no `$'...'`).
    where: names the place of an offset ("line 3"); by default the line of the text. defaults: whether `${X:-d}` takes its default
    when nothing here sets X (a script run as it is), or stays unknown (a RUN, whose base image may set X).
    script: the path of the script, for `$0` and `$(dirname "$0")`; unknown when empty.
    """
    from wxlint.shell.bash.interpreter import run_text

    return run_text(text.replace(HOLE, "\ufffd"), variables or {}, bash, where or line_of(text), defaults, script)


_SETTERS = tuple("let test read declare typeset local export eval printf mapfile getopts unset".split())
_SETS = late(r"\b(?:let|test|read|declare|typeset|local|readonly|export|eval|printf|mapfile|readarray|getopts|unset)\b")
_EQUALS = late(r"=(?<![=!<>~]=)(?!=)")
_ASSIGNS = late(r"(?:^|(?<![\w./=-]))[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=(?!=)")


def _depends(text: str) -> bool:
    """Whether something may look at a variable, or set one. Looking for characters and words comes first: patterns take ten times as long."""
    if "$" in text or "`" in text or "~" in text or "((" in text or "[[" in text or "[ " in text:
        return True
    if _EQUALS.search(text) and _ASSIGNS.search(text):
        return True
    return any(map(text.__contains__, _SETTERS)) and _SETS.search(text) is not None


@lru_cache(maxsize=4096)
def read_plain(text: str) -> ShellResult | None:
    """What `read_shell` gives of a text whatever the variables, remembered: stages and builds repeat their RUNs.

    None where the variables or the place of the text may matter.
    """
    if _depends(text):
        return None
    found = read_shell(text)
    return None if any(command.because or command.via for command in found.commands) else found


def shell_comments(text: str) -> tuple[int, ...]:
    """Offsets of the `#` of every comment. One in a string, or in the lines of a heredoc, is none. Never raises."""
    from wxlint.shell.bash.parser import Parser

    parser = Parser(text)
    with suppress(RecursionError):  # the depth guards are there so that this does not happen
        parser.script()
    return tuple(sorted(parser.comments))


def line_of(text: str) -> Callable[[int], str]:
    """The default of `where`."""
    starts: list[int] = []

    def where(offset: int) -> str:
        from bisect import bisect_right

        if not starts:
            starts.append(0)
            starts.extend(match.end() for match in re.finditer("\n", text))
        return f"line {bisect_right(starts, offset)}"

    return where


# Wrappers that run the rest of their words as a command, with their options that take a value.
_WRAPPERS: dict[str, frozenset[str]] = {
    "sudo": frozenset(("-u", "-g", "-h", "-p", "-C", "-r", "-t", "-U", "-D", "--user", "--group")),
    "doas": frozenset(("-u", "-C")),
    "env": frozenset(("-u", "--unset", "-C", "--chdir")),
    "time": frozenset(("-f", "-o")),
    "nice": frozenset(("-n",)),
    "ionice": frozenset(("-c", "-n")),
    "timeout": frozenset(("-s", "-k", "--signal", "--kill-after")),
    "stdbuf": frozenset(("-i", "-o", "-e")),
    "xargs": frozenset(
        ("-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s", "--max-args", "--max-procs", "--delimiter", "--replace")
    ),
    "exec": frozenset(("-a",)),
    "gosu": frozenset(),
    "su-exec": frozenset(),
    "nohup": frozenset(),
    "command": frozenset(),
    "builtin": frozenset(),
    "setsid": frozenset(),
    "unbuffer": frozenset(),
    "chronic": frozenset(),
    "eatmydata": frozenset(),
    "xvfb-run": frozenset(("-n", "-s", "-e", "-f", "--server-args", "--server-num")),
}
_ONE_MORE = frozenset(("timeout", "gosu", "su-exec"))
"""Wrappers with one argument of their own before the command."""
_ASSIGNMENT = late(r"([A-Za-z_][A-Za-z0-9_]*)=")


def strip_prefix(command: Command) -> Command:
    """The command behind `sudo -E`, `env A=b`, `xargs -n1`, `timeout 60`, `nohup`, ...; itself when there is none.

    Assignments given to `env` or `sudo` join `env`. What xargs adds is one unknown word at the end (or in place of its `{}`).
    `command -v x` asks and does not run: it stays as it is.
    """
    for _ in range(8):
        words = command.words
        name = words[0].value.text.rpartition("/")[2]
        valued = _WRAPPERS.get(name)
        if valued is None or len(words) < 2:
            return command
        env = list(command.env)
        at, mark = 1, ""
        while at < len(words):
            text = words[at].value.text
            if name == "command" and text in ("-v", "-V"):
                return command
            if text == "--":
                at += 1
                break
            if text.startswith("-") and len(text) > 1:
                if name == "xargs" and text.startswith(("-I", "-i")):
                    mark = text[2:] or (words[at + 1].value.text if text == "-I" and at + 1 < len(words) else "{}")
                at += 2 if text in valued else 1
                continue
            assigned = _ASSIGNMENT.match(text) if name in ("env", "sudo", "doas") else None
            if not assigned:
                break
            env.append((assigned[1], words[at].value._replace(text=text[assigned.end() :])))
            at += 1
        if name in _ONE_MORE:
            at += 1
        if at >= len(words):
            return command
        rest = list(words[at:])
        if name == "xargs":
            given = Value(HOLE, ("xargs",))
            if mark:
                rest = [_filled(word, mark) for word in rest]
            else:
                rest.append(Word(given, words[-1].end, words[-1].end, False))
        command = command._replace(words=tuple(rest), env=tuple(env))
    return command


def _filled(word: Word, mark: str) -> Word:
    text = word.value.text
    if mark not in text or word.value.holes:
        return word
    return word._replace(value=Value(text.replace(mark, HOLE), ("xargs",) * text.count(mark), word.value.because))
