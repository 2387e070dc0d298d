"""Which mistakes the mutation run makes, and how it puts them into a loaded program."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from tests.mutation import run as runner
from tests.mutation.coverage_by_test import WHILE_IMPORTING, Measured
from tests.mutation.exclusions import EXCLUSIONS, Exclusion, matches
from tests.mutation.operators import mutants, mutated
from tests.mutation.patching import loaded_functions, patch


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("x = a == b", ["a != b"]),
        ("x = a and b", ["a or b"]),
        ("x = not a", ["a"]),
        ("x = 'a'", ["'aXX'"]),
        ("def f():\n    return False", ["True"]),
        ("def f():\n    return a", ["return None"]),
        ("for a in b:\n    continue", ["break"]),
        ("f(a)", ["pass"]),
        ("'''A docstring.'''", []),
        ("x: Literal['a'] = y", []),
        ("X = Literal['a']", []),
        ("X = Callable[[int], 'A | None']", []),
        ("__slots__ = ('a',)", []),
        ("if TYPE_CHECKING:\n    f(1)", []),
        ("x = Reason('arg', 'text')", ["'argXX'"]),
        ("class A(Enum):\n    B = 'b'", []),
        ("assert a, 'why'", []),
        ("x = f'{a == b}'", []),
    ],
)
def test_mistakes(code: str, made: list[str]) -> None:
    assert [mutant.new for mutant in mutants(code)] == made


def test_a_loaded_function_takes_the_mistake(tmp_path: Path) -> None:
    path = tmp_path / "small.py"
    text = "class A:\n    def f(self, n):\n        return n == 1\n\n\ndef f(n):\n    return n == 2\n"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("small", path)
    assert spec is not None and spec.loader is not None
    small = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(small)
    (number,) = [n for n, m in enumerate(mutants(text)) if (m.function, m.new) == ("A.f", "n != 1")]
    tree = mutated(text, number)
    assert "n != 1" in ast.unparse(tree)
    patch(loaded_functions(tmp_path), path, tree, "A.f", 3)
    assert (small.A().f(1), small.f(2)) == (False, True)


def test_a_mistake_in_a_function_that_another_makes_while_importing_takes_a_fresh_start() -> None:
    source = "def make():\n    x = 0\n    def made():\n        return 1\n    return made\n\n\nf = make()\n"
    found = Measured({"a.py": {2: [WHILE_IMPORTING], 3: [WHILE_IMPORTING], 4: ["t"], 5: [WHILE_IMPORTING]}}, {"t": 1.0})
    mistakes = [runner.Mistake("a.py", number, mutant) for number, mutant in enumerate(mutants(source))]
    assert {m.mutant.line: runner.tests_of(m, found) for m in mistakes}[4] == runner.Tests(["t"], 1.0, True)


def test_a_constant_of_several_lines_is_passed_over_where_its_statement_begins() -> None:
    source = "def f(kind):\n    return kind in (\n        'a',\n        'b',\n    )\n"
    found = Measured({"a.py": {2: ["t"]}}, {"t": 1.0})
    mistakes = [runner.Mistake("a.py", number, mutant) for number, mutant in enumerate(mutants(source))]
    assert {m.mutant.new: runner.tests_of(m, found).names for m in mistakes}["'bXX'"] == ["t"]


@pytest.mark.parametrize("exclusion", EXCLUSIONS, ids=[f"{e.path}: {e.old}" for e in EXCLUSIONS])
def test_an_excluded_mistake_can_still_be_made(exclusion: Exclusion) -> None:
    path = f"wxlint/images/{exclusion.path}"
    found = runner.mistakes_in([path], excluded=True)
    assert any(matches(exclusion, path, m.mutant.old, m.mutant.new) for m in found)
