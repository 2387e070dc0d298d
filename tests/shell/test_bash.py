"""Shell text: what bash makes of words, branches and loops, by hand."""

from __future__ import annotations

import pytest

from tests.support.bash_lines import lines
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.wrappers import unwrap

# -- words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c a 'b c' \"d e\" f\\ g", "c|a|b c|d e|f g"),
        ("c a'b'\"c\"d", "c|abcd"),
        ("c '' \"\"", "c||"),
        ('c "a\\"b\\$c\\d"', 'c|a"b$c\\d'),
        ("c $'a\\tb\\x41\\u00e9\\'q'", "c|a\tbAé'q"),
        ("c a\\\nb \\\n d", "c|ab|d"),
        ("c a#b #c", "c|a#b"),
        ("X=1; c $X ${X} \"$X\" '$X' \\$X", "c|1|1|1|$X|$X"),
        ('c $X ${X} "a$X" $1 $@ "${X%:*}"', "c|$X|${X}|a$X|$1|$@|${X%:*}"),
        ("c $(git rev-parse HEAD)-a `date`", None),
        ("F='--a  b'; c $F \"$F\" x$F", "c|--a|b|--a  b|x--a|b"),
        ("F=' a '; c x$F'y' ", "c|x|a|y"),
        ('E=; c a $E "$E" b', "c|a||b"),
        ("c {a,b}:x {1..3} {a..c}{1,2}", "c|a:x|b:x|1|2|3|a1|a2|b1|b2|c1|c2"),
        ("c {a} {} {a,b '{a,b}' \\{a,b}", "c|{a}|{}|{a,b|{a,b}|{a,b}"),
        ("c x{,-dev} {01..03} {3..1} {1..6..2} {a,{b,c}d}", "c|x|x-dev|01|02|03|3|2|1|1|3|5|a|bd|cd"),
        ('X=v; c {a,$X}.{t,"u w"}', "c|a.t|a.u w|v.t|v.u w"),
        ("c ${X:-d} ${X-d e} \"${X:-d e}\" ${X:-'d e'}", "c|d|d|e|d e|d e"),
        ("X=; c ${X:-d} [${X-d}] [${X:+y}] [${X+y}]", "c|d|[]|[]|[y]"),
        ("X=v; c ${X:-d} ${X:+y} ${X:?m} ${#X}", "c|v|y|v|1"),
        ("c ${X:=v} $X", "c|v|v"),
        (': "${X:=v}"; c $X', "c|v"),
        ("X=a.b.c; c ${X#*.} ${X##*.} ${X%.*} ${X%%.*}", "c|b.c|c|a.b|a"),
        ("X=a-b-c; c ${X/-/+} ${X//-/+} ${X//-} ${X/#a/z} ${X/%c/z}", "c|a+b-c|a+b+c|abc|z-b-c|a-b-z"),
        ("X=aBc; c ${X^^} ${X,,} ${X^} ${X:1} ${X:1:1} ${X: -1}", "c|ABC|abc|ABc|Bc|B|c"),
        ("X=a Y=X; c ${!Y}", None),
        ("Y=X; X=a; c ${!Y}", "c|a"),
        ('c "${X:-${Y:-"a b"}}"', "c|a b"),
        (
            'A=(a \'b c\' d); c "${A[@]}" ${A[1]} ${#A[@]} $A "${A[*]}" "x${A[@]:1}y"',
            "c|a|b c|d|b|c|3|a|a b c d|xb c|dy",
        ),
        ('A=(a); A+=(b); A[2]=c; c "${A[@]}" ${A[-1]}', "c|a|b|c|c"),
        ('declare -A M=([x]=1 [y]=2); k=y; c ${M[$k]} ${M[x]} "${!M[@]}"', "c|2|1|x|y"),
        ('A=(); c "${A[@]}" z', "c|z"),
        # what the environment gives has one item
        ('c x${E[1]} "${E[@]:1}" ${E[1+0]:-d} z', "c|x|d|z"),
        ("c x${E[0]} ${E[k]} ${E[-1]}", "c|x${E[0]}|${E[k]}|${E[-1]}"),
        ('c "${E[@]:0:2}" ${DIRSTACK[1]} "${GROUPS[@]:1}"', "c|${E[@]:0:2}|${DIRSTACK[1]}|${GROUPS[@]:1}"),
        (". ./x; c ${E[1]}", "c|${E[1]}"),
        ("c $((1+2)) $(( 3 * 4 ))", "c|3|12"),
        ("X=a; X+=b; c $X", "c|ab"),
        ("X=a c $X", "c|$X"),
        ("c docker/*/x ~/y a?b", "c|docker/*/x|~/y|a?b"),
        ("c pydantic>=2.0", "c|pydantic"),
        ("c 2>&1 >out a", "c|a"),
    ],
)
def test_words(text: str, expected: str | None) -> None:
    if expected is not None:
        assert lines(text)[-1] == expected


