"""Texts that another shell runs: `sh -c TEXT`, `su -c TEXT`, `bash <<EOF`, `echo TEXT | sh`."""

from __future__ import annotations

from collections.abc import Sequence

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.shell.model import Command, Word
from wxlint.shell.options import read_options
from wxlint.shell.values import assumptions, is_open, merged, resting_on
from wxlint.shell.wrappers import NAMES, unwrap

SHELLS = frozenset(("bash", "sh", "dash", "ash", "zsh", "ksh"))
MAY_RUN_TEXT = frozenset((*SHELLS, "su", *NAMES))
"""Commands that `child_of` looks at."""
_VALUED = frozenset(("-o", "+o", "-O", "+O", "--rcfile", "--init-file"))
_SU_VALUED = frozenset("-c --command -s --shell -g --group -G --supp-group -w -u --user".split())


class Child(NamedTuple):
    """A shell and what it runs.

    text: None for what it reads from its standard input. name, args: `$0` and the positional parameters. flavor: as of
    the reader. strict: `-e` was given. exact: whether the arguments stand where they seem to stand.
    """

    text: Word | None
    name: Value | None
    args: tuple[Word, ...]
    flavor: str
    strict: bool
    exact: bool
    command: Command


def child_of(command: Command) -> Child | None:
    """The shell that a command starts on a text; None when it starts none, or one on a file."""
    if command.words[0].value.text == "find":  # its `{}` is a list of arguments that nobody knows
        return None
    command = unwrap(command)
    program = command.words[0].value.text.rpartition("/")[2]
    if program == "su":
        return _su(command)
    if program not in SHELLS:
        return None
    flavor = {"bash": "bash", "zsh": "bash", "ksh": "bash", "dash": "dash"}.get(program, "sh")
    options: list[str] = []
    words = list(command.words)
    at = 1
    while at < len(words) and words[at].value.text[:1] in ("-", "+") and words[at].value.text not in ("-", "--"):
        text = words[at].value.text
        options.append(text)
        takes = text in _VALUED or (not text.startswith("--") and text[-1:] == "o")
        at += 2 if takes else 1
    if at < len(words) and words[at].value.text in ("-", "--"):
        at += 1
    words = words[at:]
    letters = "".join(option[1:] for option in options if option[0] == "-" and not option.startswith("--"))
    strict = "e" in letters
    if "c" in letters:
        if not words or words[0].value.text == HOLE:
            return None
        name = words[1].value if len(words) > 1 else command.words[0].value
        return Child(words[0], name, tuple(words[2:]), flavor, strict, _exact(words[1:]), command)
    if words and "s" not in letters:
        return None
    return Child(None, command.words[0].value, tuple(words), flavor, strict, _exact(words), command)


def _exact(words: list[Word]) -> bool:
    """Whether none of the words may be several, or none."""
    lists = [any("@" in name for name in word.value.holes) for word in words]
    return all(not is_open(word.value) or (word.quoted and not listed) for word, listed in zip(words, lists))


def _su(command: Command) -> Child | None:
    """`su user -c TEXT`."""
    for option in read_options(command.words[1:], _SU_VALUED).options:
        if option.name in ("-c", "--command") and option.value is not None and option.value.text != HOLE:
            word = next((w for w in command.words if w.start <= option.start and option.end <= w.end), None)
            text = Word(option.value, option.start, option.end, word is not None and word.quoted)
            return Child(text, None, (), "sh", False, True, command)
    return None


def in_places(words: Sequence[Word], assumed: tuple[Reason, ...]) -> list[Value]:
    """Arguments, each of which stands where it stands only if what those in front of it rest on holds: a value without
    quotes may be several words, or none. assumed: what all of them rest on."""
    values: list[Value] = []
    for word in words:
        if not word.quoted:
            assumed = merged(assumed, assumptions(word.value))
        values.append(resting_on(word.value, assumed))
    return values
