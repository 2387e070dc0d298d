"""Lists of packages that a command line names: which files are such lists, and what cannot be read in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.images.graph.missing.named_lists import flaws_of
from wxlint.images.graph.sources import SourceStore
from wxlint.images.installs.model import UnreadKind

BROKEN_PROJECT = "[project\n"
BROKEN_CONDA = "name: x\ndependencies: [python\n"
WITH_PIP = "dependencies:\n  - pip\n  - pip:\n      - -r missing.txt\n"


def flaws(here: Path, path: str, text: str) -> list[tuple[str, UnreadKind]]:
    write_tree(here, {path: text})
    return [(found, unread.kind) for found, unread in flaws_of([path], SourceStore(here))]


INVALID = [
    ("pyproject.toml", BROKEN_PROJECT),
    ("app/pyproject.toml", BROKEN_PROJECT),
    ("Pipfile", "[packages\n"),
    ("environment.yml", BROKEN_CONDA),
    ("environment-gpu.yaml", BROKEN_CONDA),
    ("environment.gpu.yml", BROKEN_CONDA),
    ("gpu_environment.yml", BROKEN_CONDA),
    ("conda/gpu.environment.yml", BROKEN_CONDA),
    ("Environment.yml", BROKEN_CONDA),
]


@pytest.mark.parametrize(("path", "text"), INVALID, ids=[row[0] for row in INVALID])
def test_a_list_that_cannot_be_read(path: str, text: str, here: Path) -> None:
    assert flaws(here, path, text) == [(path, UnreadKind.INVALID)]


@pytest.mark.parametrize(
    "path",
    [
        "requirements.txt",
        "requirements-gpu.txt",
        "requirements.in",
        "constraints.txt",
        "app/Requirements.txt",
        "requirements/gpu.txt",
        "a/requirements/b/c.in",
    ],
)
def test_a_list_of_requirements_that_names_another(path: str, here: Path) -> None:
    assert flaws(here, path, "-r missing.txt\n") == [(path, UnreadKind.NOT_THERE)]


def test_a_list_of_conda_that_has_one_of_pip(here: Path) -> None:
    assert flaws(here, "environment.yml", WITH_PIP) == [("environment.yml", UnreadKind.NOT_THERE)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("notes.txt", "-r missing.txt\n"),
        ("my-requirements.md", "-r missing.txt\n"),
        ("compose.yml", BROKEN_CONDA),
        ("environments.yml", BROKEN_CONDA),
        ("environment-gpu.yml", "name: [x\n"),  # nothing of conda is in it
        ("setup.cfg", BROKEN_PROJECT),
        ("requirements.txt", "torch==2.3.1\n"),
        ("environment.yml", "dependencies: [python]\n"),
        ("pyproject.toml", '[project]\nname = "a"\nversion = "1"\n'),
    ],
)
def test_what_is_no_list_or_has_no_flaw(path: str, text: str, here: Path) -> None:
    assert flaws(here, path, text) == []


def test_a_file_that_is_not_there_is_for_others_to_say(here: Path) -> None:
    assert list(flaws_of(["requirements.txt"], SourceStore(here))) == []


def test_files_beside_a_list_are_found_from_its_own_folder(here: Path) -> None:
    write_tree(here, {"app/requirements.txt": "-r more.txt\n", "app/more.txt": "flask\n", "more.in": "flask\n"})
    assert list(flaws_of(["app/requirements.txt"], SourceStore(here))) == []
