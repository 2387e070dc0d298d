"""`check --fix` in instructions in exec form (JSON arrays): they stay what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main
from wxlint.core.findings import Finding, Span
from wxlint.core.fix import Edit
from wxlint.fixes import propose
from wxlint.fixes.context import Context, Proposal

CPU = "https://download.pytorch.org/whl/cpu"
POLICY = (
    "wxlint: 1\nimage: x/app\ndockerfile: Dockerfile\nvariants:\n  cpu: {accelerator: cpu, stages: [app],"
    " torch-channel: cpu}\n"
)
BASE = "FROM python:3.11-slim\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "wxlint.yaml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fixed(text: str, *words: str) -> tuple[int, str]:
    """The exit code of a fix, and what the Dockerfile holds then below its first line."""
    Path("Dockerfile").write_text(BASE + text)
    code = main(["check", "--fix", "--no-cache", *words, "Dockerfile"])
    return code, Path("Dockerfile").read_text().removeprefix(BASE)


@pytest.mark.parametrize(
    "before, after",
    [
        ('["pip","install","torch"]', f'["pip","install","torch", "--index-url", "{CPU}"]'),
        ('["python3", "-m", "pip", "install", "torch" ]', None),
        ('["pip", "install", \\\n  "torch", "torchvision"]', None),
        ('["uv", "pip", "install", "--system", "torch"]', None),
    ],
)
def test_the_index_becomes_elements_of_the_array(tree: Path, before: str, after: str | None) -> None:
    wanted = after or f'{before[:-1]}, "--index-url", "{CPU}"]'
    assert fixed(f"RUN {before}\n") == (0, f"RUN {wanted}\n")


@pytest.mark.parametrize(
    "text",
    [
        '["sh","-c","pip install torch"]',
        '["bash", "-x", "-c", "pip install torch"]',
        '["pip","install","torch","requests"]',
        '["sh","-c","pip install flask>=2"]',
        '["pip","install","onnxruntime","onnxruntime-gpu"]',
    ],
)
def test_what_has_no_place_in_the_array_stays(tree: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert fixed(f"RUN {text}\n", "--unsafe-fixes") == (1, f"RUN {text}\n")
    assert "would be none any more" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, column, edit, why",
    [
        ('RUN ["pip", "install", "flask", "torch"]\n', 6, " --x ", "exec form"),
        ("RUN pip install flask\n", 5, "echo ", "an install would be gone"),
        ("RUN pip install flask torch\n", 22, " #", "an install would be gone"),
        ("RUN pip install flask\n", 1, "RUN true\n", "the number of instructions"),
    ],
)
def test_a_fix_that_costs_an_install_or_a_form_is_refused(
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    column: int,
    edit: str,
    why: str,
) -> None:
    """Whatever a rule proposes: here a wrong one is put in the place of latest-tag's."""

    def wrong(context: Context, finding: Finding) -> Proposal:
        return Proposal((Edit(Span("Dockerfile", 2, column, 2, column), edit),), "go wrong", True)

    monkeypatch.setitem(propose.PROPOSERS, "latest-tag", (wrong,))
    Path("Dockerfile").write_text("FROM example/base:latest\n" + text)
    assert main(["check", "--fix", "--no-cache", "--no-policy", "."]) == 1
    assert Path("Dockerfile").read_text() == "FROM example/base:latest\n" + text
    assert why in capsys.readouterr().err
