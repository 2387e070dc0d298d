"""What a shell may do in more than one way is left open: each case was once read as if it could only go one way."""

from __future__ import annotations

import pytest

from wxlint.shell.bash.reader import read_shell


def calls(text: str, flavor: str = "bash") -> list[str]:
    """The docker commands: `?` in front where it may not run, `~` behind what rests on an assumption, `…` for what is
    not known."""
    found = []
    for command in read_shell(text, {}, flavor=flavor).commands:
        words = [
            word.value.text.replace("\0", "…") + ("~" if any(r.kind == "assumed" for r in word.value.because) else "")
            for word in command.words
        ]
        if words[0].startswith("docker"):
            found.append(("?" if command.conditional else "") + "|".join(words[1:]))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('A=x; A+="${A:=y}z"; docker $A', ["xxz"]),
        ('unset A; A+="${A:=y}z"; docker $A', ["yyz"]),
        ("L=(1 2); L[0]+=$((L[0]=5)); docker ${L[0]}", ["55"]),
        ('L=(1 2); L+=($((L[0]=5))); docker "${L[@]}"', ["…"]),
    ],
)
def test_an_assignment_takes_what_its_own_value_has_set(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


_ASSUMED = 'if [ -n "$EXTRA" ]; then A=zz; else A=x; fi\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('eval "docker push $A"', ["push~|x~"]),
        ('sh -c "docker pull $A"', ["pull~|x~"]),
        ('echo "docker run $A" | sh', ["run~|x~"]),
        ("sh <<E\ndocker tag $A\nE", ["tag~|x~"]),
        ('eval "f() { docker push $Q $A; }"\nf', ["push~|…~|x~"]),
        ('eval "B=$A"\ndocker push $B', ["push|x~"]),
    ],
)
def test_a_text_that_is_read_again_keeps_what_it_rests_on(text: str, expected: list[str]) -> None:
    assert calls(_ASSUMED + text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('X=--a; if prog; then X="$X --b"; fi; docker $X-s', ["--a…-s"]),
        ('X=--a; if prog; then X="$X --b"; fi; docker $X s', ["--a|…|s"]),
        ('X=--a; if prog; then X="$X --b"; fi; docker ${Y:-$X}-s', ["--a…-s~"]),
        ('X=--a; if prog; then X="$X --b"; fi; Z=$X-s; docker $Z', ["--a…-s"]),
        ("L=(--a); if prog; then L+=(--b); fi; docker ${L[@]}-s", ["…-s"]),
        ('set -- a $EXTRA; A="$@-y"; docker $A', ["a…-y"]),
        ('set -- a $EXTRA; docker "$*"', ["a…"]),
        ('set -- a $EXTRA; docker "x$*y"', ["xa…y"]),
    ],
)
def test_what_may_be_nothing_does_not_part_words(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if prog; then IFS=-; fi; A=a-b; docker push $A", ["push|…"]),
        ('if prog; then IFS=-; fi; A=a-b; docker push "$A"', ["push|a-b"]),
        ("L=(a b); IFS=-; docker ${!L[@]}; A=${!L[@]}; docker $A", ["0|1", "…"]),
        ("n=1; if [ -e x ]; then :; elif (( n++ )); then :; fi; docker $n", ["…"]),
        ("set -o pipefail; if true | true; then docker a; fi", ["?a"]),
        ("if true | true; then docker a; fi", ["a"]),
        ("for i in 1 $X 3; do docker $i; prog && break; done", ["1", "?3", "?…"]),
        ("set -u\nunset L\ndocker ${#L[@]}\ndocker b", ["b"]),
        ("eval 'docker a; docker b )'; docker c", ["?a", "?b", "c"]),
        ("A=x; while prog; do docker $A; eval 'A=y'; done", ["?…"]),
        ("A=x; while prog; do docker $A; typeset A=y; done", ["?…"]),
        ('if [ -n "$E" ]; then B=3; fi; docker "${B:1:-1}"', ["?…"]),
        ("A=x; f() { docker a${A#x}; }; set -u; if prog; then unset A; fi; (docker ${#A}); f", ["?…", "a…"]),
        ("B=1; if prog; then export B; fi; sh -c 'docker $B'; export B; sh -c 'docker $B'", ["…", "1"]),
        ("B=1; if prog; then export B; fi; B=2 sh -c 'docker $B'", ["2"]),
        ('L=(a b); IFS=/; D="${L[@]#v}"; docker "$D"', ["…"]),
        ("L=('a b'); IFS=; docker ${L[@]#v}", ["…"]),
        ("docker {1..600} b", ["…|b"]),
        ("docker {1..30}{1..30} b", ["…|b"]),
        ("for i in {1..1000}; do docker $i; done", ["?…"]),
        ("f() { docker $1 $2; }; A=; if prog; then A=x; fi; f $A 7 8", ["…|…"]),
        ("B=1; if [ -e x ]; then :; else if [ $EXTRA = x ]; then B=2; fi; fi; docker $B", ["1~"]),
        ('n=0; cat > "f$((n++))" < "g$((n++))"; docker $n', ["2"]),
        ('n=0; { docker b; } > "$((n++))" <<< "$((n++))"; docker $n', ["b", "2"]),
    ],
)
def test_what_may_go_two_ways_is_open(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true; docker $?", ["0"]),
        ("false; docker $?", ["…"]),
        ("prog; docker $?", ["…"]),
        ("true; docker $(false) $?", ["…"]),
        ("if [ a = a ]; then docker $?; fi", ["0"]),
        ("f() { docker $?; }; true; f; prog; f", ["0", "…"]),
        ("false; true | docker $?", ["…"]),
        ("x=$(true); docker $?; x=$(prog); docker $?", ["0", "…"]),
        ("true; for i in $X; do docker $?; prog; done", ["?…"]),
        ("false; sh -c 'docker $?'", ["0"]),
        ("true; if prog; then false; fi; docker $?", ["…"]),
        ("case $1 in a) true;; b) docker $?;; esac", ["?…"]),
        ("if prog; then true; else docker $?; fi", ["?…"]),
        ("trap 'docker $?' EXIT; prog || exit 1; true", ["…"]),
    ],
)
def test_the_status_of_the_last_command_is_known_where_it_must_have_worked(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('A="a\'b c"; docker "${A@Q}" ${A@Q}', ["'a'\\''b c'|'a'\\''b|c'"]),
        ('A=; docker "${A@Q}"; unset A; docker "${A@Q}"', ["''", ""]),
        ('L=(a "b c"); docker "${L[@]@Q}"', ["'a'|'b c'"]),
        ("A=$'a\\tb'; docker ${A@Q}", ["…"]),
        ("A=abc; docker ${A/x/&} ${A/b/&}", ["abc|…"]),
        ("A=abc; docker ${A/x/$Z} ${A/b/$Z}", ["abc|…"]),
        ('L=(a "b c"); docker "${L[*]^^}" "x${L[*]#a}y"', ["A B C|x b cy"]),
        ('L=(a "b c"); set -- 1; docker "${L[*]^^}$@"', ["…1"]),
        ('L=(a b); IFS=-; docker "${L[*]^^}"; A=${L[*]^^}; docker "$A"', ["A-B", "…"]),
    ],
)
def test_operators_whose_outcome_is_certain(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    ("options", "finds"),
    [
        ("-q cuda", True), ("-q ^cuda", True), ("-qi CUDA", True), ("-q '2.1$'", True), ("-q '12\\.1'", True),
        ("-q 12x1", False), ("-qx cuda", False), ("-qx cuda.12.1", True), ("-qF .1", True), ("-qF 'a.1'", False),
        ("-qE a-1", True), ("-q '^12'", False), ("--quiet -- cu", True), ("-q -e da-", True),
        ("-qw cuda", None), ("-q '[a-z]'", None), ("-q 'a*'", None), ("-v cuda", None), ("-q cuda file", None),
        ("-q $X", None),
    ],
)  # fmt: skip
def test_grep_in_what_is_known(options: str, finds: bool | None) -> None:
    text = f"T=cuda-12.1; if echo $T | grep {options}; then docker yes; else docker no; fi"
    assert calls(text) == {True: ["yes"], False: ["no"], None: ["?yes", "?no"]}[finds]


