"""What `check --fix` says of findings that it does not fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main


def said(capsys: pytest.CaptureFixture[str], run: str, *words: str) -> list[str]:
    Path("Dockerfile.cpu").write_text(f"FROM python:3.11-slim\n{run}\n")
    main(["check", "--fix", "--no-cache", "--no-policy", *words, "."])
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ("RUN pip install torch flask -q > log", "its command holds more than plain words"),
        ("RUN pip install -U torch flask", "a command of its own for torch does not go with -U"),
        ("RUN pip install --new 1 torch flask", "the option --new is not known"),
        ("RUN if true; then pip install torch flask; fi", "its command is neither the first of a RUN nor behind `&&`"),
        ('RUN X="torch flask"; true && pip install $X', "a variable holds torch and other packages"),
        ('ARG X="torch flask"\nRUN pip install $X', "a variable holds torch and other packages"),
        ('RUN ["sh", "-c", "pip install torch"]', "takes an index only where it installs torch alone"),
    ],
)
def test_why_there_is_no_fix(here: Path, capsys: pytest.CaptureFixture[str], run: str, why: str) -> None:
    first, last = said(capsys, run, "--unsafe-fixes")
    assert first.startswith("not fixed Dockerfile.cpu:") and first.endswith(why)
    assert last == "fixed 0 findings in 0 files"


def test_why_a_finding_is_not_cleared(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, 'RUN pip install "torch>=2.0" transformers', "--unsafe-fixes")
    assert lines[0].endswith(
        "take torch from cpu: it does not clear the finding, which is at line 2, column 94 then: "
        "torch>=2.0 from the default index"
    )


def test_how_many_more_unsafe_fixes_there_are(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = "RUN pip install torch\nRUN pip install 'x' flask>=2"
    assert said(capsys, run)[-1] == "fixed 1 finding in 1 file; 1 more finding may be fixed with --unsafe-fixes"
    assert said(capsys, run, "--unsafe-fixes")[-1] == "fixed 2 findings in 1 file"
    assert said(capsys, "RUN true")[-1] == "fixed 0 findings in 0 files"
