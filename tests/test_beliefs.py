"""`wxlint images`: what is believed of each image, told of that image and of no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.gather import gather
from wxlint.images.belief import beliefs_of


def test_each_belief_is_about_its_own_dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose builds each with an argument, so that each is evaluated once more for the build by hand, and thrown away."""
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
        assert all(own in reason for reason in belief.because if reason.startswith("FROM"))