def test_grep_reads_lines() -> None:
    assert calls("if printf '' | grep -q ''; then docker yes; else docker no; fi") == ["no"]
    assert calls("if echo | grep -q '^$'; then docker yes; else docker no; fi") == ["yes"]
    assert calls("if printf 'a\\nb\\n' | grep -qx b; then docker yes; else docker no; fi") == ["yes"]
    assert calls('if grep -q b <<< "$X"; then docker yes; else docker no; fi') == ["?yes", "?no"]
    assert calls(_ASSUMED + "if echo $A | grep -q x; then docker yes; else docker no; fi") == ["?yes", "?no"]


def test_time_is_a_program_where_it_is_no_word_of_the_shell() -> None:
    text = "alias docker='docker extra'\ntime docker pull a\n"
    assert [word.value.text for word in read_shell(text, {}, flavor="dash").commands[-1].words][:3] == [
        "time",
        "docker",
        "pull",
    ]
    assert calls("time docker pull a") == ["pull|a"]


@pytest.mark.parametrize("statement", ["let 'n=L[0]+0'", "n=$((L[0]+0))", "let n=$X", "(( n = X ))"])
def test_a_sum_of_what_is_not_known_may_end_a_text_under_set_u(statement: str) -> None:
    assert read_shell(f"set -u; L=($(prog))\n{statement}\ndocker a\n", {}).may_end
    assert not read_shell(f"L=($(prog))\n{statement}\n", {}).may_end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('set -u; L=($EXTRA); docker "${L[@]}"; docker b', ["…", "b"]),
        ("set -u\nunset L\ndocker ${#L[0]}\ndocker b", ["b"]),
        ("set -u\nL=x\ndocker ${#L[1]}\ndocker b", ["b"]),
        ("set -u\nL=(a)\ndocker ${#L[1]}\ndocker b", ["0", "b"]),
        ("set -eu\nunset L\ndocker ${#L[0]}\ndocker b", []),
        ("set -u\ndocker ${#L[0]}\ndocker b", ["?…", "b"]),
    ],
)
def test_an_item_that_is_not_set_ends_a_text(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize("word", ["${L[0]}", "${L}", "${L[1]%x}", "${L[0]:1}"])
@pytest.mark.parametrize("given", ["L=($EXTRA)", "L=($EXTRA); unset 'L[0]'", "if prog; then L=(a); else L=(); fi"])
def test_an_item_of_an_array_that_is_not_known_may_end_a_text(given: str, word: str) -> None:
    assert read_shell(f"set -u; {given}; docker {word}", {}).may_end
    assert not read_shell(f"{given}; docker {word}", {}).may_end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("! true", ["b"]), ("{ ! true; }", ["b"]), ("if true; then ! true; fi", ["b"]), ("false || ! true", ["b"]),
        ("true && ! true", ["b"]), ("! true | true", ["b"]), ("for i in 1; do ! true; done", ["b"]),
        ("(! true)", []), ("f() { ! true; }; f", []), ("! { false; docker a; }", ["a", "b"]),
    ],
)  # fmt: skip
def test_a_status_that_is_turned_round_ends_nothing_by_itself(text: str, expected: list[str]) -> None:
    found = read_shell(f"set -e\n{text}\ndocker b\n", {})
    assert [c.words[1].value.text for c in found.commands if c.words[0].value.text == "docker"] == expected
    assert not found.may_end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo a b | xargs docker pull x", ["pull|x|a|b"]),
        ("echo a b | xargs -n1 docker pull", ["pull|a", "pull|b"]),
        ("echo a b c | xargs -n 2 -r docker pull", ["pull|a|b", "pull|c"]),
        ("printf 'a b\\nc\\n' | xargs -I{} docker pull x{} {}", ["pull|xa b|a b", "pull|xc|c"]),
        ("printf '' | xargs docker pull", ["pull"]),
        ("printf '' | xargs -r docker pull", []),
        ("xargs -n1 docker pull <<< 'a b'", ["pull|a", "pull|b"]),
        ("echo a b | xargs -n1 sh -c 'docker pull $1 $0' z", ["pull|a|z", "pull|b|z"]),
        ("A=$(echo a b | xargs echo x); docker $A", ["x|a|b"]),
        ("echo a | { xargs docker pull; xargs docker push; }", ["pull|a", "push"]),
        ("T=cu121; echo torch==2.1+$T | xargs docker pull", ["pull|torch==2.1+cu121"]),
    ],
)
def test_what_xargs_reads_is_given_on(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "echo \"a 'b c'\" | xargs docker pull", "echo a | xargs -P2 docker pull",
        "cat list | xargs -n1 docker pull", "echo a | xargs -d, docker pull", "echo a | xargs -n x docker pull",
        "echo a | xargs docker pull $X", "xargs -n1 docker pull < list", "xargs -r docker pull < list",
        "(cat a; cat b) | xargs docker pull", 'xargs -a "$X" docker pull', "cat list | xargs -I{} docker pull {}",
    ],
)  # fmt: skip
def test_what_xargs_reads_may_be_open(text: str) -> None:
    command = read_shell(text, {}).commands[-1]
    assert command.words[0].value.text == "xargs"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo $X | xargs docker pull", "docker pull $(echo $X)"),
        ("cat list.txt | xargs pip install", "pip install $(cat list.txt)"),
        ("xargs pip install -U < list.txt", "pip install -U $(cat list.txt)"),
        ("xargs -a list.txt pip install", "pip install $(cat list.txt)"),
        ("xargs --arg-file=list.txt -d '\\n' pip install", "pip install $(cat list.txt)"),
        ("cat a | grep -v '^#' | xargs pip install", "pip install $(cat a | grep -v '^#')"),
        ("sh -c 'cat list.txt | xargs pip install'", "pip install $(cat list.txt)"),
        ("cat list.txt | xargs sh -c 'pip install \"$@\"' x", "pip install $@"),
    ],
)
def test_what_xargs_hands_on_is_named_by_what_prints_it(text: str, expected: str) -> None:
    command = read_shell(text).commands[-1]
    assert " ".join(word.value.shown() for word in command.words) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sh -c 'docker $0'", ["sh"]), ("/bin/sh -c 'docker $0'", ["/bin/sh"]), ("sh -c 'docker $0 $1' a b", ["a|b"]),
        ("env X=1 dash -c 'docker $0'", ["dash"]), ("echo 'docker $0 $1' | sh -s x", ["sh|x"]), ("docker $0", ["…"]),
        ("bash -c 'docker \"${BASH_SOURCE[0]}\"'", ["…"]),
    ],
)  # fmt: skip
def test_a_shell_that_is_started_knows_its_name(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docker a; A=$((1/0)); docker b\ndocker c", ["a", "c"]),
        ("A=abc; B=${A:0:-9}; docker b\ndocker c", ["c"]),
        ("declare -r Q=1\nQ=2; docker b\ndocker c", ["c"]),
        ("declare -i B; B='v 1'; docker b\ndocker c", ["c"]),
        ("f() { A=$((1/0)); docker a; }\nf; docker b\ndocker c", ["c"]),
        ("eval 'A=$((1/0)); docker x\ndocker y'; docker b", ["y", "b"]),
        ("bash -c 'A=$((1/0)); docker x\ndocker y'; docker b", ["y", "b"]),
        ("sh -c 'A=$((1/0)); docker x\ndocker y'; docker b", ["b"]),
        ("(A=$((1/0))\ndocker x); docker b", ["b"]),
        ("docker ${A b}; docker b\ndocker c", ["c"]),
        ("R=; docker ${!R}; docker b\ndocker c", ["c"]),
        ("local x=1; docker b$x", ["b…"]),
        ("A=7; docker ${A:1:-1} ${B:=q}\ndocker c$B", ["c…"]),
        ("prog && declare -r B=1\nB=2; docker b\ndocker c", ["?b", "c"]),
    ],
)
def test_an_error_ends_the_line_of_bash_that_it_is_in(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    "word", ["${A/b/x}", "${A^^}", "${A,,}", "${A:1:2}", "${A[0]}", "${!A}", "${A@Q}", "${#A[@]}", "${A b}", "${}"]
)
def test_dash_ends_at_an_expansion_that_it_does_not_know(word: str) -> None:
    assert calls(f"A=abc\ndocker a\ndocker {word}\ndocker b", "dash") == ["a"]
    assert calls(f"A=abc\n(docker {word}; docker c)\ndocker b", "dash") == ["b"]
    assert calls(f"if false; then docker {word}; fi; docker b", "dash") == ["b"]


