"""What reading costs: counts of steps, not time, for shapes that were once exponential or quadratic."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from wxlint.shell import state
from wxlint.shell.bash import control_flow, interpreter, reader
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.batch.reader import read_batch


def calls_of(run: Callable[[], object]) -> int:
    """How many functions of wxlint are called."""
    count = 0

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and "wxlint" in frame.f_code.co_filename

    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


SHAPES: dict[str, tuple[int, Callable[[int], str]]] = {
    "nested substitutions": (8, lambda n: 'A=$(cd "' * n + "x" + '")' * n + "\ndocker push $A\n"),
    "nested echo": (8, lambda n: "A=" + "$(echo " * n + "x" + ")" * n + "\n"),
    "loops over unknown words": (6, lambda n: "for i in $X; do " * n + "docker push $i; " + "done; " * n),
    "case arms that set": (
        200,
        lambda n: "case $1 in\n" + "".join(f"x{i}) A{i}=$2;;\n" for i in range(n)) + "esac\n",
    ),
    "branches in a row": (100, lambda n: "if x; then A=1; fi\n" * n),
    "early returns": (50, lambda n: "f() {\n" + "x && return\n" * n + "docker push a\n}\nf\n"),
    "early rounds": (50, lambda n: "for i in $(seq 1 20); do\n" + "x && continue\n" * n + "done\n"),
    "counted loops": (10, lambda n: "for ((i=0;i<20;i++)); do x; done\n" * n),
    "functions defined": (200, lambda n: "".join(f"f{i}() {{ :; }}\n" for i in range(n))),
    "words": (500, lambda n: "docker push " + "a " * n),
    "other shells": (
        100,
        lambda n: "".join(f"A{i}=x\n" for i in range(n)) + "sh -c 'docker push $1' x y\n" * n,
    ),
    "arguments that are shifted": (2000, lambda n: "set -- " + "a " * n + "\n" + "shift\n" * 20 + "docker push $1"),
    "functions defined again": (100, lambda n: "".join(f"f() {{ docker push {i}; }}\nf\n" for i in range(n))),
    "functions that branches define": (
        100,
        lambda n: "".join(f"if x; then f() {{ docker push {i}; }}; fi\nf\n" for i in range(n)),
    ),
    "arms that look further": (20, lambda n: "case $X in\n" + "a*) A=x;;&\n" * n + "esac\n"),
    "items that are set": (300, lambda n: "A=(" + "a " * 64 + ")\n" + "A[1]=x\n" * n),
    "texts that are read again": (100, lambda n: "A=x\n" + 'eval "docker push $A"\n' * n),
    "wrappers": (100, lambda n: "nohup " * n + "docker push a"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shell_shapes_cost_what_their_size_says(name: str) -> None:
    size, shape = SHAPES[name]
    once, twice = (calls_of(lambda n=n: read_shell(shape(n), {})) for n in (size, 2 * size))  # type: ignore[misc]
    assert twice < 2.6 * once + 400


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (200, lambda n: "".join(f":l{i}\ngoto l{i + 1}\n" for i in range(n))),
        (200, lambda n: "".join(f":l{i}\necho x\ngoto :eof\n" for i in range(n))),
        (20, lambda n: "for " + '" ' * n + "x\n"),
        (10, lambda n: "if a==a (" * n + "docker push a" + ")" * n),
        (100, lambda n: "docker push a:latest\n" * n),
        (60, lambda n: "".join(f"set A{i}=x\n" for i in range(n)) + "setlocal\nset B=1\nendlocal\n" * n),
        (60, lambda n: "".join(f"set A{i}=x\n" for i in range(n)) + "if exist a (set B=1)\n" * n),
    ],
)
def test_batch_shapes_cost_what_their_size_says(size: int, shape: Callable[[int], str]) -> None:
    read_batch("docker push a")
    once, twice = (calls_of(lambda n=n: read_batch(shape(n))) for n in (size, 2 * size))  # type: ignore[misc]
    assert twice < 2.6 * once + 400


def test_nested_loops_over_globs_end() -> None:
    text = "for i in 1 *; do " * 40 + "docker push $i; " + "done; " * 40
    assert calls_of(lambda: read_shell(text, {})) < 3_000_000


def test_quotes_in_a_batch_loop_are_read_once() -> None:
    """One pattern call that takes exponential time counts as one: the text is long enough that it would never end."""
    assert read_batch("docker pull a\nfor " + '" ' * 2000 + "x\ndocker pull b").commands


def test_a_text_that_takes_too_long_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "LAST_STEP", 500)
    result = read_shell("docker push a\n" + "x\n" * 2000 + "docker push b\n", {})
    assert [error.message for error in result.errors] == ["too long to follow; the rest is not read"]
    assert result.commands[0].words[2].value.text == "a"
    assert len(result.commands) < 2000


@pytest.mark.parametrize(
    "line",
    [
        "for i in {1..500}; do for j in {1..500}; do docker push $i; done; done",
        'docker push "$@"',
        'docker push "${L[@]}"',
        "d",
    ],
)
def test_words_of_a_long_text_are_bounded(line: str) -> None:
    """A text of a thousand such lines would become a million words: what comes late is not followed."""
    opening = (
        "A=" + "a" * 1000 + "; set --" + " a" * 900 + "; L=(" + " a" * 900 + ")\nalias d='docker " + "a " * 900 + "'\n"
    )
    result = read_shell(opening + f"{line}\n" * 1000, {}, flavor="bash" if "L[" in line or "{" in line else "sh")
    assert sum(len(command.words) for command in result.commands) < 700_000


def test_arguments_beyond_a_thousand_are_not_known() -> None:
    words = " ".join(map(str, range(1, 1502)))
    found = read_shell(f"set -- {words}\ndocker push $1000 ${{1000}} ${{1001}}\n", {}).commands[-1]
    assert [word.value.shown() for word in found.words[2:]] == ["1000", "1000", "${1001}"]


def test_arrays_that_are_copied_stay_within_the_room_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "A=(" + "a " * 50 + ")\n" + 'B=("${A[@]}")\n' * 50 + "docker ${#B[@]}\n"
    assert read_shell(text, {}).commands[-1].words[1].value.text == "50"
    monkeypatch.setattr(state, "_MAX_VOLUME", 100_000)
    assert not read_shell(text, {}).commands[-1].words[1].value.known


def test_a_text_that_defines_a_function_too_often_is_not_followed_further(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"f() {{ docker {i}; }}\nf\n" for i in range(3))
    assert len(read_shell(text, {}).commands) == 3
    monkeypatch.setattr(control_flow, "_MAX_BODIES", 2)
    found = read_shell(text, {})
    assert (len(found.commands), [error[2] for error in found.errors]) == (
        2,
        ["too long to follow; the rest is not read"],
    )


def test_what_was_set_is_not_kept_behind_its_statement() -> None:
    interpreted = []

    class Watched(reader.Interpreter):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            interpreted.append(self.state)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "Interpreter", Watched)
        read_shell("A=x\n" * 100, {})
    assert len(interpreted[0].log) < 10
