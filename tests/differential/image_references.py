"""Image references against the reference package of docker and BuildKit: random texts, what each side makes of them.

    python -m tests.differential.image_references --cases 10000 --seed 1 --oracle ORACLE

ORACLE is a program that asks BuildKit itself, JSON lines in and out (see `Oracle`); it is not part of this repository.
Exit 1 when a reference is taken otherwise.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from wxlint.core.values import Value
from wxlint.images.model.reference import parse_reference

_PIECES = (
    *(
        "a",
        "ab",
        "1",
        "A",
        "python",
        "rajiup",
        "library",
        "docker.io",
        "index.docker.io",
        "localhost",
        "localhost:5000",
    ),
    *("x.y", "X.y", "example.com", ".", "..", "_", "__", "___", "-", "--", "/", "//", ":", ":1", ":tag", ":Tag", "@"),
    *("@sha256:" + "a" * 64, "@sha256:" + "A" * 64, "@sha256:" + "a" * 32, "@sha512:" + "b" * 128, "@md5:" + "a" * 32),
    *("[::1]", "[::1]:5000/", "[2001:db8::1]/", "do..cker/", "foo_bar.com:8080/", "é", " ", "$", "b" * 64, "c" * 256),
    *("t" * 129, "-a", "a-", "/library/", "/x", "/y/z", "/x", "/y:1"),
)


def texts(seed: int) -> Iterator[str]:
    """Random texts, without end; most of them are no references."""
    dice = random.Random(seed)
    while True:
        yield "".join(dice.choice(_PIECES) for _ in range(dice.randint(1, 5)))


def normalized(text: str) -> str | None:
    """A reference as docker writes it in full; None for a text that is none."""
    found = parse_reference(Value(text))
    if found is None:
        return None
    first, slash, _ = found.path.partition("/")
    official = "library/" if not found.registry and not slash else ""
    named = text.startswith(("docker.io/", "index.docker.io/"))
    hub = "" if slash and "." in first and not named else "docker.io/"  # what only looks like a host is left as it is
    tag = f":{found.tag}" if found.tag is not None else ""
    digest = f"@{found.digest}" if found.digest is not None else ""
    return f"{found.registry + '/' if found.registry else hub}{official}{found.path}{tag}{digest}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--oracle", required=True, help="a program that asks BuildKit")
    parser.add_argument("--record", type=Path, help="write the texts and the oracle's answers to this file")
    options = parser.parse_args()
    from tests.differential.dockerfile_words import Oracle

    oracle = Oracle(options.oracle)
    cases: dict[str, str | None] = {}
    for text in texts(options.seed):
        if len(cases) == options.cases:
            break
        if text not in cases:
            answer = oracle.ask(Op="reference", Text=text)
            cases[text] = None if "error" in answer else str(answer["result"])
    oracle.close()
    if options.record:
        rows = [json.dumps(row, ensure_ascii=False) for row in cases.items()]
        options.record.write_text("\n".join(rows) + "\n", encoding="utf-8")
    wrong = [text for text, answer in cases.items() if normalized(text) != answer]
    for text in wrong[:50]:
        print(f"{text!r}: {cases[text]!r}, wxlint: {normalized(text)!r}")
    accepted = sum(answer is not None for answer in cases.values())
    print(f"seed {options.seed}: {len(cases)} texts ({accepted} are references), {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
