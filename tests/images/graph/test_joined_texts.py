"""Names are looked for in all texts at once, and each text is read once."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.images.graph.joined_texts import JoinedTexts
from wxlint.lint.inputs import gather


def test_each_text_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_tree(
        tmp_path,
        {
            "Dockerfile": "FROM python:3.11-slim\n",
            "build.sh": "cp a.py my-b.py\ndocker build -t example/asr:1.0 .\n",
            "docs/make.py": "open('c.py')",
            "docs/own.md": "d.py",
        },
    )
    repository = gather(["."]).repository
    assert set(repository.scripts) == {"build.sh"}
    read: list[str] = []
    before = repository.sources.read
    monkeypatch.setattr(repository.sources, "read", lambda path: read.append(path) or before(path))  # type: ignore[func-returns-value]
    texts = JoinedTexts(repository, lambda name: name.endswith((".py", ".md")), (".md",))
    names = ("a.py", "b.py", "c.py", "d.py")
    assert [texts.name(name, ("docs",)) for name in names] == [True, False, True, False]
    assert [texts.hold(name, ("docs",)) for name in names] == [True, True, True, False]
    assert sorted(read) == ["build.sh", "docs/make.py"]
    assert texts.near("a.Dockerfile", ["b.Dockerfile"]) == "; did you mean b.Dockerfile?"
    assert texts.near("a.Dockerfile", ["b.Dockerfile"] * 5_000) == ""
