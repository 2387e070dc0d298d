"""Expansion of Dockerfile words against BuildKit's own lexer: random words, and what each side makes of them.

    python -m tests.differential.dockerfile_words --cases 10000 --seed 1 --oracle ORACLE

ORACLE is a program that asks BuildKit itself, JSON lines in and out (see `Oracle`); it is not part of this repository.
Without one, an engine with BuildKit
answers for the forms that every release knows: each batch of words becomes the labels of one image. Figures, and every
word that is wrong, go to standard output; exit 1 when one is.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from wxlint.core.values import Value, could_equal
from wxlint.documents.dockerfile.template_marks import MARK
from wxlint.documents.dockerfile.word_grammar import WordError, parse_word
from wxlint.images.evaluation.variables.expansion import Scope, expand

VARIABLES = {
    "A": "apple",
    "E": "",
    "P": "/usr/local/bin/python3.11",
    "V": "12.1.0-cudnn8-runtime",
    "Q": 'it\'s "so" a*b',
    "S": "a b",
    "R": "aXbXaXb",
}
UNSET = "NO"

_PLAIN = ("x", "a", "-", ".", "/", ":", "1", "é", "latest", "=", "+", "%", "<", "<<", "[", ")", "|", "^", "@", ",")
_QUOTING = ("\\\\", "\\'", '\\"', "\\$", "\\}", "\\/", "\\*", "\\a", "`", "``")
_DOLLARS = ("$A", "$E", "$NO", "$P", "${A}", "${R}", "${NO}", "$", "$$", "$1", "$12x", "$-", "$?", "$(", "$é")
_BROKEN = ("'", '"', "\\", "${", "${}", "${{x}}", "}", "${.}")
_PATTERN = (
    "*",
    "?",
    "a",
    "X",
    "p",
    "/",
    ".",
    "\\*",
    "\\?",
    "\\\\",
    "\\/",
    "\\}",
    "b",
    "$A",
    "${E}",
    "*a",
    "a*",
    '"X"',
    "-",
    "'*'",
)
_OLD_OPERATORS = (":-", ":+")
_SET_OPERATORS = (*_OLD_OPERATORS, "-", "+")
_PATTERN_OPERATORS = ("#", "##", "%", "%%", "/", "//")
_REFUSING = (":?", "?", ":", "=", ":=", ":#", "^", "@")


class Case(NamedTuple):
    """A word, and the escape character of its file."""

    text: str
    escape: str = "\\"


class Answer(NamedTuple):
    """What a word is; None when it is refused."""

    text: str | None


class Outcome(NamedTuple):
    """kind: "agree", "unknown" or "wrong". detail: for people."""

    kind: str
    detail: str = ""


def words(seed: int, old: bool = False) -> Iterator[Case]:
    """Random words, without end. old: only forms that every release of BuildKit reads alike."""
    dice = random.Random(seed)
    while True:
        text = "".join(_piece(dice, old, 0) for _ in range(dice.randint(1, 4)))
        escape = "`" if not old and dice.random() < 0.1 else "\\"
        if text.strip() == text and text and not text.endswith(("\\", "`")) and not MARK.search(text):
            yield Case(text, escape)


def _piece(dice: random.Random, old: bool, depth: int) -> str:
    kind = dice.random()
    if kind < 0.45 and depth < 3:
        return _braces(dice, old, depth)
    if kind < 0.6:
        return dice.choice(_PLAIN)
    if kind < 0.75:
        return dice.choice(_DOLLARS)
    if kind < 0.85:
        quote = dice.choice("'\"")
        return quote + "".join(_piece(dice, old, depth + 1) for _ in range(dice.randint(0, 2))) + quote
    if kind < 0.94:
        return dice.choice(_QUOTING)
    return dice.choice((" ", "{", "{x", "#", "!")) if kind < 0.985 else dice.choice(_BROKEN)


def _braces(dice: random.Random, old: bool, depth: int) -> str:
    name = dice.choice((*VARIABLES, UNSET, "NO", "R", "1"))
    chance = dice.random()
    kinds = _REFUSING if chance < 0.04 else _PATTERN_OPERATORS if chance < 0.5 else _SET_OPERATORS
    operator = dice.choice(_OLD_OPERATORS if old else kinds)
    if operator in _PATTERN_OPERATORS:
        word = "".join(dice.choice(_PATTERN) for _ in range(dice.randint(0, 3)))
        if operator.startswith("/") and dice.random() < 0.98:
            word += "/" + "".join(_piece(dice, old, depth + 1) for _ in range(dice.randint(0, 2)))
    else:
        word = "".join(_piece(dice, old, depth + 1) for _ in range(dice.randint(0, 2)))
    return f"${{{name}{operator}{word}" + ("}" if dice.random() < 0.99 else "")


SCOPE = Scope({name: Value(text) for name, text in VARIABLES.items()}, {UNSET}, closed=True)


def judge(case: Case, answer: Answer) -> Outcome:
    """Whether wxlint says the same: the value where it knows it, and that the word is refused where it says so."""
    try:
        parse_word(case.text, case.escape)
        refused = False
    except WordError:
        refused = True
    value = expand(case.text, SCOPE, case.escape)
    detail = (
        f"{case.text!r} (escape {case.escape}): {answer.text!r} here, wxlint: {value.shown()!r}{' refused' * refused}"
    )
    if answer.text is None:
        if value.known:
            return Outcome("wrong", detail)
        return Outcome("agree" if refused else "unknown", detail)
    if refused or not could_equal(value, answer.text):
        return Outcome("wrong", detail)
    return Outcome("agree" if value.known else "unknown", detail)


class Oracle:
    """A program that asks BuildKit: a question a line in, an answer a line out, as JSON."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **question: object) -> dict[str, object]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert isinstance(answer, dict)
        return answer

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def answers(self, cases: Iterable[Case]) -> Iterator[Answer]:
        for case in cases:
            found = self.ask(Op="word", Text=case.text, Escape=case.escape, Env=VARIABLES)
            yield Answer(None if "error" in found else str(found["result"]))


