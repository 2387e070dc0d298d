"""What a setup.py may hand to `setup()` where its statements cannot be followed: every name that stands in its text."""

from __future__ import annotations

import ast
import sys

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.manifests.setup_values import MOST_TEXT, UNREADABLE, SetupText, tree_of
from wxlint.documents.source import Source

_REQUIREMENT = late(r"[A-Za-z0-9][\w.-]*\s*(?:\[[\w,\s.-]*\])?\s*(?:\(?[=<>!~]=?[^;@]*|@\s*\S+.*)?(?:;.*)?")
_LIST = late(r"[\w./-]+\.(?:txt|in|pip)")
_ELSEWHERE = late(r".*(?:require|dependenc|environment|pipfile|\.lock\b).*")
"""Texts without blanks that may lead to lists in other places."""
_ARGUMENTS = frozenset(("install_requires", "extras_require", "setup_requires", "tests_require", "python_requires"))
_BUILDERS = frozenset(
    "setuptools distutils pkg_resources packaging versioneer Cython numpy torch pybind11 wheel".split()
)
"""Modules of build tools, which hold no lists of a project's own."""


class Literals(NamedTuple):
    """items: texts that may be requirements. files: those that may be lists."""

    items: tuple[SetupText, ...]
    files: tuple[str, ...]


def literals_of(source: Source) -> Literals | None:
    """Return the names that a setup.py can list; None where its text does not hold all of them."""
    if len(source.text) > MOST_TEXT:
        return None
    try:
        tree = tree_of(source.text)
    except UNREADABLE:
        return None
    items: list[SetupText] = []
    files: list[str] = []
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules.add((node.module or "").partition(".")[0])
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        text = node.value.strip()
        if _LIST.fullmatch(text):
            files.append(text)
        elif " " not in text and _ELSEWHERE.fullmatch(text.lower()) and text not in _ARGUMENTS:
            return None
        elif len(text) < 300 and _REQUIREMENT.fullmatch(text):
            items.append(SetupText(text, node.lineno))
    return Literals(tuple(items), tuple(files)) if modules <= _BUILDERS | sys.stdlib_module_names else None
