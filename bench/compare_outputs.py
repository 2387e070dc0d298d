"""Whether two installations of wxlint say the same: `python bench/compare_outputs.py OLD NEW FOLDER...`.

OLD and NEW: the programs. Each runs `check` and `images` (and `plan` where a policy is found) in each folder.
Compared are exit codes and JSON; with `--ids` only what tools rely on: rule, severity and
place of findings, counts, and what `images` says without its reasons.
Exit 1 where anything differs.
"""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMANDS = (["check", "--format", "json", "."], ["images", "--format", "json", "."], ["plan", "--format", "json"])
PROSE = {"message", "because", "hint", "help", "reasons", "problems"}


def answer(program: str, command: list[str], folder: Path) -> tuple[int, str]:
    """Return the exit code and standard output of one command run in `folder`."""
    done = subprocess.run([program, *command], cwd=folder, capture_output=True, text=True, errors="replace")
    return done.returncode, done.stdout


def without_prose(node: Any) -> Any:
    """Return a JSON tree without the members whose wording may change."""
    if isinstance(node, dict):
        return {key: without_prose(value) for key, value in node.items() if key not in PROSE}
    return [without_prose(each) for each in node] if isinstance(node, list) else node


def comparable(text: str, ids: bool) -> list[str]:
    """Return an answer as lines that can be compared."""
    try:
        tree = json.loads(text)
    except ValueError:
        return text.splitlines()
    return json.dumps(without_prose(tree) if ids else tree, indent=1, sort_keys=True).splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--ids", action="store_true", help="leave out messages, reasons and hints")
    parser.add_argument("--lines", type=int, default=12, help="lines of each difference to show (default 12)")
    arguments = parser.parse_args()
    differing = 0
    for folder in arguments.folders:
        for command in COMMANDS:
            (old_code, old), (new_code, new) = (answer(p, command, folder) for p in (arguments.old, arguments.new))
            one, two = comparable(old, arguments.ids), comparable(new, arguments.ids)
            if old_code == new_code and one == two:
                continue
            differing += 1
            print(f"{folder.name}: {command[0]}: exit {old_code} and {new_code}")
            changes = [
                line for line in difflib.unified_diff(one, two, lineterm="", n=0) if not line.startswith(("---", "+++"))
            ]
            print("".join(f"    {line}\n" for line in changes[: arguments.lines]), end="")
    print(f"{len(arguments.folders)} folders, {differing} answers differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