class Engine:
    """An engine with BuildKit: words become labels of an image from scratch.

    A build stops at the first word that is refused, so words that wxlint expects to be refused are built one by one,
    and only some of them.
    """

    batch = 400
    most_refused = 20

    def answers(self, cases: Iterable[Case]) -> Iterator[Answer | None]:
        """None for a word that was not built."""
        cases = list(cases)
        refused = {case for case in cases if not expand(case.text, SCOPE, case.escape).known}
        answers: dict[Case, Answer] = {}
        accepted = [case for case in cases if case not in refused]
        for start in range(0, len(accepted), self.batch):
            part = accepted[start : start + self.batch]
            answers.update(zip(part, self._built(part)))
        for case in sorted(refused)[: self.most_refused]:
            answers[case] = self._built([case])[0]
        for case in cases:
            yield answers.get(case)

    def _built(self, cases: list[Case]) -> list[Answer]:
        if not cases:
            return []
        labels = self._labels(cases)
        if labels is not None:
            return [Answer(labels.get(f"l{number}", "")) for number in range(len(cases))]
        if len(cases) == 1:
            return [Answer(None)]
        middle = len(cases) // 2
        return [*self._built(cases[:middle]), *self._built(cases[middle:])]

    def _labels(self, cases: list[Case]) -> dict[str, str] | None:
        lines = [
            "FROM scratch",
            *(f"ENV {name} {_quoted(text)}" for name, text in VARIABLES.items() if text),
            'ENV E=""',
        ]
        lines += [f"LABEL l{number} {case.text}" for number, case in enumerate(cases)]
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "Dockerfile").write_text("\n".join(lines) + "\n")
            built = subprocess.run(
                ["docker", "build", "-q", folder],
                env={**os.environ, "DOCKER_BUILDKIT": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
        if built.returncode:
            return None
        image = built.stdout.strip()
        shown = subprocess.run(
            ["docker", "image", "inspect", "--format", "{{json .Config.Labels}}", image], capture_output=True, text=True
        )
        subprocess.run(["docker", "image", "rm", "-f", image], capture_output=True)
        found = json.loads(shown.stdout)
        assert isinstance(found, dict)
        return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def compare(cases: list[Case], answers: Iterable[Answer | None]) -> tuple[Counter[str], list[str]]:
    """How many agree, are unknown, are wrong; and the wrong ones for people."""
    counts: Counter[str] = Counter()
    wrong = []
    for case, answer in zip(cases, answers):
        outcome = Outcome("not asked") if answer is None else judge(case, answer)
        counts[outcome.kind] += 1
        if outcome.kind == "wrong":
            wrong.append(outcome.detail)
    return counts, wrong


def take(number: int, seed: int, old: bool = False) -> list[Case]:
    """So many different words."""
    found: dict[Case, None] = {}
    for case in words(seed, old):
        found[case] = None
        if len(found) == number:
            break
    return list(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--oracle", help="a program that asks BuildKit; without it, the engine answers")
    parser.add_argument("--record", type=Path, help="write the words and the oracle's answers to this file")
    options = parser.parse_args()
    cases = take(options.cases, options.seed, old=options.oracle is None)
    answers: list[Answer | None] = list((Oracle(options.oracle) if options.oracle else Engine()).answers(cases))
    if options.record:
        rows = [json.dumps([c.text, c.escape, a.text], ensure_ascii=False) for c, a in zip(cases, answers) if a]
        options.record.write_text("\n".join(rows) + "\n", encoding="utf-8")
    counts, wrong = compare(cases, answers)
    for line in wrong[:50]:
        print(line)
    refused = sum(answer is not None and answer.text is None for answer in answers)
    print(
        f"seed {options.seed}: {len(cases)} words ({refused} refused), {counts['agree']} agree,"
        f" {counts['unknown']} unknown, {counts['not asked']} not asked, {counts['wrong']} wrong"
    )
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
