"""Projects of many dependencies are read in one pass: counted in characters that are looked at, since time is the
machine's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wxlint.documents.manifests.pipfile import read_pipfile
from wxlint.documents.manifests.project import Project
from wxlint.documents.manifests.pyproject import read_pyproject
from wxlint.documents.source import Source


class Watched(str):
    """A text that counts the characters which searches of it pass over."""

    passed = 0

    def find(self, *given: object) -> int:
        Watched.passed += len(self)
        return super().find(*given)  # type: ignore[arg-type]

    def __contains__(self, part: str) -> bool:  # type: ignore[override]
        Watched.passed += len(self)
        return super().__contains__(part)

    def count(self, *given: object) -> int:
        Watched.passed += len(self)
        return super().count(*given)  # type: ignore[arg-type]


LISTED = "".join(f"  'p{number}',\n" for number in range(500))
KEYS = "".join(f"p{number} = '*'\n" for number in range(500))


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_pyproject, f"[project]\nname = 'app'\ndependencies = [\n{LISTED}]\n"),
        (read_pyproject, f"[dependency-groups]\ndev = [\n{LISTED}]\n"),
        (read_pyproject, f"[tool.poetry.dependencies]\n{KEYS}"),
        (read_pipfile, f"[packages]\n{KEYS}"),
    ],
)
def test_places_are_found_in_one_pass(read: Callable[[Source], Project], text: str) -> None:
    Watched.passed = 0
    found = read(Source("file.toml", Watched(text)))
    lines = text.split("\n")
    assert len(found.dependencies) == 500
    assert all(f"p{n}" in lines[dependency.line - 1] for n, dependency in enumerate(found.dependencies))
    assert Watched.passed <= 5 * len(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[project]\ndependencies = [\n  "torchaudio",\n  "torch",\n]\n', 4),  # not in the other's name
        ("[project]\n# isn't \"torch'\ndependencies = ['torch']\n", 3),
        ('[project]\ndependencies = [ # "\n  "numpy", "torch"]\n', 3),
        ('[project]\ndependencies = [\n  "torch; sys_platform == \\"linux\\""\n]\n', 3),
        ('[project]\nname = """\n\\"\n"""\ndependencies = ["torch"]\n', 5),
    ],
)
def test_where_a_dependency_stands(text: str, line: int) -> None:
    found = {each.requirement.partition(";")[0]: each.line for each in read_pyproject(Source("a", text)).dependencies}
    assert found["torch"] == line