def test_dash_knows_defaults_lengths_and_what_is_cut_off() -> None:
    assert calls("A=abc; docker ${A:-x} ${#A} ${A#a} ${A%%c} ${A:+y} ${B:=z}", "dash") == ["abc|3|bc|ab|y|z~"]


def test_local_outside_a_function_ends_dash() -> None:
    assert calls("docker a; local x=1; docker b", "dash") == ["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sh -c 'trap \"docker t\" EXIT; docker a'", ["a", "t"]),
        ("bash -c 'f() { trap \"docker t\" EXIT; docker a; }; f'", ["a", "t"]),
        ("f() { trap 'docker t' EXIT; docker a; }; x=$(f); docker b", ["a", "?t", "b"]),
        ("x=$(trap 'docker t' EXIT; docker a); docker b", ["a", "t", "b"]),
        ("if prog; then trap 'docker t' EXIT; exit; fi; docker b", ["b", "?t"]),
    ],
)
def test_a_trap_runs_where_its_shell_ends(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('f() { docker "$2" $#; }; f $A c', ["c~|2~"]),
        ("L=($A c); docker ${#L[@]} ${L[1]}", ["2~|c~"]),
        ("for i in $A c; do docker $i; done", ["?x~", "?c~"]),
        ('L=(a); if [ -n "$EXTRA" ]; then L+=(b); fi; docker ${!L[@]} ${#L[@]}', ["0~|1~"]),
        ('for i in 1 2; do if [ -z "$EXTRA" ]; then L=(a); fi; done; docker ${L[@]}', ["a~"]),
    ],
)
def test_how_many_words_there_are_rests_on_what_they_rest_on(text: str, expected: list[str]) -> None:
    assert calls(_ASSUMED + text) == expected


