"""Makefiles that GNU make refuses, and others that look like them, with make itself as the judge."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from wxlint.documents.makefile import read_makefile
from wxlint.documents.source import Source

REFUSED = {
    "ifeq (a,a)\nall:\n\techo a\n": ("endif is missing", 1),
    "all:\n\techo a\nendif\n": ("endif without a condition in front of it", 3),
    "else\nall:\n\techo a\n": ("else without a condition in front of it", 1),
    "define x\na\nall:\n\techo a\n": ("endef is missing", 1),
    "export define x\na\n": ("endef is missing", 1),
    "all:\n    docker push app\n": ("no rule, no assignment, no directive: a recipe line begins with a tab", 2),
    "<<<<<<< HEAD\nall:\n\techo a\n": ("no rule, no assignment, no directive: a recipe line begins with a tab", 1),
    "\tdocker build -t app:1 .\n": ("a recipe line in front of the first target", 1),
    "X = 1\n\techo a\nall:\n": ("a recipe line in front of the first target", 2),
    "all:\n\techo $(X\n": ("a reference that does not end", 2),
    "all:\n\techo $(X ${Y)\n\techo ${Z\n": ("a reference that does not end", 3),
    "all:\n\techo a \\\n\t  $(X\n": ("a reference that does not end", 3),
}
TAKEN = (
    "ifeq (a,a)\nX = 1\nelse ifeq (a,b)\nX = 2\nelse\nX = 3\nendif\nall:\n\techo $(X)\n",
    "all:\nifdef X\n\techo a\nendif\n\techo b\n",
    "all:\n\techo a\nexport X\n\tifeq (a,a)\n\tY = 1\nendif\n",
    "$(info a: b)\n\tifeq (a,a)\n\tY = 1\nendif\nall:\n\techo\n",
    "define x =\na line: with $(broken\nendef\nall:\n\techo a\n",
    "define x :=\nfree text\nendef\nexport define y\nfree text\nendef\nall:\n\techo a\n",
    "export\nunexport A\nvpath %.c src\nundefine B\n-include none.mk\noverride C = 1\nall:\n\techo a\n",
    "$(eval all: ; echo a)\n",
    'X = a \\\n  free text\nall: ; echo $$(date) $(X) "$${Y"\n',
    "# a comment \\\n  goes on\nall:\n\t# $$(not\n\techo a\n",
    "\tX = 1\n\t# a comment\nall:\n\techo a\n",
    "define outer\ndefine inner\nfree text\nendef\nendef\nall:\n\techo a\n",
)
_NO_MAKE = shutil.which("make") is None


def judge(text: str, folder: Path) -> bool:
    """Whether make takes a Makefile."""
    (folder / "Makefile").write_text(text)
    return not subprocess.run(["make", "-n", "all"], cwd=folder, capture_output=True, check=False).returncode


@pytest.mark.parametrize("text", REFUSED)
def test_what_make_refuses_is_said_with_its_line(text: str, tmp_path: Path) -> None:
    source = Source("Makefile", text)
    found = [(problem.message, source.position(problem.start)[0]) for problem in read_makefile(source).problems]
    assert found == [REFUSED[text]]
    assert _NO_MAKE or not judge(text, tmp_path)


@pytest.mark.parametrize("text", TAKEN)
def test_what_make_takes_is_no_problem(text: str, tmp_path: Path) -> None:
    assert read_makefile(Source("Makefile", text)).problems == ()
    assert _NO_MAKE or judge(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        ".if defined(X)\nfree text\n.endif\n",
        "!IF 1\nfree text\n!ENDIF\n",
        ".RECIPEPREFIX = >\nall:\n> $(X\nfree text\n",
    ],
)
def test_other_makes_have_other_rules(text: str) -> None:
    assert read_makefile(Source("Makefile", text)).problems == ()
