"""What wxlint believes of whole Dockerfiles: the cases of beliefs.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from wxlint.gather import gather
from wxlint.images.answers import beliefs_of

CASES = yaml.safe_load((Path(__file__).parent / "beliefs.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_belief(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in case["files"].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    gathered = gather(["."], no_policy=True)
    first = next(iter(case["files"]))
    found = [b for b in beliefs_of(gathered.repository, gathered.scope) if b.path == first and b.target is None]
    assert [[b.base, b.variant, b.torch] for b in found] == [case["expect"]], found