@pytest.mark.parametrize("end", ["break", "[ $A = x ] && break"])
def test_a_loop_may_have_ended_in_a_round_that_is_not_known(end: str) -> None:
    assert calls(f"for A in $X 03; do {end}; done; docker $A") == ["…"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for x in $EXTRA b; do docker $x; break; done", ["?b", "?…"]),
        ("for x in $EXTRA b; do docker $x; exit; done", ["?b", "?…"]),
        ("f() { for x in $EXTRA b; do docker $x; return; done; }; f; docker z", ["?b", "?…", "z"]),
        ("declare -i x; for x in $EXTRA app:7; do docker $x; done", ["?…"]),
        ("for x in a $EXTRA; do docker $x; break; done", ["a"]),
    ],
)
def test_a_round_that_leaves_a_loop_does_not_hide_those_in_front_of_it(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    ("given", "inside"),
    [
        ("L+=(z)", "z"),
        ("L+=z", "z"),
        ("L[1]=x", "x"),
        ("L=${L[1]}", "r"),
        ('L=("${L[@]}" x)', "q|r|x"),
        ("-a L=(x)", "x"),
    ],
)
def test_a_local_variable_begins_with_its_own_value(given: str, inside: str) -> None:
    text = f'L=(q r); f() {{ local {given}; docker "${{L[@]}}"; }}; f; docker "${{L[@]}}"'
    assert calls(text) == [inside, "q|r"]


