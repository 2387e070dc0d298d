"""Random words of shell scripts: literals, expansions, sums and the output of commands."""

from __future__ import annotations

import random

NAMES = ("A", "B", "C", "D")
ARRAYS = ("L", "M")
ENVIRONMENT = ("EXTRA", "MODE")
"""Variables that the environment may set, which the script is not to know."""
VALUES = "latest 1.0 v-1 a/b rel.latest LATEST x-y.z 7 03 cpu cuda".split()
_PATTERNS = (
    "v-",
    "*-",
    "a",
    "[vV]",
    "[!a-z]",
    "*[.]",
    "?",
    "[a-c]*",
    "l*t",
    ".",
    "/",
    "[[:digit:]]",
    "%s",
    "x*",
    "\\*",
)
_OPERATORS = ("#", "##", "%", "%%")


class Words:
    """The words of one script. bash: whether they may use more than POSIX sh. functions: those that are defined."""

    def __init__(self, source: random.Random, bash: bool) -> None:
        self.random, self.bash = source, bash
        self.functions: list[str] = []
        self.name = NAMES[0]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def choose(self, options: list[str] | tuple[str, ...]) -> str:
        return self.random.choice(options)

    def pick(self, *options: tuple[float, str]) -> str:
        """The method of one of the options, by weight, called."""
        weights = [weight for weight, _ in options]
        name = self.random.choices([name for _, name in options], weights)[0]
        return str(getattr(self, name)())

    # -- words

    def literal(self) -> str:
        value = self.choose(VALUES)
        kind = self.random.random()
        if kind < 0.08:
            return f"'{value} {self.choose(VALUES)}'"
        if kind < 0.14:
            return "''"
        return f'"{value}"' if kind < 0.3 else value

    def words(self, most: int) -> str:
        return " ".join(self.word() for _ in range(self.random.randint(1, most)))

    def word(self) -> str:
        kind = self.random.random()
        if kind < 0.3:
            return self.literal()
        if kind < 0.55:
            return f'"{self.expansion()}"'
        if kind < 0.75:
            return self.expansion()
        if kind < 0.85:
            return f"app:{self.expansion()}"
        if kind < 0.92 and self.bash:
            return self.choose(["{a,b}", "x{1..3}", "{01..03}", "a{b,c}d", "{c..a}", "{a,b}{1,2}", "{x}", "p{,q}"])
        return f'"{self.expansion()}-{self.expansion()}"'

    def expansion(self) -> str:
        name = self.choose(NAMES)
        kinds = [(4.0, "plain"), (1.0, "default"), (1.5, "trimmed"), (0.8, "length"), (1.0, "output"), (0.7, "sum")]
        kinds += [(0.5, "argument"), (0.3, "unknown")]
        if self.bash:
            kinds += [
                (1.2, "replaced"), (0.7, "cased"), (0.8, "part"), (1.8, "element"), (0.3, "indirect"),
                (0.3, "quoted"),
            ]  # fmt: skip
        self.name = name
        return self.pick(*kinds)

    def plain(self) -> str:
        return self.choose([f"${self.name}", f"${{{self.name}}}"])

    def unknown(self) -> str:
        return f"${self.choose(ENVIRONMENT)}"

    def default(self) -> str:
        operator = self.choose([":-", "-", ":+", "+", ":="])
        value = self.choose([*VALUES, "$B", "'q r'", '"$C"', ""])
        return f"${{{self.name}{operator}{value}}}"

    def trimmed(self) -> str:
        return f"${{{self.name}{self.choose(_OPERATORS)}{self.choose(_PATTERNS)}}}"

    def length(self) -> str:
        return f"${{#{self.name}}}"

    def argument(self) -> str:
        return self.choose(["$1", "${2}", "$#", "$*", "$@", "${3:-none}", "${1#v}", "$?"])

    def replaced(self) -> str:
        operator = self.choose(["/", "//", "/#", "/%"])
        if self.chance(0.1):
            return f"${{{self.name}////-}}"
        return f"${{{self.name}{operator}{self.choose(_PATTERNS)}/{self.choose(['-', '', 'Z', '&', '$B'])}}}"

    def cased(self) -> str:
        return f"${{{self.name}{self.choose(['^^', '^', ',,', ',', '^^[a-c]', ',,L'])}}}"

    def part(self) -> str:
        return f"${{{self.name}{self.choose([':1', ':1:2', ': -2', ':0:1', ':1:-1', ':9', ':0:$((1+1))'])}}}"

    def element(self) -> str:
        name = self.choose(ARRAYS)
        return self.choose(
            [
                f"${{{name}[0]}}", f"${{{name}[1]}}", f"${{{name}[-1]}}", f"${{{name}[@]}}", f"${{{name}[*]}}",
                f"${{#{name}[@]}}", f"${{!{name}[@]}}", f"${{{name}[@]:1}}", f"${{{name}[@]:0:1}}",
                f"${{{name}[@]#v}}", f"${{{name}[@]/a/b}}", f"${{{name}}}", f"${{{name}[1+0]}}", f"${{{name}[k]}}",
                f"${{{name}[@]:-none}}", f"${{{name}[*]^^}}",
            ]
        )  # fmt: skip

    def indirect(self) -> str:
        return self.choose(["${!R}", "${!R:-none}"])

    def quoted(self) -> str:
        return self.choose([f"${{{self.name}@Q}}", f"${{{self.name}@U}}", f"${{{self.name}@L}}"])

    def sum(self) -> str:
        return f"$(({self.arithmetic()}))"

    def arithmetic(self) -> str:
        n = self.random.randint(0, 9)
        forms = [f"{n}+1", f"7-{n}", f"n+{n}", "$n*2", f"({n}+2)*3", f"{n}%4", f"n*n-{n}", "7/2", f"n>{n}?1:2", f"!{n}"]
        if self.bash:
            forms += [
                "2**3", "n++", "--n", "n+=2", "n=3,n+1", "n==0||n>2", "n&6|1", "1<<3", "-n", "${#A}+1", "L[0]+0",
                "0x1f", "010",
            ]  # fmt: skip
        return self.choose(forms)

    def output(self) -> str:
        inner = self.choose(
            [
                f"echo {self.literal()}", "echo $A $B", f"printf '%s-%s' {self.literal()} $B",
                f"basename a/{self.choose(VALUES)}.txt .txt", f"dirname x/y/{self.choose(VALUES)}",
                "echo $A | tr a-z A-Z", f"echo ${self.name} | cut -d- -f1", "echo $A | sed 's/a/b/g'", "prog",
                f"echo {self.literal()}; echo {self.literal()}", "true && echo $B", "printf '%s\\n' a b",
                "A=inner; echo $A", f"{self.functions[-1]} {self.literal()}" if self.functions else "echo none",
                f"printf '%03d' {self.random.randint(0, 20)}", "echo -n x", "pwd >/dev/null; echo p",
                f"cat <<E\n{self.choose(VALUES)} $A\nE\n", "if true; then echo yes; else echo no; fi",
            ]
        )  # fmt: skip
        return (
            f"`{inner}`"
            if self.chance(0.1) and "`" not in inner and "\\" not in inner and "$" not in inner
            else f"$({inner})"
        )
