"""The images that whole Dockerfiles use, and whether BuildKit refuses them, against BuildKit's own converter.

    python -m tests.differential.dockerfile_images --cases 10000 --seed 1 --oracle ORACLE

ORACLE is a program that asks BuildKit itself, JSON lines in and out (see `Oracle`); it is not part of this repository.
Wrong is an image that wxlint knows and BuildKit does not ask for,
one that BuildKit asks for and wxlint leaves out, and a file that wxlint alone refuses. Refusals that wxlint does not
see are counted. Exit 1 when one is wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from wxlint.core.values import Value
from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.dockerfile.validation import syntax_problems
from wxlint.documents.source import Source
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.model.records import Build
from wxlint.images.model.reference import parse_reference

_NAMES = ("A", "B", "TAG", "TARGETARCH", "BUILDPLATFORM")
_STAGES = ("one", "two", "Three", "one", "base")
_IMAGES = ("debian", "python:3.11", "a/b", "ghcr.io/x/y:1", "scratch", "debian:12", "x/library/y")
_VALUES = ("1", "latest", "x/y", "", '"1 2"', "'q'", "3.11-slim", "one")


class Case(NamedTuple):
    """A Dockerfile, the build arguments, and the platform it is built for."""

    text: str
    args: dict[str, str]
    platform: str


class Answer(NamedTuple):
    """The images that a build asks for, as `name platform`; None when it is refused."""

    images: list[str] | None


def cases(seed: int) -> Iterator[Case]:
    """Random Dockerfiles, without end."""
    dice = random.Random(seed)
    while True:
        lines = [_arg(dice) for _ in range(dice.choice((0, 0, 1, 2, 3)))]
        for _ in range(dice.randint(1, 4)):
            lines.append(_from(dice))
            lines += [_inside(dice) for _ in range(dice.randint(0, 4))]
        args = {name: dice.choice(("9", "z/w", "")) for name in _NAMES if dice.random() < 0.12}
        yield Case("\n".join(lines) + "\n", args, dice.choice(("linux/amd64", "linux/amd64", "linux/arm64")))


def _arg(dice: random.Random) -> str:
    return "ARG " + " ".join(
        dice.choice(_NAMES) + (f"={_word(dice, _VALUES)}" if dice.random() < 0.7 else "")
        for _ in range(dice.choice((1, 1, 2)))
    )


def _word(dice: random.Random, plain: tuple[str, ...]) -> str:
    name = dice.choice(_NAMES)
    forms = ("${%s}", "$%s", "${%s:-1}", "${%s:+2}", "${%s-3}", "x${%s#*.}", "${%s/1/2}")
    return dice.choice(forms) % name if dice.random() < 0.35 else dice.choice(plain)


def _from(dice: random.Random) -> str:
    chance = dice.random()
    image = dice.choice(_IMAGES) if chance < 0.5 else dice.choice(_STAGES) if chance < 0.7 else f"p{_tag(dice)}"
    flag = dice.choice(("--platform=$BUILDPLATFORM ", "--platform=linux/arm64 ")) if dice.random() < 0.1 else ""
    name = f" AS {dice.choice(_STAGES)}" if dice.random() < 0.6 else ""
    return f"FROM {flag}{image}{name}"


def _tag(dice: random.Random) -> str:
    return ":" + _word(dice, ("1", "latest")) if dice.random() < 0.8 else "/" + _word(dice, ("q",))


def _inside(dice: random.Random) -> str:
    origin = dice.choice((*_STAGES, *_IMAGES, "0", "1", "7"))
    lines = (
        _arg(dice),
        f"ENV {dice.choice(_NAMES)}={_word(dice, _VALUES)}",
        f"COPY --from={origin} /a /b",
        f"RUN --mount=from={origin},target=/x true",
        f"WORKDIR {_word(dice, ('/w', 'w'))}",
        f"COPY {_word(dice, ('a', 'b'))} /c",
        "RUN true",
        dice.choice(("RUN --mont=x true", "ENV =x", "COPY a", "ONBUILD FROM x", "SHELL a", "LABEL a='b")),
    )
    return dice.choice(lines[:-1]) if dice.random() < 0.97 else lines[-1]


def judge(case: Case, answer: Answer) -> tuple[str, str]:
    """Whether wxlint says the same: "agree", "unknown", "missed" (a refusal) or "wrong", with what it says."""
    read = read_dockerfile(Source("Dockerfile", case.text))
    problems = [problem.message for problem in syntax_problems(read)]
    args = tuple((name, Value(text)) for name, text in case.args.items())
    build = Build("Dockerfile", (".",), args=args, platform=case.platform)
    uses = evaluate(read, build, Files(lambda _: None, (".",))).uses
    invalid = [use for use in uses if use.value.known and use.reference is None]
    if answer.images is None:
        known = not problems and not invalid and all(use.value.known for use in uses)
        return ("missed" if known else "agree" if problems or invalid else "unknown"), ""
    known_images = {_full(use.value) for use in uses if use.value.known}
    said = (
        f"problems {problems}, invalid {[use.value.text for use in invalid]}, images {sorted(map(str, known_images))}"
    )
    asked = {image.partition(" ")[0] for image in answer.images}
    unknown = any(not use.value.known for use in uses)
    if problems or invalid or not known_images <= asked or (known_images != asked and not unknown):
        return "wrong", said
    return ("unknown" if unknown else "agree"), said


def _full(value: Value) -> str | None:
    """The name of an image as BuildKit asks for it: with registry, `library/` and `:latest`."""
    found = parse_reference(value)
    if found is None:
        return None
    official = "library/" if not found.registry and "/" not in found.path else ""
    return f"{found.registry or 'docker.io'}/{official}{found.path}:{found.tag or 'latest'}"


def compare(rows: Iterable[tuple[Case, Answer]]) -> tuple[Counter[str], list[str]]:
    """How many agree, are unknown, missed, wrong; and the wrong ones for people."""
    counts: Counter[str] = Counter()
    wrong = []
    for case, answer in rows:
        kind, said = judge(case, answer)
        counts[kind] += 1
        if kind == "wrong":
            wrong.append(f"{case.text}--- {case.args} {case.platform}: {answer.images} here, wxlint: {said}\n")
    return counts, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--oracle", required=True, help="a program that asks BuildKit")
    parser.add_argument("--record", type=Path, help="write the cases and the oracle's answers to this file")
    options = parser.parse_args()
    from tests.differential.dockerfile_words import Oracle

    oracle = Oracle(options.oracle)
    rows = []
    for case, _ in zip(cases(options.seed), range(options.cases)):
        found = oracle.ask(Op="dockerfile", Text=case.text, Args=case.args, Platform=case.platform)
        images = found.get("refs") or []
        assert isinstance(images, list)
        rows.append((case, Answer(None if "error" in found else images)))
    oracle.close()
    if options.record:
        lines = [json.dumps([*case, answer.images], ensure_ascii=False) for case, answer in rows]
        options.record.write_text("\n".join(lines) + "\n", encoding="utf-8")
    counts, wrong = compare(rows)
    print("\n".join(wrong[:20]))
    refused = sum(answer.images is None for _, answer in rows)
    print(
        f"seed {options.seed}: {len(rows)} files ({refused} refused), {counts['agree']} agree,"
        f" {counts['unknown']} unknown, {counts['missed']} refusals missed, {counts['wrong']} wrong"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
