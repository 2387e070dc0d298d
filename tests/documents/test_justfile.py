"""Justfiles that just refuses, and others that look like them; where it is installed, just is the judge."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from wxlint.documents.justfile import justfile_problems
from wxlint.documents.source import Source

REFUSED = {
    "nonsense\na:\n  echo\n": ("no recipe, no assignment, no setting", 1),
    "a:\n  echo\n// a comment\n": ("no recipe, no assignment, no setting", 3),
    "<<<<<<< HEAD\na:\n": ("no recipe, no assignment, no setting", 1),
    "a:\n  echo\n\techo\n": ("not indented as the first line of the recipe is", 3),
    "a:\n    echo \\\n  b\n": ("not indented as the first line of the recipe is", 3),
    "a:\n \techo\n": ("tabs and spaces in front of one line", 2),
    "a:\n  echo {{ b\n": ("}} is missing", 2),
    "a:\n  #!/bin/sh\n  echo {{{{ {{ b\n": ("}} is missing", 3),
    "a := 'x' + \"y\nb:\n  echo\n": ("a string that does not end", 1),
}
TAKEN = (
    "b := 'x'\na:\n  echo {{ b\n  }}\nd:\n  echo\n",
    "a:\n  echo {{{{ b\n",
    'a:\n  echo {{ "}}" }} {{ "\n}}" }}\n',
    "b := 'x\nnonsense'\na:\n  echo\n",
    "b := (\n'x'\n)\nset shell := ['bash',\n '-c']\n",
    "# a comment's quote\n[private]\n@a:\n  echo\n\n  echo\nalias c := a\nexport D := 'x'\nunexport E\n",
    "a b=':' *c: # more\n  #!/bin/sh\n  if x; then\n    echo\n  fi\n",
)
JUST = shutil.which("just")


def judge(text: str, folder: Path) -> bool:
    """Whether just takes a justfile."""
    (folder / "justfile").write_text(text)
    return not subprocess.run([str(JUST), "--dump"], cwd=folder, capture_output=True, check=False).returncode


@pytest.mark.parametrize("text", REFUSED)
def test_what_just_refuses_is_said_with_its_line(text: str, tmp_path: Path) -> None:
    source = Source("justfile", text)
    found = [(problem.message, source.position(problem.start)[0]) for problem in justfile_problems(source)]
    assert found == [REFUSED[text]]
    assert JUST is None or not judge(text, tmp_path)


@pytest.mark.parametrize("text", TAKEN)
def test_what_just_takes_is_no_problem(text: str, tmp_path: Path) -> None:
    assert not list(justfile_problems(Source("justfile", text)))
    assert JUST is None or judge(text, tmp_path)
