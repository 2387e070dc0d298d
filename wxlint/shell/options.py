"""The one reader of options: of every program whose command lines are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.shell.model import Word


class Option(NamedTuple):
    """One option.

    name: with its dashes ("--tag", "-t"), without a value. value: None for a flag. start, end: offsets of the value, or
    of a flag itself.
    """

    name: str
    value: Value | None
    start: int
    end: int


class ProgramArguments(NamedTuple):
    """What a program is given, apart from its name."""

    positional: list[Word]
    options: list[Option]


def read_options(
    words: Sequence[Word],
    valued: frozenset[str],
    *,
    stop: bool = False,
    skip: Callable[[Sequence[Word], int], bool] | None = None,
) -> ProgramArguments:
    """Tell options from arguments, as getopt and its kin do: `--x=y`, `--x y`, `-xy`, `-x y`, clusters (`-qx y`), `--`.

    Args:
        words: the command line behind the program's name.
        valued: the options that take a value, with their dashes.
        stop: whether the first positional word ends the options, as for `docker run` and `sudo`.
        skip: whether the word at an index, which does not look like an option, is one after all (an unquoted variable);
            it becomes an option whose name is its text.
    """
    positional: list[Word] = []
    options: list[Option] = []
    at, count = 0, len(words)
    while at < count:
        word = words[at]
        text = word.value.text
        if text == "--":
            at += 1
            positional.extend(words[at:])
            break
        if not text.startswith("-") or text == "-":
            if skip is not None and skip(words, at):
                options.append(Option(text, None, word.start, word.end))
                at += 1
                continue
            if stop:
                positional.extend(words[at:])
                break
            positional.append(word)
            at += 1
            continue
        at += 1
        following = words[at] if at < count else None
        read = _long if text.startswith("--") else _short
        at += read(word, following, valued, options)
    return ProgramArguments(positional, options)


def _long(word: Word, following: Word | None, valued: frozenset[str], options: list[Option]) -> int:
    """Read `--x`, `--x=y` or `--x y`. Returns how many of the following words it takes."""
    text = word.value.text
    name, equals, _ = text.partition("=")
    if equals:
        options.append(_attached(word, name, len(name) + 1))
        return 0
    if name in valued and following is not None:
        options.append(Option(name, following.value, following.start, following.end))
        return 1
    options.append(Option(name, None, word.start, word.end))
    return 0


def _short(word: Word, following: Word | None, valued: frozenset[str], options: list[Option]) -> int:
    """Read a cluster of short options, of which the last may have a value. Returns how many words it takes."""
    text = word.value.text
    for index in range(1, len(text)):
        letter = text[index]
        name = f"-{letter}"
        if letter == HOLE:  # what an unknown part holds: more letters, or a value
            options.append(Option(f"-{text[index:]}", None, word.start, word.end))
            return 0
        if name not in valued:
            options.append(Option(name, None, word.start, word.end))
            continue
        if index + 1 < len(text):
            options.append(_attached(word, name, index + 2 if text[index + 1] == "=" else index + 1))
            return 0
        if following is not None:
            options.append(Option(name, following.value, following.start, following.end))
            return 1
        options.append(Option(name, None, word.start, word.end))
    return 0


def _attached(word: Word, name: str, shift: int) -> Option:
    """An option whose value is the rest of its own word."""
    value = word.value._replace(text=word.value.text[shift:])
    as_written = word.end - word.start == len(
        word.value.text
    )  # no quotes, no variables: the offset of the value is known
    return Option(name, value, word.start + shift if as_written else word.start, word.end)
