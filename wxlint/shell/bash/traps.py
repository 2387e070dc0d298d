"""The `trap` of a shell script, which is read when there is one."""

from __future__ import annotations

from wxlint.core.values import Value
from wxlint.shell.bash.nested_texts import read_again
from wxlint.shell.bash.walker import Walker
from wxlint.shell.branches import alternatives
from wxlint.shell.model import Word
from wxlint.shell.state import RAN, Status


def trap(walk: Walker, words: list[Word]) -> None:
    """`trap TEXT EXIT` runs at the end; what other signals run may run at any time."""
    rest = [word for word in words[1:] if word.value.text != "--"]
    if len(rest) < 2 or rest[0].value.text.startswith("-p"):
        return
    text, signals = rest[0], {word.value.text.upper().removeprefix("SIG") for word in rest[1:]}
    if signals & {"EXIT", "0"}:
        walk.state.put("trap EXIT", None if text.value.text in ("-", "") else text.value)
        # bash may start the last program of a function in the place of a subshell that calls the function, which then
        # ends without the trap
        walk.state.put("trap in function", Value("1") if walk.frames else None)
        walk.traps[text.value.text] = text
    if signals - {"EXIT", "0"} and text.value.known and text.value.text not in ("-", ""):

        def on_signal() -> Status:
            read_again(walk, text)
            return RAN

        alternatives(walk.state, [(None, on_signal), (None, None)], None, ())
