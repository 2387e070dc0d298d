"""What `xargs` runs where what it reads is known."""

from __future__ import annotations

import re

from wxlint.core.values import HOLE, Value
from wxlint.shell.model import Redirect, Word
from wxlint.shell.options import Option, read_options

_VALUED = frozenset("-I -n -P -L -d -a -E -s --max-args --max-procs --max-lines --delimiter --arg-file".split())
_PATH = re.compile(r"[\w./-]+")
_MAX_RUNS = 60
_MAX_WORDS = 1_000


def fed(words: list[Word], given: Value) -> list[tuple[Word, ...]] | None:
    """The command lines that `xargs` makes; None where they are not known. words: those of xargs. given: what it
    reads."""
    read = read_options(words[1:], _VALUED, stop=True)
    text = given.text
    if not read.positional or given.holes or re.search(r"[\"'\\\0]", text):  # quotes join words
        return None
    options = {option.name: option for option in read.options}
    if len(options) < len(read.options) or any(word.value.holes for word in words):
        return None
    most = _count(options.pop("-n", None))
    mark = options.pop("-I", None)
    empty = "-r" in options or "--no-run-if-empty" in options
    if set(options) - {"-r", "--no-run-if-empty"} or most is None or (mark is not None and most):
        return None
    if mark is not None:
        return _lines(read.positional, mark, given)
    end = words[-1].end
    added = [Word(given._replace(text=each), end, end, True) for each in text.split()]
    step = most or max(len(added), 1)
    runs = [(*read.positional, *added[at : at + step]) for at in range(0, len(added), step)]
    if len(runs) > _MAX_RUNS or len(added) > _MAX_WORDS:
        return None
    return runs if runs or empty else [tuple(read.positional)]


def listed(words: list[Word], redirects: tuple[Redirect, ...], piped: object) -> list[tuple[Word, ...]] | None:
    """The command line that `xargs` makes of a list that is not known, named as the `$(...)` that would print it.

    None where it may be several lines, or where nothing says what is read. words: those of xargs. piped: what stands
    for its standard input.
    """
    read = read_options(words[1:], _VALUED, stop=True)
    options = {option.name: option.value for option in read.options}
    files = [options.pop(name) for name in ("-a", "--arg-file") if name in options]
    ends = [options.pop(name) for name in ("-d", "--delimiter") if name in options]
    if options or not read.positional or any(end is None or end.text not in ("\n", "\\n") for end in ends):
        return None
    files = files or [redirect.target.value for redirect in redirects if redirect.operator == "<"]
    if files:
        path = files[-1]
        known = path is not None and not path.holes and _PATH.fullmatch(path.text)
        name = f"$(cat {path.text})" if path is not None and known else ""
    else:
        name = piped.holes[0] if isinstance(piped, Value) and piped.text == HOLE else ""
    if not name.startswith("$("):
        return None
    end = words[-1].end
    return [(*read.positional, Word(Value(HOLE, (name,)), end, end, False))]


def _count(option: Option | None) -> int | None:
    """The number of `-n`; 0 without one, None where it is none."""
    if option is None:
        return 0
    text = option.value.text if option.value is not None else ""
    return int(text) if re.fullmatch(r"[1-9]\d{0,5}", text) else None


def _lines(words: list[Word], option: Option, given: Value) -> list[tuple[Word, ...]] | None:
    """`xargs -I{} CMD`: once for each line, in place of the mark."""
    mark = option.value.text if option.value is not None else ""
    lines = [line.lstrip(" \t") for line in given.text.removesuffix("\n").split("\n")] if given.text else []
    if not mark or len(lines) > _MAX_RUNS or not all(lines):
        return None
    return [tuple([_filled(word, mark, line, given) for word in words]) for line in lines]


def _filled(word: Word, mark: str, line: str, given: Value) -> Word:
    if mark not in word.value.text:
        return word
    value = given._replace(text=word.value.text.replace(mark, line), because=(*word.value.because, *given.because))
    return word._replace(value=value, quoted=True)