def test_unknown_parts_are_named_as_written() -> None:
    result = read_shell('docker push "$REG/x:${TAG}-$(git rev-parse HEAD)`date`"')
    value = result.commands[-1].words[2].value
    assert value.text == f"{HOLE}/x:{HOLE}-{HOLE}{HOLE}"
    assert value.holes == ("$REG", "${TAG}", "$(git rev-parse HEAD)", "`date`")
    assert [c.words[0].value.text for c in result.commands] == ["git", "date", "docker"]


def test_offsets_are_characters_of_the_text() -> None:
    text = "# é\nX=ü && docker  push 'ä b' $X  >log # end"
    command = read_shell(text).commands[0]
    assert text[command.start : command.end] == "docker  push 'ä b' $X  >log"
    assert [text[w.start : w.end] for w in command.words] == ["docker", "push", "'ä b'", "$X"]
    assert [w.quoted for w in command.words] == [False, False, True, False]
    assert text[command.redirects[0].start : command.redirects[0].end] == ">log"


def test_offsets_in_text_that_is_read_again() -> None:
    text = "X=a; sudo bash -c 'c d' && eval \"e $X\""
    first, second = read_shell(text).commands
    assert [text[w.start : w.end] for w in first.words] == ["c", "d"]
    assert [text[w.start : w.end] for w in second.words] == ['"e $X"', '"e $X"']


def test_variables_of_the_caller_and_reasons() -> None:
    base = Reason("arg", "ARG BASE=cuda", "Dockerfile", 1)
    result = read_shell("TAG=$BASE-x\ndocker push a:$TAG", {"BASE": Value("cuda", (), (base,))})
    value = result.commands[0].words[2].value
    assert value == Value("a:cuda-x", (), (base, Reason("variable", "TAG=cuda-x", "", 1, "TAG")))
    assert result.variables["TAG"].text == "cuda-x"


def test_where_names_places() -> None:
    result = read_shell("A=1\nc $A", where=lambda offset: ("offset", offset))
    assert result.commands[0].words[1].value.because == (Reason("variable", "A=1", "offset", 0, "A"),)


def test_redirects_and_heredocs() -> None:
    text = "X=v\ncat <<EOF >out 2>&1\na $X\n$(date) \\$X\nEOF\ncat <<-'E'\n\t$X\n\tE\nc <<<\"w $X\" &>all"
    commands = read_shell(text).commands
    assert [(r.operator, r.target.value.shown()) for r in commands[1].redirects] == [
        ("<<", "a v\n$(date) $X\n"),
        (">", "out"),
        ("2>&", "1"),
    ]
    assert commands[2].redirects[0].target.value.text == "$X\n"
    assert [(r.operator, r.target.value.text) for r in commands[3].redirects] == [("<<<", "w v"), ("&>", "all")]


