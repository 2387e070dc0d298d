"""What `xargs` runs where what it reads is known."""

from __future__ import annotations

import re

from wxlint.core.values import Value
from wxlint.shell.model import Word
from wxlint.shell.options import Option, read_options

_VALUED = frozenset("-I -n -P -L -d -a -E -s --max-args --max-procs --max-lines --delimiter --arg-file".split())
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
