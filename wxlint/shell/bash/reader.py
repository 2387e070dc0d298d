"""Shell text as a flat sequence of commands with partly known words: what a RUN, or a script, would run.

Nothing is executed. Variables, loops over known words, known conditions and the script's own functions are evaluated;
what cannot be known is a HOLE. The text is read as bash reads it (parser.py) and walked by interpreter.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.interpreter import Interpreter
from wxlint.shell.bash.parser import parsed
from wxlint.shell.model import ANYWHERE, Command, Files, Place, ShellError, ShellResult, Surroundings, line_of, too_deep
from wxlint.shell.state import ShellState
from wxlint.shell.values import PositionalParameters, hole, relative
from wxlint.shell.ways import Ways

"""As in ShellResult."""


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
    ways: Ways | None = None,
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
        around: what is known of the machine and its files. ways: those to be taken at branches; notes the others.
    """
    text = text.replace(HOLE, "\ufffd")
    state = ShellState(where or line_of(text, script), defaults, around)
    state.vars.update(variables or {})
    state.environment = frozenset(variables or {})
    state.ways = ways
    if args is not None:
        state.args = PositionalParameters(args)
    interpreter = Interpreter(text, state, flavor=flavor, script=script, files=files)
    at_exit = 0
    held: Mapping[str, object] = {}
    errors: tuple[ShellError, ...] = ()
    try:
        tree, errors, _ = parsed(text, flavor)
        interpreter.whole(tree)
        state.flow = ""
        state.catches.clear()
        at_exit = len(state.commands)
        interpreter.statement += 1
        held = dict(state.vars)
        if "trap EXIT" in state.unsettled:  # set in a branch that has left
            state.put("trap EXIT", hole("trap EXIT"))
        if "trap EXIT" in state.vars and state.unsettled:
            for name in sorted(state.unsettled - {"trap EXIT"}):
                state.put(name, hole(state.named(name)))
        interpreter.at_exit()
        interpreter.uncalled()
    except RecursionError:  # the depth guards are there so that this does not happen
        errors += (too_deep(0, len(text)),)
    held = {name: value for name, value in held.items() if " " not in name}
    commands = state.commands
    if interpreter.commands.rooted:
        commands = [_below_root(command) for command in commands]
        held = {name: relative(value) if isinstance(value, Value) else value for name, value in held.items()}
    return ShellResult(tuple(commands), held, (*errors, *state.errors), tuple(state.may_end), at_exit, state.steps)


def _below_root(command: Command) -> Command:
    """A command whose paths are as its directory sees them."""
    cwd, redirects = command.cwd, command.redirects
    return command._replace(
        words=tuple([word._replace(value=relative(word.value, cwd)) for word in command.words]),
        env=tuple([(name, relative(value, cwd)) for name, value in command.env]),
        redirects=tuple([r._replace(target=r.target._replace(value=relative(r.target.value, cwd))) for r in redirects]),
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
    """What `read_shell` gives of a RUN whatever the variables, remembered: stages and builds repeat them.

    None where the variables or the place of the text may matter.
    """
    if _depends(text):
        return None
    found = read_shell(text, flavor=flavor, around=Surroundings(succeeds=True))
    return None if any(command.because or command.via for command in found.commands) else found
