"""What ignore files keep from being looked at: git's own answer against wxlint's matcher.

    python -m tests.differential.gitignore --cases 10000 --seed 1

A case is an ignore file at the top of a tree, one in a folder of it and the repository's own excludes; compared is
every file: agree or wrong. Nothing outside a temporary folder is touched.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from wxlint.discovery.find_files import discover

NAMES = (
    *(
        "a.sh",
        "b.sh",
        "d.sh",
        "-.sh",
        "ab.sh",
        "a-b.sh",
        "[a].sh",
        "a\\b.sh",
        "é.sh",
        "#x.sh",
        "!y.sh",
        "a b.sh",
        "a .sh",
    ),
)
FOLDERS = ("", "a", "a/b", "a/b/a", "b", "b/a", "ab/a.sh", "x y", "x y/ab", "x ")
PIECES = (
    *("a", "b", "ab", "x", "y", "*", "**", "***", "?", "/", "//", "**/", "/**", "/**/", ".sh", "*.sh", "\\", "\\/"),
    *(" ", "#", "!"),
)
BRACKETS = (
    *("[ab]", "[!a]", "[^b]", "[a-c]", "[]a]", "[a/b]", "[[:alpha:]]", "[[:punct:]-]", "[[:no:]]", "[", "]", "[\\]a]"),
    "[b-a]",
)
_SETS = (
    *BRACKETS,
    "[!-~]",
    "[a\\-c]",
    "[[:digit:][:space:]]",
    "[[:upper:]]",
    "[[:alpha]",
    "[\\a]",
    "[*]",
    "[!]]",
    "[--b]",
)
_RARE = ("\\ ", "\\#", "\\!", "\t", "\r", "é", "\\a", "^", "-", "A", ".", "..", "./", ".SH", "\f", "\ufeff")


def ignore_file(rng: random.Random) -> str:
    """The text of an ignore file."""
    return "\n".join(_line(rng) for _ in range(rng.choice((0, 1, 1, 2, 3, 5)))) + rng.choice(("\n", "\n", ""))


def _line(rng: random.Random) -> str:
    pieces = (rng.choice(_of_a_kind(rng)) for _ in range(rng.choice((1, 1, 2, 3, 4, 6))))
    return rng.choice(("", "", "", "!", "/")) + "".join(pieces) + rng.choice(("", "", "", "/", " ", "  ", "*.sh"))


def _of_a_kind(rng: random.Random) -> tuple[str, ...]:
    chance = rng.random()
    return PIECES if chance < 0.75 else _SETS if chance < 0.9 else _RARE


class Tree:
    """A repository whose ignore files are written again and again."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", "init", "-q", str(root)], check=True, env=self.environment)
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True, exist_ok=True)
            for name in NAMES:
                (root / folder / name).touch()

    def write(self, top: str, inner: str, exclude: str) -> None:
        for name, text in ((".gitignore", top), ("a/.gitignore", inner), (".git/info/exclude", exclude)):
            (self.root / name).write_bytes(text.encode())

    def kept_by_git(self) -> set[str]:
        """The files that git does not ignore."""
        command = ["git", "ls-files", "-z", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, check=True)
        return {os.fsdecode(path) for path in done.stdout.split(b"\0") if path.endswith(b".sh")}

    def kept(self) -> set[str]:
        return {str(file.path.relative_to(self.root)) for file in discover((self.root,)).files}


def run(cases: int, seed: int, show: int = 0, start: int = 0) -> Counter[str]:
    """Compare `cases` sets of ignore files, from number `start` on; counts of sets by kind."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="gitignore-") as folder:
        tree = Tree(Path(folder, "tree"))
        for number in range(start, start + cases):
            rng = random.Random(f"{seed}-{number}")
            texts = ignore_file(rng), ignore_file(rng), ignore_file(rng) if rng.random() < 0.3 else ""
            tree.write(*texts)
            by_git, by_us = tree.kept_by_git(), tree.kept()
            counts["agree" if by_git == by_us else "wrong"] += 1
            if by_git != by_us and show > 0:
                show -= 1
                print(f"{seed}-{number} {texts!r}: git {sorted(by_git - by_us)}, wxlint {sorted(by_us - by_git)}")
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="the number of the first case, for a run in pieces")
    parser.add_argument("--show", type=int, default=10, help="print the first cases that are wrong")
    options = parser.parse_args()
    counts = run(options.cases, options.seed, options.show, options.start)
    outcome = ", ".join(f"{counts[kind]} {kind}" for kind in ("agree", "wrong"))
    print(f"seed {options.seed}: {options.cases} cases from {options.start}, {outcome}")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
