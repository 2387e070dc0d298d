"""Options of command lines, as getopt and its kin divide them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core.values import Value
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.model import Word
from wxlint.shell.options import read_options

VALUED = frozenset(("-i", "-t", "--index-url", "--tag"))


def read(text: str, *, stop: bool = False) -> str:
    """Options as `name=value`, then what is left."""
    arguments = read_options(read_shell(f"x {text}", {}).commands[0].words[1:], VALUED, stop=stop)
    options = [o.name if o.value is None else f"{o.name}={o.value.text}" for o in arguments.options]
    return " ".join([*options, "|", *(word.value.text for word in arguments.positional)])


@pytest.mark.parametrize(
    "text, expected",
    [
        ("-iURL a", "-i=URL | a"),
        ("-i URL a", "-i=URL | a"),
        ("-i=URL a", "-i=URL | a"),
        ("-qi URL a", "-q -i=URL | a"),
        ("-qiURL a", "-q -i=URL | a"),
        ("-qU a", "-q -U | a"),
        ("--index-url=URL a", "--index-url=URL | a"),
        ("--index-url URL a", "--index-url=URL | a"),
        ("--index-url= a", "--index-url= | a"),
        ("a --pre b --index-url URL", "--pre --index-url=URL | a b"),
        ("a -- -i URL", " | a -i URL".strip()),
        ("-i -- a", "-i=-- | a"),
        ("- -q", "-q | -"),
        ("-i", "-i |"),
        ("--tag", "--tag |"),
        ("'' -q", "-q | "),
    ],
)
def test_options(text: str, expected: str) -> None:
    assert read(text) == expected


def test_a_program_that_stops_at_the_first_argument() -> None:
    assert read("-q --tag x run -i URL", stop=True) == "-q --tag=x | run -i URL"
    assert read("-q -- -i URL", stop=True) == "-q | -i URL"


def test_places() -> None:
    text = "x --tag=a -tb -t c 'd' --q"
    options = read_options(read_shell(text, {}).commands[0].words[1:], VALUED).options
    assert [text[option.start : option.end] for option in options] == ["a", "b", "c", "--q"]


def test_an_unknown_part_of_a_cluster_is_not_guessed() -> None:
    assert read('-q"$X" a').replace("\0", "?") == "-q -? | a"
    assert read("-i$X a").replace("\0", "?") == "-i=? | a"


@given(
    st.lists(
        st.sampled_from(["-", "--", "-i", "-iq", "-qi", "--tag", "--tag=", "a", "", "-é", "--=x", "-\0"]), max_size=8
    )
)
def test_stopping_early_leaves_a_tail(texts: list[str]) -> None:
    words = [Word(Value(text, ("$X",) * text.count("\0")), at, at + 1, True) for at, text in enumerate(texts)]
    stopped = read_options(words, VALUED, stop=True)
    assert stopped.positional == words[len(words) - len(stopped.positional) :]
    everything = read_options(words, VALUED)
    assert everything.options[: len(stopped.options)] == stopped.options
    assert all(word in words for word in everything.positional)