def test_a_sum_rests_on_what_its_variables_rest_on() -> None:
    text = 'n=0; if [ -n "$EXTRA" ]; then n=1; fi; docker "$((n++))" "$n"; let n+=1; docker $n'
    assert calls(text) == ["0~|1~", "2~"]


def test_a_loop_over_what_may_have_to_be_a_number_may_end() -> None:
    text = "if prog; then declare -i D; fi\nfor D in a:b; do docker $D; done"
    assert calls(text) == ["?…"]


def test_a_trap_of_a_subshell_runs_behind_each_of_its_ends() -> None:
    text = "(trap 'docker \"$A\"' EXIT; A=x; if prog; then exit; fi; A=y)"
    assert calls(text) == ["?…"]


def test_a_program_does_not_start_where_what_it_reads_is_not_set() -> None:
    text = "set -u\nsh <<E\ndocker $A\nE\ndocker b\n"
    assert calls(text) == ["?…", "b"]


@pytest.mark.parametrize(
    ("text", "flavor", "ends"),
    [
        ("docker $((n/$n))\ndocker b", "bash", False),
        ("docker $(($n*2))\ndocker b", "bash", False),
        ("docker $((n/$n))\ndocker b", "dash", True),
        ("n=2; if prog; then unset n; fi; docker $((n/$n))\ndocker b", "dash", True),
    ],
)
def test_an_operand_that_is_not_set_may_make_an_expression_an_error(text: str, flavor: str, ends: bool) -> None:
    found = read_shell(text, {}, flavor=flavor)
    first = next(command for command in found.commands if command.words[0].value.text == "docker")
    assert bool(found.may_end) is ends and (ends or first.conditional)
    assert calls(text.replace("/$n", "+$n").replace("$n*2", "$n+2"), flavor)[-1] == "b"


