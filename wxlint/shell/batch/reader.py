"""Windows batch text (.bat, .cmd) as the same flat sequence of commands that shell.py gives. Nothing is executed.

cmd.exe replaces `%X%` when it reads a line or a whole block, and `!X!` when a command runs: so does this reader. A
variable that the file never sets is a HOLE ("%X%"), for the caller's environment may give it; where a condition asks
for one, or for an argument (`%1`), both branches are given and the values behind them are those without it, with the
assumption as a reason.
"""

from __future__ import annotations

from collections.abc import Mapping

from wxlint.core.values import HOLE, Value
from wxlint.shell.model import Place, ShellError, ShellResult, line_of, too_deep
from wxlint.shell.values import Variable


def read_batch(
    text: str,
    variables: Mapping[str, Value] | None = None,
    *,
    where: Place | None = None,
    script: str = "",
) -> ShellResult:
    """The commands of a batch text, in the order they would run. Never raises.

    variables: those of the environment (names in any case). where: the place of an offset; by default the line, in
    `script`. script: the path of the file, for `%~dp0` and `%~nx0`; unknown when empty.
    """
    from wxlint.shell.batch.interpreter import BatchRunner
    from wxlint.shell.batch.parser import parsed

    text = text.replace(HOLE, "\ufffd")
    errors: tuple[ShellError, ...] = ()
    runner = BatchRunner(text, where or line_of(text, script), script)
    for name, value in (variables or {}).items():
        runner.vars[name.lower()] = value
    try:
        nodes, errors = parsed(text)
        runner.script_nodes(nodes)
    except RecursionError:  # the depth guards are there so that this does not happen
        errors += (too_deep(0, len(text)),)
    held = {runner.written.get(name, name): _seen(value) for name, value in runner.vars.items()}
    return ShellResult(tuple(runner.commands), held, (*errors, *runner.errors))


def _seen(variable: Variable) -> Variable:
    from wxlint.shell.batch.words import seen_from

    return seen_from(variable, None) if isinstance(variable, Value) else variable
