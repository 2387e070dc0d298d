"""What wxlint believes of whole Dockerfiles: the cases of beliefs.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from case_files import read_cases
from file_trees import write_tree

from wxlint.images.graph.pictures.summary import beliefs_of
from wxlint.lint.inputs import gather

CASES = read_cases(Path(__file__).parent / "lineage.yaml")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_belief(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, case["files"])
    monkeypatch.chdir(tmp_path)
    gathered = gather(["."], no_policy=True)
    first = next(iter(case["files"]))
    found = [b for b in beliefs_of(gathered.repository, gathered.scope) if b.path == first and b.target is None]
    assert [[b.base, b.variant, b.torch] for b in found] == [case["expect"]], found


def test_each_belief_is_about_its_own_dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose builds each with an argument, so that each is evaluated once more for the build by hand, and
    thrown away."""
    (tmp_path / ".git").mkdir()
    services = []
    for number in range(60):
        folder = tmp_path / f"s{number}"
        folder.mkdir()
        (folder / "Dockerfile").write_text(f"ARG A\nFROM registry.example/base{number}:1 AS build\nFROM build\n")
        services.append(f"  s{number}:\n    build: {{context: s{number}, args: {{A: b}}}}\n")
    (tmp_path / "compose.yaml").write_text("services:\n" + "".join(services))
    monkeypatch.chdir(tmp_path)
    gathered = gather(["."], None, True, False, None)
    for belief in beliefs_of(gathered.repository, gathered.scope):
        own = f"registry.example/base{belief.path[1:].partition('/')[0]}:1"
        assert belief.base == own
        assert all(own in reason.shown() for reason in belief.because if reason.text.startswith("FROM"))