# -- control flow


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for x in a b; do c $x; done; d $x", ["c|a", "c|b", "d|b"]),
        ("for x in; do c $x; done", []),
        ("for x in $L; do c $x; done", ["?c|$L"]),
        ("for x in a $L b; do c $x; done", ["c|a", "c|b", "?c|$L"]),
        ('for f in docker/*/Dockerfile; do c "$f"; done', ["?c|docker/*/Dockerfile"]),
        ("for x in a b c; do [ $x = b ] && continue; c $x; done", ["c|a", "c|c"]),
        ("for x in a b c; do if [ $x = b ]; then break; fi; c $x; done", ["c|a"]),
        ('for x in a b; do Y="$Y$x"; done; c $Y', ["c|$Yab"]),
        ("for ((i=0;i<3;i++)); do c $i; done", ["c|0", "c|1", "c|2"]),
        ("for ((i=0;i<N;i++)); do c $i; done", ["?c|${i}"]),
        ("while read -r a b; do c $a; done < list; d $a", ["read|-r|a|b", "?c|${a}", "d|${a}"]),
        ("if true; then a; else b; fi", ["a"]),
        ("if false; then a; elif true; then b; else c; fi", ["b"]),
        ("if x; then a; else b; fi", ["x", "?a", "?b"]),
        ("if [ -f x ]; then a; fi; b", ["?a", "b"]),
        ('X=1; if [ "$X" = 1 ]; then a; else b; fi', ["a"]),
        ("X=1; if [[ $X == 2 || $X -ge 1 && ! -z $X ]]; then a; else b; fi", ["a"]),
        ('X=ab; [[ $X == a* ]] && a; [[ $X == "a*" ]] && b', ["a"]),
        ('X=; [ -z "$X" ] && a || b', ["a", "?b"]),
        ('X=; [ -n "$X" ] && a || b', ["b"]),
        ("test 3 -lt 4 && a; test 3 -lt 3 && b; test 3 -le 3 && c", ["a", "c"]),
        ("! true && a; ! false && b", ["b"]),
        ("a && b && c", ["a", "b", "c"]),
        ("a || b; c", ["a", "?b", "c"]),
        ("grep -q x y && a", ["grep|-q|x|y", "?a"]),
        ("command -v docker >/dev/null && a", ["command|-v|docker", "?a"]),
        ("a || exit 1; b", ["a", "b"]),
        ("a; exit 0; b", ["a"]),
        ('X=; if [ -z "$X" ]; then a; exit 1; fi; b', ["a"]),
        ("if ! command -v d; then a; exit 1; fi; b", ["command|-v|d", "?a", "b"]),
        ("X=b; case $X in a) a;; b|c) b;; *) d;; esac", ["b"]),
        ("X=q; case $X in a) a;; *) d;; esac; e", ["d", "e"]),
        ("X=ax; case $X in a?) a;; a*) b;; esac", ["a"]),
        ("X=a; case $X in a) a;& b) b;; c) c;; esac", ["a", "b"]),
        ("case $(uname) in a) a;; b) b;; esac", ["uname", "?a", "?b"]),
        ("(X=1; c $X); X=2; c $X; (cd a; c); { X=3; }; c $X", ["c|1", "c|2", "cd|a", "c", "c|3"]),
        ("X=1; a | X=2; c $X", ["a", "c|1"]),
        ('f() { c "$1" $#; }; f a b; f x', ["c|a|2", "c|x|1"]),
        ("function f { local X=$1; c $X; }; X=0; f 1; c $X", ["c|1", "c|0"]),
        ("f() { X=$1; }; f 1; c $X", ["c|1"]),
        ("f() { return 1; c; }; f && a; f || b", ["b"]),
        ('f() { [ "$1" = x ]; }; if f x; then a; else b; fi', ["a"]),
        ("f() { shift; c \"$@\"; }; f a 'b c' d", ["c|b c|d"]),
        ("f() { c $1; f $1; }; f a", ["c|a", "f|a"]),
        ("f() { c $1; }; d", ["d", "?c|$1"]),
        ('f() { c "$@"; }; f "$@"', ["c|$@"]),
        ('set -- a b; c $1 "$@"', ["c|a|a|b"]),
        ("set -euo pipefail; c $1", ["c|$1"]),
        ("eval \"c a b\"; eval c '$X'", ["c|a|b", "c|$X"]),
        ("T=u; bash -c \"c $T 'x y'\"; sh -ec 'c $T'", ["c|u|x y", "c|$T"]),
        ("sudo -E bash -lc 'c a'", ["c|a"]),
        ("bash <<'EOF'\nc a\nEOF", ["c|a"]),
        ("bash -c \"c $X-$Y ' $X'\"", ["c|$X-$Y| $X"]),
        ('bash "$F"; bash x.sh', ["bash|$F", "bash|x.sh"]),
        ("D=$(dirname a/b/c); B=$(basename a/b.sh .sh); c $D $B", ["c|a/b|b"]),
        ('V=12.1.1; c cu$(echo $V | cut -d. -f1,2 | tr -d .) $(echo "${V//./-}")', ["c|cu121|12-1-1"]),
        ("c $(echo a.b.c | cut -d . -f 1,3) $(echo a/b | cut -f2- -d/)", ["c|a.c|b"]),
        (
            "c $(echo a-b | sed 's/-/_/g') $(echo ABC | tr '[:upper:]' '[:lower:]') $(printf '%s-%s' x y)",
            ["c|a_b|abc|x-y"],
        ),
        ("unset X; c ${X-d} $X", ["c|d"]),
        ("let a=1; c; alias x=y", ["c", "alias|x=y"]),
        ("time docker build .; ! docker push x", ["docker|build|.", "docker|push|x"]),
        ("a & b; c |& d", ["a", "b", "c", "d"]),
        ("diff <(a x) <(b y)", ["a|x", "b|y", "diff|<(a x)|<(b y)"]),
    ],
)
def test_control_flow(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_a_default_is_an_assumption() -> None:
    commands = read_shell(
        'TAG="${1:-cpu}"\nc $TAG\nif [ "$TAG" = cuda ]; then c gpu $TAG; else c no $TAG; fi\nc $TAG'
    ).commands
    assert [(c.conditional, [w.value.text for w in c.words]) for c in commands] == [
        (False, ["c", "cpu"]),
        (True, ["c", "gpu", "cuda"]),
        (True, ["c", "no", "cpu"]),
        (False, ["c", "cpu"]),
    ]
    assert any(b.kind == "assumed" for b in commands[0].words[1].value.because)


def test_no_defaults_where_the_surroundings_may_set_the_variable() -> None:
    assert lines("c ${X:-d}", defaults=False) == ["c|${X:-d}"]
    assert lines("X=; c ${X:-d}", defaults=False) == ["c|d"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if x; then T=a; else T=a; fi; c $T", "c|a"),
        ("if x; then T=a; else T=b; fi; c $T", "c|${T}"),
        ("T=a; if x; then T=b; fi; c $T", "c|${T}"),
        ("T=a; if x; then T=b; exit 1; fi; c $T", "c|a"),
        ("T=a; x || { T=b; exit 1; }; c $T", "c|a"),
        ("T=a; case $(u) in p) T=b;; esac; c $T", "c|${T}"),
        ('A=(a b); if x; then A+=(c); fi; c "${A[@]}" d', "c|a|b|${A[@]}|d"),
        ("A='-t x'; if x; then A=\"$A --push\"; fi; c $A d", "c|-t|x|${A}|d"),
        ("T=$(u); if [ $T = b ]; then x; fi; c $T", "c|$(u)"),
        ("case $(u) in p) T=1;; *) T=1;; esac; c $T", "c|1"),
        ('T=$1; if [ -z "$T" ]; then T=cpu; fi; c $T', "c|cpu"),
        ('if [ -n "$1" ]; then c ${1:-d}; fi', "?c|${1:-d}"),
        ('if [ -z "$1" ]; then exit 1; fi; U=${1:-q}; c $U', "c|${1:-q}"),
        ('T=${1:-}; if [ -z "$T" ]; then exit 1; fi; U=${1:-q}; c $U', "c|${1:-q}"),
        ('if [ -z "$R" ]; then R=d; fi; c $R', "c|d"),
        ("T=a; while [ $# -gt 0 ]; do case $1 in -t) T=$2; shift;; esac; shift; done; c $T", "c|a"),
        ('T=a; for x in "$@"; do T=$x; done; c $T', "c|a"),
        ("T=a; while getopts t: o; do case $o in t) T=$OPTARG;; esac; done; c $T", "c|a"),
        ("T=a; for x in $L; do T=$x; done; c $T", "c|${T}"),
        ('T=${T:-a}; if [ "$T" != b ]; then exit 1; fi; c $T', "c|b"),
        ('T=$(u); if [[ $T != "v"*"-x" ]]; then exit 1; fi; c $T', "c|$(u)"),
        ('T=$(u); if [[ $T != "v*" ]]; then exit 1; fi; c $T', "c|v*"),
        ('T=${1:-}; if [ -z "$T" ]; then exit 1; fi; c $T', "c|${T}"),
        ("P=${1:-a}; I=x:$P; if [ $P = b ]; then c $I; exit; fi", "?c|${I}"),
        ('case "$1" in cuda) T=$1; c $T;; esac', "?c|cuda"),
        ('if [ "$1" = cuda ]; then T=cuda; else T=cpu; fi; c $T', "c|cpu"),
    ],
)
def test_behind_branches(text: str, expected: str) -> None:
    found = lines(text)
    assert expected in found, found


