"""Hostile text: any text is read, within bounds, and every answer makes sense."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shell_bounds import check_bounds, mutilated

from tests.support.bash_lines import lines
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash import simple_commands as shell_simple
from wxlint.shell.bash.reader import read_plain, read_shell


# -- bounds
def test_loops_beyond_the_bound_are_given_once() -> None:
    text = "for a in {1..99}; do for b in {1..99}; do c $a $b; done; done; d"
    found = lines(text)
    assert found == ["?c|${a}|${b}", "d"]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "$(" * 5000,
        "`" * 5001,
        "{ " * 5000,
        "if a; then " * 2000,
        "case x in a) " * 2000,
        "f() { " * 2000,
        '"${a:-' * 3000,
        "[[ " + "( " * 3000,
        "[[ " + "! " * 3000,
        "a && " * 5000 + "b",
        "((" * 3000,
        "eval " * 500 + "x",
        "X=a;" + "X=$X$X;" * 60 + "c $X",
        "A=(a);" + 'A=("${A[@]}" "${A[@]}");' * 40 + 'c "${A[@]}"',
        "f0() { c; };" + "".join(f"f{n}() {{ f{n - 1}; f{n - 1}; }};" for n in range(1, 40)) + "f39",
        "c " + "{a,b}" * 40,
        "X=" + "a" * 3000 + "; c ${X##*a*a*a*b}",
        "A='" + "eval $A;" * 20 + "'; eval $A",
        "if x; then a; " + "elif y; then b; " * 2000 + "fi",
        "".join(f"if x; then V{n}=1; fi\n" for n in range(2000)),
        "c " + "'" * 9999,
        "cat " + "<<E " * 500,
        "echo $((" * 500,
    ],
)
def test_hostile_text_is_read_within_bounds(text: str) -> None:
    result = read_shell(text)
    check_bounds(text, result)
    assert len(result.commands) < 40_000


SCRIPT = """#!/usr/bin/env bash
set -euo pipefail
REGISTRY="${REGISTRY:-rajiup}"; TAG=${1:-cpu}
cd "$(dirname "$0")/.."
declare -A BASE=([cpu]=ubuntu:22.04 [cuda]=nvidia/cuda:12.1.0-base)
STAGES=(demux tmdb "pre-ner")
build() {
  local stage="$1" tag=${2:-cpu}
  docker build -t "$REGISTRY/app-$stage:$tag" -f docker/$stage/Dockerfile --build-arg "BASE=${BASE[$tag]}" . ||
    { echo failed >&2; exit 1; }
}
for s in "${STAGES[@]}"; do build "$s" ${TAG%%-*}; done
if [[ $TAG == cuda* && -n ${PUSH:-} ]]; then docker push {a,b}:"$TAG"; elif (( $# > 1 )); then :; fi
case "$TAG" in cpu|cuda) B=$(echo "$TAG" | tr a-z A-Z);; *) echo `date`;; esac
cat <<EOF | docker build -t z:$TAG -
FROM ${BASE[cpu]}
EOF
while read -r line; do eval "docker tag $line x"; done < <(ls)
"""
_PIECES = [
    "$", "${", "}", "(", ")", "((", "$(", "`", '"', "'", "\\", "\n", " ", ";", "&&", "||", "|", "&", ">", "<",
    "<<E\n", "E\n", "#", "=", "a", "X", "if ", "then ", "fi", "for x in ", "do ", "done", "case ", " in ", "esac",
    "[[ ", " ]]", "{", "*", "[", "]", "%", "é", "\0", "1", "@", "!", "-",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)), st.booleans())
@example("\\", True)
@example("a<<", True)
@example("${a[", False)
def test_any_text_is_read(text: str, bash: bool) -> None:
    check_bounds(text, read_shell(text, flavor="bash" if bash else "sh"))


_NAMED = [
    "export a", "unset a", "set -e", "cd a", "if [ -f a ]; then", "fi", "for a in b c; do", "done", "test -z a",
    "((a))", "[[ a -gt 1 ]]", "let b=a", "f() { c; }", "f", "bash -c 'c a'", "eval c", "printf -v a b", "~/c", "a=1",
    "a+=2", "read a", "env", "c *",
]  # fmt: skip


@settings(max_examples=400)
@given(st.lists(st.sampled_from([*_PIECES, *_NAMED, " ", ";", "\n", " && "]), max_size=14).map("".join))
@example("a+=1 c")
@example("cd ~; c")
def test_a_text_read_once_says_the_same_whatever_the_variables(text: str) -> None:
    plain = read_plain(text)
    if plain is not None:
        for variables in ({}, {"a": Value("7"), "HOME": Value("/h"), "b": Value(HOLE, ("$b",)), "CDPATH": Value("/x")}):
            assert plain.commands == read_shell(text, variables, where=lambda _: ("", 77)).commands


@settings(max_examples=600)
@given(
    st.lists(
        st.sampled_from([*_PIECES, *_NAMED, " ", "  ", "\\\n", "pip install", "x=1", "2", "-o", "é", "\r"]), max_size=14
    ).map("".join),
    st.booleans(),
)
@example("c a{b,c} d", True)
@example("c 2>x 2 >y a#b #c", True)
@example("export a=1 b", False)
@example("`c d e`", True)
def test_plain_words_in_one_step_are_the_words_of_the_long_way(text: str, bash: bool) -> None:
    quick = read_shell(text, flavor="bash" if bash else "sh")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shell_simple, "_PLAIN", re.compile("(?!)"))
        assert quick == read_shell(text, flavor="bash" if bash else "sh")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutilated_scripts_are_read(data: st.DataObject) -> None:
    text = mutilated(data, SCRIPT, _PIECES)
    check_bounds(text, read_shell(text, script="scripts/x.sh"))
