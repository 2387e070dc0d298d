"""Random shell scripts over the constructs that the readers model; the same seed and number give the same script."""

from __future__ import annotations

import random

from tests.differential.shell_words import ARRAYS, NAMES, VALUES, Words

_WORDS_OF_TEST = ("latest", "cuda", "", "7", "a*", "x-y.z")


class Script(Words):
    """One script in the making. bash: whether it may use more than POSIX sh."""

    def __init__(self, seed: str, bash: bool) -> None:
        super().__init__(random.Random(seed), bash)
        self.in_function = 0
        self.loops = 0
        self.counter = 0
        self.budget = self.random.randint(1, 9)

    def text(self) -> str:
        first = "#!/bin/bash" if self.bash else "#!/bin/sh"
        lines = [first, *self.opening()]
        while self.budget > 0:
            lines.append(self.statement(0))
        lines.append(self.docker())
        return "\n".join(lines) + "\n"

    def opening(self) -> list[str]:
        lines = [f"{name}={self.literal()}" for name in NAMES if self.chance(0.92)]
        lines.insert(0, f"R={self.choose(NAMES)} n={self.random.randint(0, 3)}")
        if self.chance(0.12):
            lines.append(self.choose(["set -e", "set -eu", "set -u", "set -e -o pipefail" if self.bash else "set -e"]))
        if self.bash:
            lines += [f"{name}=({self.words(3)})" for name in ARRAYS if self.chance(0.85)]
        return lines

    # -- conditions

    def condition(self) -> str:
        kinds = [(3.0, "test"), (0.7, "constant"), (0.6, "open"), (0.4, "combined"), (0.3, "negated")]
        if self.bash:
            kinds += [(2.0, "brackets"), (1.0, "numbers")]
        self.name = self.choose(NAMES)
        return self.pick(*kinds)

    def test(self) -> str:
        word = self.choose(_WORDS_OF_TEST)
        return self.choose(
            [
                f'[ "${self.name}" = "{word}" ]', f'[ -z "${self.name}" ]', f'[ -n "${self.name}" ]',
                f'[ "${self.name}" != "{word}" ]', f'test "${self.name}" = "$B"', '[ "$#" -gt 1 ]',
                f"[ ${{#{self.name}}} -lt 4 ]", '[ -n "$EXTRA" ]', '[ "$n" -eq 1 ]', '[ "x$1" = xlatest ]',
                f'[ "${self.name}" = latest -o "$B" = cuda ]', f'[ ! "${self.name}" = 7 ]', "[ -e there ]",
                f'[ -n "${{{self.name}+x}}" ]', f'[ "${self.name}" ]', '[ "$A" = latest -a -n "$B" ]',
                "[ $EXTRA = x ]",
            ]
        )  # fmt: skip

    def constant(self) -> str:
        return self.choose(["true", "false", ":"])

    def open(self) -> str:
        return self.choose(["prog", "prog -q x", "echo a | grep -q a", "command -v prog >/dev/null", "[ -e there ]"])

    def combined(self) -> str:
        return f"{self.condition()} {self.choose(['&&', '||'])} {self.condition()}"

    def negated(self) -> str:
        return f"! {self.condition()}"

    def brackets(self) -> str:
        word = self.choose(_WORDS_OF_TEST)
        return self.choose(
            [
                f"[[ ${self.name} == {word or '*'} ]]", f"[[ ${self.name} == *{word}* ]]",
                f'[[ ${self.name} == "$B" ]]', f"[[ ${self.name} != {word or 'q'} && -n $B ]]",
                f"[[ -z ${self.name} || $C = 7 ]]", f"[[ ${self.name} =~ ^[0-9.]+$ ]]",
                f"[[ ${self.name} =~ ^v-([0-9]+)$ ]]", f"[[ ! ${self.name} < m ]]", f"[[ -v {self.name} ]]",
                "[[ $n -gt 1 ]]", f"[[ ${self.name} == [[:digit:]]* ]]", "[[ ( $A = latest || $B = 7 ) && $C ]]",
                f"[[ ${{{self.name}}} == @(latest|7) ]]",
            ]
        )  # fmt: skip

    def numbers(self) -> str:
        return f"(( {self.arithmetic()} {self.choose(['', '> 3', '== 1', '<= n', '!= 0'])} ))"

    # -- statements

    def statement(self, depth: int) -> str:
        self.budget -= 1
        simple = [
            (5.0, "docker"), (4.0, "assign"), (1.0, "listed"), (0.7, "shell"), (0.5, "positional"), (0.4, "prefixed"),
        ]  # fmt: skip
        simple += [(0.6, "call"), (0.4, "reading"), (0.3, "odd"), (0.3, "wrapped"), (0.25, "leave"), (0.2, "splitting")]
        if self.bash:
            simple += [(2.0, "array"), (1.2, "counted"), (0.8, "declared")]
        if depth < 3:
            self.depth = depth
            simple += [
                (1.6, "branch"), (1.0, "case"), (1.6, "loop"), (0.8, "function"), (0.6, "grouped"), (0.5, "piped"),
            ]  # fmt: skip
        self.depth = depth
        return self.pick(*simple)

    def block(self) -> str:
        depth = self.depth + 1
        lines = [self.statement(depth) for _ in range(self.random.randint(1, 3))]
        self.depth = depth - 1
        return "\n".join(lines)

    def docker(self) -> str:
        return f"docker {self.choose(['push', 'pull', 'build -t', 'tag a'])} {self.words(4)}"

    def assign(self) -> str:
        name = self.choose(NAMES)
        value = self.choose(
            [self.word(), f'"{self.expansion()}{self.choose(VALUES)}"', self.expansion(), self.literal()]
        )
        if value.startswith("{") or "{" in value and "," in value and "$" not in value:
            value = self.literal()
        kind = self.random.random()
        if self.bash and kind < 0.12:
            return f"{name}+={value}"
        if kind < 0.2:
            return f"n={self.random.randint(0, 4)}"
        if kind < 0.25:
            return f"export {name}={self.literal()}"
        if kind < 0.28:
            return f"unset {name}"
        if kind < 0.3:
            return f"R={self.choose(NAMES)}"
        return f"{name}={value}"

    def listed(self) -> str:
        first = self.condition()
        then = self.choose([f"{self.choose(NAMES)}={self.literal()}", self.docker(), "true", "false"])
        other = self.choose(["", "", f" || {self.choose(NAMES)}={self.literal()}", f" && {self.docker()}", " || true"])
        return f"{first} {self.choose(['&&', '||'])} {then}{other}"

    def shell(self) -> str:
        inner = self.choose(
            [
                "docker push app:$A $B", "docker pull ${D:-none} $1", "A=in; docker push $A", 'docker tag "$0" x',
                "docker pull $#",
            ]
        )  # fmt: skip
        shell = self.choose(["sh", "bash"]) if self.bash else "sh"
        return self.choose(
            [
                f"{shell} -c '{inner}' {self.words(2)}", f'eval "docker push {self.choose(VALUES)} $A"',
                "eval docker pull '$B'", f'echo "docker pull $A" | {shell}', f"{shell} <<E\ndocker push $A \\$B\nE",
                f"{shell} <<'E'\n{inner}\nE", f"cat <<E | {shell}\n{inner}\nE",
                f"eval '{self.choose(NAMES)}={self.choose(VALUES)}'", f"{shell} -ec '{inner}'",
                "trap 'docker push exit $A' EXIT", f"printf 'docker push %s\\n' {self.literal()} | {shell} -s",
                f'{shell} -c "{self.choose(["docker push $A", "docker pull x"])}"', f"export {self.choose(NAMES)}",
            ]
        )  # fmt: skip

    def positional(self) -> str:
        return self.choose(
            [
                f"set -- {self.words(3)}", "shift", "shift 2 || true", 'set -- "$@" more', "set -- $A $B",
                f"set -- $EXTRA {self.literal()}",
            ]
        )  # fmt: skip

    def prefixed(self) -> str:
        return f"{self.choose(NAMES)}={self.literal()} {self.docker()}"

    def call(self) -> str:
        if not self.functions:
            return self.docker()
        arguments = self.choose([self.words(3), "$EXTRA " + self.words(2), '"$@"', ""])
        return f"{self.choose(self.functions)} {arguments}"

    def reading(self) -> str:
        name = self.choose(NAMES)
        options = [f"read -r {name} <<E\n{self.choose(VALUES)} $B\nE", f"read {name} B <<E\nx y z\nE"]
        if self.bash:
            options += [
                f"read -r {name} <<< {self.word()}", f"mapfile -t {self.choose(ARRAYS)} <<< {self.literal()}",
                f"printf -v {name} '%s-%s' x {self.literal()}", f"IFS=- read -r {name} B <<< v-1-2",
                f"read -ra {self.choose(ARRAYS)} <<< 'p q r'", "mapfile -t L < <(printf '%s\\n' a b)",
                f"while read -r x; do docker pull $x; done <<< {self.literal()}",
                "printf '%s\\n' a b | while read -r x; do docker pull $x; A=sub; done",
            ]  # fmt: skip
        return self.choose(options)

    def odd(self) -> str:
        options = [
            ": # docker push comment", "docker push a \\\n  $B", ": ${A:=given}", "docker push 'a b'\"c\"\\ d",
            "docker push a\\$b", "cd /tmp",
        ]  # fmt: skip
        options += [
            "docker pull a >/dev/null 2>&1", "wait", "alias docker='docker extra'", "set -f",
            "docker push $'a\\tb'" if self.bash else "set +f",
        ]  # fmt: skip
        if self.bash:
            options += [
                "docker push <(true) >/dev/null", "shopt -s nullglob", "docker push {a,$B}",
                "docker &>/dev/null pull q",
            ]  # fmt: skip
        else:
            options += [
                "docker push {a,b}", "docker push x+=1", "[[ a = a ]] && docker push double", "docker push $'x'",
                "A+=y", "[ a == a ] && docker push eq",
            ]  # fmt: skip
        return self.choose(options)

    def wrapped(self) -> str:
        prefix = self.choose(
            [
                "env", "env X=1", "command", "nohup", "timeout 5", "nice -n 1", "env -i PATH=\"$PATH\" REC=\"$REC\"",
                "exec -a n" if self.bash else "time",
            ]
        )  # fmt: skip
        if prefix.startswith("exec"):
            prefix = "command"
        return f"{prefix} {self.docker()} 2>/dev/null"

    def leave(self) -> str:
        if self.in_function and self.chance(0.7):
            return self.choose(["return", "return 1", "return 0", f"{self.condition()} && return"])
        if self.loops and self.chance(0.7):
            return self.choose(
                [
                    "break", "continue", f"{self.condition()} && break", f"{self.condition()} && continue", "break 2",
                    "continue 2",
                ]
            )  # fmt: skip
        return self.choose(
            [
                f"{self.condition()} || exit 1", f"{self.condition()} && exit 0",
                f"if {self.condition()}; then exit; fi", "false",
            ]
        )  # fmt: skip

    def splitting(self) -> str:
        return self.choose(["IFS=-", "IFS=/", "IFS=' '", "unset IFS", "IFS=", "IFS=.-"])

    def array(self) -> str:
        name = self.choose(ARRAYS)
        return self.choose(
            [
                f"{name}=({self.words(4)})", f"{name}+=({self.words(2)})", f"{name}[1]={self.literal()}",
                f"{name}[-1]={self.literal()}", f"unset '{name}[0]'", f"{name}[5]={self.literal()}", f"unset {name}",
                f"{name}=()", f"{name}=([2]=b [0]=a)", f'{name}=("${{{name}[@]}}" tail)',
                f"{name}[n]={self.literal()}",
                f"declare -A K=([k]={self.literal()} [j]=2); docker pull ${{K[k]}} ${{#K[@]}}", f"{name}[0]+=z",
                f"{name}+=z", f"unset '{name}[-1]'", f"{name}=($A)",
            ]
        )  # fmt: skip

    def counted(self) -> str:
        return self.choose(
            [
                f"(( {self.arithmetic()} ))", f"let 'n={self.arithmetic()}'", f"n=$(({self.arithmetic()}))",
                "((n++))", f"(( n += {self.random.randint(1, 4)} )) || true",
            ]
        )  # fmt: skip

    def declared(self) -> str:
        name = self.choose(NAMES)
        return self.choose(
            [
                f"declare -l {name}=LaTest", f"declare -u {name}=latest", f"declare -i {name}=3+4",
                "declare -i n=2; n+=3", f"declare -n N={name}; N={self.literal()}",
                f"declare {name}={self.literal()}", f"declare -x {name}={self.literal()}", f"typeset {name}=q",
                "declare -a L=(x y)", "declare -r Q=1; docker push $Q",
                f"local {name}={self.literal()}" if self.in_function else f"declare -g {name}=g",
                f"declare +x {name}",
            ]
        )  # fmt: skip

    def branch(self) -> str:
        text = f"if {self.condition()}; then\n{self.block()}\n"
        if self.chance(0.3):
            text += f"elif {self.condition()}; then\n{self.block()}\n"
        if self.chance(0.5):
            text += f"else\n{self.block()}\n"
        return text + "fi"

    def case(self) -> str:
        arms = []
        for _ in range(self.random.randint(1, 3)):
            pattern = self.choose(
                [
                    "latest", "a*", "*-*", "[0-9]*", '"$B"', "cuda|7", "[[:alpha:]]*", "''", "?", "v-[!0]", "'a*'",
                    "$C", "x|y*",
                ]
            )  # fmt: skip
            mark = self.choose([";;", ";;", ";;", ";&" if self.bash else ";;", ";;&" if self.bash else ";;"])
            arms.append(f"  {self.choose(['', '('])}{pattern})\n{self.block()}\n{mark}")
        if self.chance(0.5):
            arms.append(f"  *)\n{self.block()}\n;;")
        word = self.choose([f"${self.choose(NAMES)}", f'"{self.expansion()}"', "$1"])
        return f"case {word} in\n" + "\n".join(arms) + "\nesac"

    def loop(self) -> str:
        kinds = [(3.0, "each"), (1.0, "during")]
        if self.bash:
            kinds.append((0.8, "c_style"))
        self.loops += 1
        text = self.pick(*kinds)
        self.loops -= 1
        return text

    def each(self) -> str:
        name = self.choose([*NAMES, "i", "j"])
        over = self.words(3)
        if self.bash and self.chance(0.35):
            over = self.choose(['"${L[@]}"', "{1..3}", "${L[@]}", "{a..c}", '"${!M[@]}"', "$(seq 1 3)", "$(seq 3)"])
        head = f"for {name}" if self.chance(0.06) else f"for {name} in {over}"
        return f"{head}; do\n{self.block()}\ndocker pull ${name}\ndone"

    def during(self) -> str:
        self.counter += 1
        name = f"c{self.counter}"
        most = self.random.randint(0, 3)
        test = f"(( {name} < {most} ))" if self.bash and self.chance(0.3) else f"[ ${name} -lt {most} ]"
        word = "while"
        if self.chance(0.3):
            word, test = "until", f"[ ${name} -ge {most} ]"
        # The counter goes up first: `continue` must not make the loop endless.
        return f"{name}=0\n{word} {test}; do\n{name}=$(({name}+1))\n{self.block()}\ndone\ndocker pull ${name}"

    def c_style(self) -> str:
        self.counter += 1
        name = f"c{self.counter}"
        most = self.random.randint(0, 3)
        return f"for (({name}=0; {name}<{most}; {name}++)); do\n{self.block()}\ndocker pull ${name}\ndone"

    def function(self) -> str:
        if self.in_function:
            return self.docker()
        name = f"f{len(self.functions)}"
        self.in_function, loops, self.loops = 1, self.loops, 0
        given = self.choose(["$1", '"$2"', self.literal()])
        lines = [f"local {self.choose(NAMES)}={given}"] if self.chance(0.5) else []
        lines.append(self.block())
        lines.append(
            self.choose(['docker push "$@"', "docker push $1 $2", "docker push $#", "return 1", 'echo "$A"', "true"])
        )
        self.in_function, self.loops = 0, loops
        head = f"function {name} {{" if self.bash and self.chance(0.15) else f"{name}() {{"
        text = f"{head}\n" + "\n".join(lines) + "\n}"
        self.functions.append(name)
        return f"{text}\n{self.call()}"

    def grouped(self) -> str:
        opening, closing = self.choose(["( )", "{ }", "( )"]).split()
        redirect = self.choose(["", "", " >/dev/null", " 2>&1"])
        after = self.choose(["", f" && {self.docker()}", f" || {self.docker()}"])
        return f"{opening}\n{self.block()}\n{closing}{redirect}{after}"

    def piped(self) -> str:
        return self.choose(
            [
                f"{self.docker()} | cat", f"echo x | {self.docker()}", f"! {self.docker()}",
                "{ A=lost; docker pull $A; } | cat", "true | A=lost", f"{self.docker()} & wait",
                f"{self.functions[-1]} a & wait" if self.functions else "wait", "echo a b | xargs docker pull $A",
                "echo a b | xargs -n1 docker pull", "cat there | xargs docker pull $A",
                f"if echo {self.choose(VALUES)} | grep -q l; then A=grepped; fi",
                f"( {self.choose(NAMES)}=lost ); {self.docker()}",
            ]
        )  # fmt: skip
