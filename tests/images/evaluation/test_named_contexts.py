"""Where a bare word in a FROM may be a build context that has a name, and no image."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.evaluation.named_contexts import Contexts


def may_name(folder: Path, text: str, **files: str) -> bool:
    """Whether `src` may be a context in sub/Dockerfile. files: `__` for `/`."""
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (folder / "sub").mkdir(exist_ok=True)

    def read(path: str) -> Source | None:
        return Source(path, Path(path).read_text()) if Path(path).is_file() else None

    contexts = Contexts(read, os.path.realpath(folder))
    dockerfile = read_dockerfile(Source("sub/Dockerfile", text))
    assert contexts.may_name(dockerfile, "src") == contexts.may_name(dockerfile, "src")
    return contexts.may_name(dockerfile, "src")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "repository"


PLAIN = "FROM src\n"
SAID = 'target "x" {\n  contexts = { src = "../src" }\n}\n'


@pytest.mark.parametrize(
    "name",
    [
        *("docker-bake.hcl", "any.hcl", "rules.mk", "Makefile", "makefile", "Justfile", "Tiltfile", "my-bake.json"),
        *("sub__docker-bake.hcl", "sub__Makefile", ".github__workflows__build.yml"),
    ],
)
def test_files_that_say_it(name: str, here: Path) -> None:
    assert may_name(here, PLAIN, **{name: SAID})


@pytest.mark.parametrize(
    "name", ["other.txt", "build.sh", "deep__sub__docker-bake.hcl", "sub__.github__workflows__a.yml"]
)
def test_files_that_are_not_asked(name: str, here: Path) -> None:
    assert not may_name(here, PLAIN, **{name: SAID})


def test_a_file_above_the_repository_is_not_asked(here: Path) -> None:
    (here.parent / "docker-bake.hcl").write_text(SAID)
    assert not may_name(here, PLAIN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('contexts = { src = "x" }', True),
        ("contexts: {src: x}", True),
        ('contexts = { "src" = "x" }', True),
        ("docker build --build-context src=x .", True),
        ('target { src = "x" }', False),  # of no context
        ('contexts = { other = "x" }', False),
        ('contexts = { my-src = "x" }', False),
        ('contexts = { a = "src" }', False),
    ],
)
def test_what_says_it(text: str, said: bool, here: Path) -> None:
    assert may_name(here, PLAIN, Makefile=text) is said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# docker build --build-context src=../src .\nFROM src\n", True),
        ("# docker build --build-context other=../src .\nFROM src\n", False),
        ("# src=1\nFROM src\n", False),
        ("FROM {{ base }}\nFROM src\n", True),  # a template: what fills it in may say so
        ("FROM src\n", False),
    ],
)
def test_what_the_dockerfile_says(text: str, said: bool, here: Path) -> None:
    assert may_name(here, text) is said