@pytest.mark.parametrize("value", ["$*v-1", "$EXTRA", "a$1"])
def test_a_number_whose_expression_is_not_known_may_end_a_text_under_set_u(value: str) -> None:
    assert read_shell(f'set -u\ndeclare -i C=3\nC="{value}"\ndocker a\n', {}).may_end
    assert not read_shell(f'declare -i C=3\nC="{value}"\ndocker a\n', {}).may_end


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ('docker "${!M[@]}"', "0|1|…"),
        ('docker "${M[@]}"', "1|2|…|y"),
        ('docker "${#M[@]}" "${M[1]}" "${M[2]}" "${M[3]}" "${M[-1]}" "${M[-2]}"', "…|2|…|…|y|…"),
        ('docker "${M[@]:1:1}" "${M[@]:1:2}"', "2|…"),
        ('docker "${M[@]: -1}" "${M[@]:3}"', "…|…"),
        ('M[1]=q; docker "${M[@]}"', "1|q|…|y"),
        ('M[2]=q; docker "${M[@]}" "${M[3]}"', "1|2|…|…"),
        ('M[9]=q; docker "${M[@]}"', "1|2|…"),
        ('M[-1]=z; docker "${M[@]}"', "1|2|…|z"),
        ('(( M[3] = 4 )); docker "${M[@]}"', "1|2|…"),
        ("unset 'M[-1]'; docker \"${M[@]}\"", "1|2|…"),
        ('unset \'M[0]\'; docker "${M[@]}" "${!M[@]}"', "2|…|y|1|…"),
        ("unset 'M[3]'; docker \"${M[@]}\"", "1|2|…"),
        ('M+=(z); prog && M+=(k); docker "${M[@]}" "${M[-1]}"', "1|2|…|…"),
        ('N=("${M[@]}" z); docker "${N[@]}" "${!N[@]}"', "…|…"),
        ('M+=([1]=q); docker "${M[@]}"', "1|q|…|y"),
    ],
)
def test_behind_an_item_that_a_branch_adds_no_subscript_is_known(then: str, expected: str) -> None:
    assert calls(f"M=(1 2); prog && M+=(x); M+=(y); {then}") == [expected]


@pytest.mark.parametrize("inner", ["( {} )", "echo a | {{ {}; }}", "x=$({})", "( ( {} ) )", "{{ {}; }} &"])
@pytest.mark.parametrize("made", ["declare A=x", "unset A; local A=x", "local A", "declare -i A=3"])
def test_what_a_subshell_makes_local_is_not_local_to_the_function(inner: str, made: str) -> None:
    assert calls(f"A=7; f() {{ {inner.format(made)}; A=8; }}; f; docker $A")[-1] == "8"
    assert calls(f"A=7; f() {{ {inner.format(made)}; }}; f; docker $A ${{#A}}")[-1] == "7|1"


@pytest.mark.parametrize(("flavor", "commands", "may_end"), [("bash", 2, ()), ("dash", 1, ()), ("sh", 2, (1,))])
def test_return_outside_of_functions(flavor: str, commands: int, may_end: tuple[int, ...]) -> None:
    """bash says what is wrong and goes on; other shells end there, and which one `sh` is nobody knows."""
    result = read_shell("a; return 0; b\n", flavor=flavor)
    assert (len(result.commands), tuple(result.may_end)) == (commands, may_end)
