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
        ("set -u; unset L; docker ${#L[@]}; docker b", ["b"]),
        ("eval 'docker a; docker b )'; docker c", ["?a", "?b", "c"]),
        ('n=0; cat > "f$((n++))" < "g$((n++))"; docker $n', ["2"]),
        ('n=0; { docker b; } > "$((n++))" <<< "$((n++))"; docker $n', ["b", "2"]),
    ],
)
def test_what_may_go_two_ways_is_open(text: str, expected: list[str]) -> None:
    assert calls(text) == expected