def test_both_branches_of_an_assumption_are_given() -> None:
    assert lines('if [ "${PUSH:-false}" = true ]; then docker push x; fi') == ["?docker|push|x"]
    assert lines('if [ -n "$CI" ]; then a; else b; fi') == ["?a", "?b"]
    assert "?c|b" in lines('P=(a); if [ -n "$X" ]; then P=(b); fi; if [[ "${P[*]}" == *b* ]]; then c b; fi')
    assert "c|3" in [line.lstrip("?") for line in lines('A=; u || A="$A x"; v || A="$A y"; [[ $A ]] && exit 1; c 3')]
    assert "?c" in lines('P=(); if [ -n "$X" ]; then P=(b); fi; if ((${#P[@]})); then c; fi')
    assert "?c|b" in lines('P=("${X:-a}"); if [ "${P[0]}" = b ]; then c b; fi')
    assert lines('case "${1:-build}" in build) a;; push) b;; esac') == ["?a", "?b"]


def test_calls_and_loops_are_reasons() -> None:
    text = "build() {\n  docker build -t x:$1 .\n}\nfor s in a b; do\n  build $s\ndone"
    first = read_shell(text).commands[0]
    assert [reason.shown("") for reason in first.because] == ["for s=a (line 4)", "build a (line 5)"]
    assert [text[at : at + 8] for at in first.via] == ["build $s"]
    assert text[first.start : first.end] == "docker build -t x:$1 ."


