"""A public class has a name of its own, so that a search for it ends at one class."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "wxlint"


def shared_names(package: Path) -> dict[str, list[str]]:
    """The public classes at the top of modules that have one name, with where they are."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(package).as_posix())
    return {name: paths for name, paths in found.items() if len(paths) > 1}


def test_no_two_public_classes_have_one_name() -> None:
    assert shared_names(PACKAGE) == {}


def test_a_name_that_two_have_is_found(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("class Reader:\n    pass\n\n\nclass _Own:\n    pass\n")
    assert shared_names(tmp_path) == {"Reader": ["a.py", "b.py"]}
