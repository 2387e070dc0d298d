"""Shell text as a flat sequence of commands with partly known words: what a RUN, or a script, would run.

Nothing is executed. Variables, loops over known words, known conditions and the script's own functions are evaluated;
what cannot be known is a HOLE. The text is read as bash reads it (parser.py) and walked by interpreter.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.shell.model import ANYWHERE, Files, Place, ShellResult, Surroundings, line_of


def read_shell(
    text: str,
    variables: Mapping[str, Value] | None = None,
    *,
    flavor: str = "bash",
    where: Place | None = None,
    defaults: bool = True,
    script: str = "",
    files: Files | None = None,
    args: tuple[Value, ...] | None = None,
    around: Surroundings = ANYWHERE,
) -> ShellResult:
    """The commands of a shell text, in the order they would run. Never raises.

    Args:
        text: the shell text. variables: those of the environment. flavor: "bash", "dash", or "sh" for a plain sh of
        which it is not known which it is. where: the place of an offset; by default the line of the text, in
        `script`. defaults: whether `${X:-d}` takes its default when nothing here sets X (a script run as it is), or
        stays unknown (a
            RUN, whose base image may set X).
        script: the path of the script, for `$0` and `$(dirname "$0")`; unknown when empty.
        files: the files that `source` names; without it none is read.
        args: what the script is called with, `$1` and on; None where that is not known.
        around: what is known of the machine and its files.
    """
    from wxlint.shell.bash.interpreter import run_text

    return run_text(
        text.replace(HOLE, "\ufffd"),
        variables or {},
        flavor=flavor,
        where=where or line_of(text, script),
        defaults=defaults,
        script=script,
        files=files,
        args=args,
        around=around,
    )


_SETTERS = tuple("let test read declare typeset local export eval printf mapfile getopts unset".split())
_SETS = late(r"\b(?:let|test|read|declare|typeset|local|readonly|export|eval|printf|mapfile|readarray|getopts|unset)\b")
_EQUALS = late(r"=(?<![=!<>~]=)(?!=)")
_ASSIGNS = late(r"(?:^|(?<![\w./=-]))[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=(?!=)")


def _depends(text: str) -> bool:
    """Whether something may look at a variable, or set one.

    Looking for characters and words comes first: patterns take ten times as long.
    """
    if "$" in text or "`" in text or "~" in text or "((" in text or "[[" in text or "[ " in text:
        return True
    if _EQUALS.search(text) and _ASSIGNS.search(text):
        return True
    return any(map(text.__contains__, _SETTERS)) and _SETS.search(text) is not None


@lru_cache(maxsize=4096)
def read_plain(text: str, flavor: str = "bash") -> ShellResult | None:
    """What `read_shell` gives of a text whatever the variables, remembered: stages and builds repeat their RUNs.

    None where the variables or the place of the text may matter.
    """
    if _depends(text):
        return None
    found = read_shell(text, flavor=flavor)
    return None if any(command.because or command.via for command in found.commands) else found


def shell_comments(text: str) -> tuple[int, ...]:
    """Offsets of the `#` of every comment. One in a string, or in the lines of a heredoc, is none. Never raises."""
    from wxlint.shell.bash.parser import Parser

    parser = Parser(text)
    with suppress(RecursionError):  # the depth guards are there so that this does not happen
        parser.script()
    return tuple(sorted(parser.comments))