def test_environment_of_a_command() -> None:
    commands = read_shell("A=1; export B=2; C=3 c; export A; unset B; D=4 E=$A c", {"Z": Value("0")}).commands
    assert [(n, v.text) for n, v in commands[0].env] == [("B", "2"), ("C", "3")]
    assert [(n, v.text) for n, v in commands[1].env] == [("A", "1"), ("D", "4"), ("E", "1")]
    changed = read_shell("Z=5; c", {"Z": Value("0")}).commands[0]
    assert [(n, v.text) for n, v in changed.env] == [("Z", "5")]


def test_directories() -> None:
    text = 'a; cd "$(dirname "$0")/.."; b; cd docker && c; (cd x; d); e; cd /abs; pushd y; f; popd; g; cd $N; h'
    found = {c.words[0].value.text: c.cwd for c in read_shell(text, script="scripts/sub/build.sh").commands}
    assert {k: v.shown() if v else None for k, v in found.items() if len(k) == 1} == {
        "a": None,
        "b": "scripts",
        "c": "scripts/docker",
        "d": "scripts/docker/x",
        "e": "scripts/docker",
        "f": "/abs/y",
        "g": "/abs",
        "h": "$N",
    }
    text = 'D="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"; c "$D/x"'
    assert lines(text, script="/r/s/b.sh") == ["c|/r/s/x"]
    assert lines(text)[-1].startswith("c|$(cd ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sudo -E -u me A=b docker push x", "docker|push|x"),
        ("env -i A=b C=d docker push x", "docker|push|x"),
        ("xargs -n1 -P 4 docker push", "docker|push|xargs"),
        ("xargs -I{} docker push r/{}:cpu", "docker|push|r/xargs:cpu"),
        ("timeout -k 5 60 nohup docker push x", "docker|push|x"),
        ("exec docker push x", "docker|push|x"),
        ("command -v docker", "command|-v|docker"),
        ("docker push x", "docker|push|x"),
        ("sudo", "sudo"),
    ],
)
def test_unwrap(text: str, expected: str) -> None:
    command = unwrap(read_shell(text).commands[0])
    assert "|".join(w.value.shown() for w in command.words) == expected


def test_unwrap_keeps_assignments() -> None:
    command = unwrap(read_shell("X=0 sudo A=b env C=$D docker push x").commands[0])
    assert [(n, v.shown()) for n, v in command.env] == [("X", "0"), ("A", "b"), ("C", "$D")]
