"""Generated scripts, with bash itself as the judge, and what it has found."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from wxlint.shell.bash.reader import read_shell

BASH = shutil.which("bash")
# -- bash as the judge
_NAMES = ["a", "b", "c"]
_PLAIN = st.text("xy.-:/", min_size=1, max_size=4)
_QUOTED = st.text("xy .-:/", max_size=5)


@st.composite
def _word(draw: st.DrawFn, depth: int = 0, unquoted: bool = True) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 8))
        name = draw(st.sampled_from(_NAMES))
        if kind <= 1:
            parts.append(draw(_PLAIN))
        elif kind == 2:
            parts.append("'" + draw(_QUOTED) + "'")
        elif kind == 3:
            parts.append(f'"{draw(_QUOTED)}${{{name}}}"')
        elif kind == 4:
            parts.append(f"${{{name}}}" if unquoted else f'"${{{name}}}"')
        elif kind == 5 and depth < 2:
            operator = draw(st.sampled_from([":-", "-", ":+", "+"]))
            inner = draw(_word(depth + 1))
            parts.append(f'"${{{name}{operator}{inner}}}"' if "'" not in inner and '"' not in inner else "q")
        elif kind == 6:
            operator = draw(st.sampled_from(["#", "##", "%", "%%", "/", "//"]))
            pattern = draw(st.text("xy.*?-", min_size=1, max_size=3)) + (
                "/Z" if operator[0] == "/" and draw(st.booleans()) else ""
            )
            parts.append(f'"${{{name}{operator}{pattern}}}"')
        elif kind == 7 and unquoted and depth == 0:
            parts.append(draw(st.sampled_from(["{x,y}", "{1..3}", "{x,}", "{x}", "{", "},{"])))
        else:
            parts.append(
                draw(
                    st.sampled_from(
                        [
                            f'"${{{name}^^}}"',
                            f'"${{{name}:1}}"',
                            f'"${{#{name}}}"',
                            f'"${{{name}:0:2}}"',
                            "\\ ",
                            "\\$x",
                            '"\\$"',
                        ]
                    )
                )
            )
    return "".join(parts)


@st.composite
def _statement(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.integers(0, 13 if depth < 3 else 4))
    name = draw(st.sampled_from(_NAMES))

    def block() -> str:
        return "\n".join(draw(st.lists(_statement(depth + 1), min_size=1, max_size=3)))

    if kind <= 2:
        words = " ".join(draw(st.lists(_word(), max_size=3)))
        return f"printf '%s\\0' BEGIN {words} \"$#\" END"
    if kind <= 4:
        return f"{name}{draw(st.sampled_from(['=', '=', '+=']))}{draw(_word(unquoted=False))}"
    if kind == 5:
        return f"for {name} in {' '.join(draw(st.lists(_word(), max_size=3)))}; do\n{block()}\ndone"
    if kind == 6:
        condition = draw(_condition())
        return f"if {condition}; then\n{block()}\nelse\n{block()}\nfi"
    if kind == 7:
        patterns = draw(st.lists(st.sampled_from(["x*", "*y", "x|y", '"*"', "?", "*", "x.*"]), min_size=1, max_size=3))
        return f'case "${name}" in\n' + "".join(f"{p})\n{block()}\n;;\n" for p in patterns) + "esac"
    if kind == 8:
        return f"{draw(_condition())} {draw(st.sampled_from(['&&', '||']))} {{\n{block()}\n}}"
    if kind == 9:
        return f"(\n{block()}\n)"
    if kind == 10:
        function = f"f{draw(st.integers(0, 9))}{depth}"
        first = draw(st.sampled_from(["", "local a=1", "local b", "shift"]))
        arguments = " ".join(draw(st.lists(_word(), max_size=3)))
        return f"{function}() {{\n{first}\n{block()}\n}}\n{function} {arguments}"
    if kind == 11:
        items = " ".join(draw(st.lists(_word(), max_size=3)))
        return f'arr=({items})\nprintf \'%s\\0\' BEGIN "${{arr[@]}}" x"${{arr[*]}}" "${{#arr[@]}}" END'
    if kind == 12:
        pipe = draw(st.sampled_from(["", " | tr x z", " | cut -d. -f1", " | cut -d/ -f2", " | sed s/x/z/g"]))
        return f"{name}=$(echo {draw(_PLAIN)}{pipe})"
    return f"set -- {' '.join(draw(st.lists(_word(), max_size=2)))}"


@st.composite
def _condition(draw: st.DrawFn) -> str:
    left, right = draw(_word(unquoted=False)), draw(_word(unquoted=False))
    return draw(
        st.sampled_from(
            [
                f"[ {left} = {right} ]",
                f"[ {left} != {right} ]",
                '[ -z "$a" ]',
                '[ -n "$b" ]',
                f"[[ {left} == {right} ]]",
                f"[[ -n $a && {left} != x* || $c == *y ]]",
                "! true",
                "false || true",
                "[ ${#a} -gt 2 ]",
                f"! [ {left} = x ]",
            ]
        )
    )


@pytest.mark.skipif(BASH is None, reason="bash is the judge")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(_statement(), min_size=1, max_size=5))
@example(['f() {\nlocal b\nprintf \'%s\\0\' BEGIN "${b/*/Z}" "$#" END\n}\nf'])
def test_bash_agrees(statements: list[str]) -> None:
    text = "set -f\na='x y'\nb=x.y-x\nc=\nset --\n" + "\n".join(statements) + "\n"
    assert BASH is not None
    try:
        ran = subprocess.run(
            [BASH, "--norc", "-c", text], capture_output=True, text=True, timeout=10, env={"LC_ALL": "C.UTF-8"}
        )
    except subprocess.TimeoutExpired:
        reject()  # a value that doubles in nested loops: bash itself does not get to an end
    if "syntax error" in ran.stderr:
        reject()  # `[[ -x == : ]]`: bash runs none of it
    expected: list[list[str]] = []
    for item in ran.stdout.split("\0")[:-1]:
        if item == "BEGIN":
            expected.append([])
        elif item != "END":
            expected[-1].append(item)
    if any(len(word) > 1_000 for words in expected for word in words):
        reject()  # a value that grows threefold in each round: the reader gives up before bash does
    result = read_shell(text)
    assert not result.errors
    found = [c for c in result.commands if c.words[0].value.text == "printf" and not c.conditional]
    got = [[w.value.text for w in c.words[3:-1]] for c in found]
    assert got == expected, ran.stderr


def names(text: str) -> list[str]:
    """The last word of each command, with unknown parts as written, and ? where the command may not run."""
    return [("?" if c.conditional else "") + c.words[-1].value.shown() for c in read_shell(text).commands]


def test_an_array_filled_from_the_arguments_may_have_items() -> None:
    loop = 'args=()\nwhile [ $# -gt 0 ]; do args+=("$1"); shift; done\n'
    assert names(loop + "if [ ${#args[@]} -eq 0 ]; then usage; exit 1; fi\ndocker run a\n") == ["?usage", "a"]
    assert names(loop + "if [ ${#args[@]} -eq 0 ]; then docker run a; else docker run b; fi\n") == ["?a", "?b"]


def test_what_a_condition_says_of_an_argument_ends_with_its_branch() -> None:
    assert names('if [ -z "$1" ]; then usage "$1."; fi\ndocker push b/$1:latest\n') == ["?.", "b/$1:latest"]
    assert names('if [ "$1" != cuda ]; then exit 1; fi\ndocker push b:$1\n') == ["b:cuda"]
    assert names('if [ "$1" = cuda ]; then push "$1"; else push "$1"; fi\npush "$1"\n') == ["?cuda", "?$1", "$1"]


def test_a_function_that_is_too_deep_to_enter_is_read_by_itself() -> None:
    """Calls beyond the limit are not entered; what such a function does is not lost."""
    chain = "".join(f"f{n}() {{ docker run a{n}; f{n + 1}; }}\n" for n in range(30))
    found = {c.words[-1].value.text for c in read_shell(chain + "f30() { docker run a30; }\nf0\n").commands}
    assert {f"a{n}" for n in range(31)} <= found
