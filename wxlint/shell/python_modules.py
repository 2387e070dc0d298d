"""`python -m pip install …`: which module a command line runs, however the option is written."""

from __future__ import annotations

from collections.abc import Sequence

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.shell.model import Word

_OPTION = late(r"-[bBdEhiIOPqRsSuvVx?]*([cmWX]|-check-hash-based-pycs\Z)(.*)", 16)
"""An option of python that takes a value, behind flags, and what is attached to it. Source: `python --help`."""


class ModuleRun(NamedTuple):
    """A module that python runs. arguments: what it is given."""

    name: Word
    arguments: tuple[Word, ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """The command line as if the module were a program of its name."""
        return (self.name, *self.arguments)


def module_run(words: Sequence[Word]) -> ModuleRun | None:
    """Return the module that python runs by -m (`-m venv`, `-mvenv`, `-Im venv`).

    Args:
        words: the command line behind `python`. What stands behind a script is the script's; an unquoted variable may
            be flags, or nothing.

    Returns: None where a script, a command or nothing is run.
    """
    at = 0
    while at < len(words):
        word = words[at]
        text = word.value.text
        if text in ("-", "--") or (text[:1] != "-" and (word.quoted or text != HOLE)):
            return None
        option = _OPTION.match(text)
        at += 1
        if option is None:  # a flag, a cluster of flags, something unknown
            continue
        attached = option[2]
        if option[1] == "m" and attached:
            return ModuleRun(word._replace(value=word.value._replace(text=attached)), tuple(words[at:]))
        if option[1] in "cm":
            return ModuleRun(words[at], tuple(words[at + 1 :])) if option[1] == "m" and at < len(words) else None
        at += not attached
    return None
