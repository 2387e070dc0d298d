"""What a .dockerignore keeps out of a build context: the engine's own builds against wxlint's matcher.

    python -m tests.differential.dockerignore --cases 200 --seed 1 [--oracle ORACLE]

A case is a list of patterns; compared is every file of one tree: agree or wrong. Cases that the engine refuses are
counted apart. Needs a container engine; nothing is pulled, and no image is left. ORACLE is a program that asks the
filter of BuildKit's client itself, JSON lines in and out, a thousand times as fast; it is not part of this repository.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

from tests.differential.dockerfile_words import Oracle
from wxlint.discovery.dockerignore import parse

FILES = (
    *(
        "a",
        "b.txt",
        "a.b",
        "ab",
        "test1",
        "contest.py",
        "d/a",
        "d/b.txt",
        "d/e/a",
        "d/e/test",
        "d/e/f/a",
        "d/e/f/g.txt",
    ),
    *("x[1]", "x-", "]a", "!a", "#a", "a b", "d/.hidden", ".env", "^a", "ü", "a+b(c)", "d d/a", "é/d/a", "1", "a$"),
    *("e/e/e/e/a", "e/e/a", "node_modules/a/b.txt", "s*", "q?", "d/1", "B.TXT"),
)
_PARTS = (
    "a",
    "b",
    "d",
    "e",
    "f",
    "*",
    "*",
    "?",
    "**",
    "**",
    "test",
    "*.txt",
    ".txt",
    "[a-d]",
    "[^a]",
    "[!a]",
    "[*]",
)
# Not `|`: the engine 20.10 leaves it to the regular expression, later ones do not.
_RARE = (
    "[]",
    "[",
    "\\a",
    "\\*",
    "\\",
    "\\d",
    "[\\]a]",
    "[a\\-x]",
    "[[:alpha:]]",
    ".",
    "..",
    "x",
    "^",
    "$",
    "+",
    "ü",
    " ",
    "{a,b}",
    "(a)",
    "[z-a]",
)


def patterns(rng: random.Random) -> str:
    """The text of a .dockerignore."""
    lines = []
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        parts = ["".join(_part(rng) for _ in range(rng.choice((1, 1, 2)))) for _ in range(rng.choice((1, 1, 2, 3)))]
        line = "/".join(parts)
        if rng.random() < 0.2:
            line = rng.choice(("/", "./", "../", "../../", "//", "/../", "./!", "/!")) + line
        if rng.random() < 0.2:
            line += rng.choice(("/", "/*", "/**", "//", "/."))
        if rng.random() < 0.3:
            line = "!" + line
        lines.append(rng.choice(("", "", "", " ", "#", "\t")) * (rng.random() < 0.2) + line)
    return rng.choice(("\n", "\n", "\r\n")).join(lines) + "\n"


def _part(rng: random.Random) -> str:
    return rng.choice(_RARE if rng.random() < 0.15 else _PARTS)


class Context:
    """A folder with the tree, built again and again."""

    def __init__(self, folder: Path, oracle: Oracle | None) -> None:
        self.folder, self.oracle = folder, oracle
        (folder / "out").mkdir()
        self.root = folder / "context"
        for name in FILES:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).touch()
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /c/\n")

    def sent(self, text: str) -> set[str] | None:
        """The paths that a build gets; None when the engine refuses the patterns."""
        if self.oracle is not None:
            answer = self.oracle.ask(Op="dockerignore", Text=text, Root=str(self.root))
            paths = answer["paths"]
            return set(map(str, paths)) if isinstance(paths, list) else None
        (self.folder / "Dockerfile.dockerignore").write_text(text)
        command = ["docker", "build", "-q", "-f", "../Dockerfile", "--output", "type=tar,dest=-", "."]
        environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, timeout=120)
        if done.returncode:
            return None
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
            names = (member.name.rstrip("/") for member in tar)
            return {name.removeprefix("c/") for name in names if name.startswith("c/")}

    def paths(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())


def run(cases: int, seed: int, show: int = 0, start: int = 0, oracle: Oracle | None = None) -> Counter[str]:
    """Compare `cases` lists of patterns, from number `start` on; counts of files by kind."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="dockerignore-") as folder:
        context = Context(Path(folder), oracle)
        for n in range(start, start + cases):
            text = patterns(random.Random(f"{seed}-{n}"))
            sent = context.sent(text)
            counts["cases"] += 1
            if sent is None:
                counts["refused"] += 1
                continue
            ignored = parse(text)
            wrong = [path for path in context.paths() if ignored(path) == (path in sent)]
            counts["agree"] += len(context.paths()) - len(wrong)
            counts["wrong"] += len(wrong)
            if wrong and show > 0:
                show -= 1
                print(f"{seed}-{n} {text!r}", *((path, "sent" if path in sent else "kept out") for path in wrong))
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="the number of the first case, for a run in pieces")
    parser.add_argument("--show", type=int, default=10, help="print the first cases that are wrong")
    parser.add_argument("--oracle", help="a program that asks BuildKit; without it, the engine builds")
    arguments = parser.parse_args()
    oracle = Oracle(arguments.oracle) if arguments.oracle else None
    counts = run(arguments.cases, arguments.seed, arguments.show, arguments.start, oracle)
    for kind in ("cases", "refused", "agree", "wrong"):
        print(f"{kind:10}{counts[kind]:8}")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
