"""Installs of whole projects by uv, poetry, pdm and pipenv: which folder, which of its groups, and from which lock."""

from __future__ import annotations

import pytest
from shell_installs import CPU, context, one, read

GROUPS = [
    # text, what is different from a plain install of the tool
    ("uv sync --extra gpu", {"names": ("gpu",)}),
    ("uv sync --extra gpu --extra audio", {"names": ("gpu", "audio")}),
    ("uv sync --group dev", {"names": ("dev",)}),
    ("uv sync --all-extras", {"every_extra": True}),
    ("uv sync --all-groups", {"every_group": True}),
    ("uv sync --no-group dev", {"excluded": ("dev",)}),
    ("uv sync --no-extra gpu", {"excluded": ("gpu",)}),
    ("uv sync --only-group dev", {"names": ("dev",), "only": True}),
    ("poetry install -E gpu", {"names": ("gpu",)}),
    ("poetry install --extras 'gpu audio'", {"names": ("gpu", "audio")}),
    ("poetry install --extras gpu,audio", {"names": ("gpu", "audio")}),
    ("poetry install --with dev", {"names": ("dev",)}),
    ("poetry install --without dev", {"excluded": ("dev",)}),
    ("poetry install --only main", {"only": False}),
    ("poetry install --only dev", {"names": ("dev",), "only": True}),
    ("pdm install -G gpu", {"names": ("gpu",)}),
    ("uv sync --extra GPU", {"names": ("gpu",)}),
    ("uv sync -E gpu", {"names": ()}),
    ("uv sync", {"names": (), "only": False, "defaults": True, "every_group": False, "unbound": False}),
    ("uv sync --only-group dev", {"defaults": False}),
    ("uv sync --only-group dev --all-groups", {"every_group": False}),
    ("uv sync --only-group dev --extra gpu", {"names": ("dev",)}),
    ("uv sync --only-dev", {"names": ("dev",), "only": True, "defaults": False}),
    ("uv sync --dev", {"names": ("dev",)}),
    ("uv sync --no-dev", {"excluded": ("dev",)}),
    ("UV_NO_DEV=1 uv sync", {"excluded": ("dev",)}),
    ("uv sync --no-default-groups", {"excluded": ("*",)}),
    ("UV_NO_DEFAULT_GROUPS=true uv sync", {"excluded": ("*",)}),
    ("UV_NO_GROUP='docs test' uv sync --no-group dev", {"excluded": ("dev", "docs", "test")}),
    ("UV_NO_DEV=1 poetry install", {"excluded": ()}),  # uv's variables are uv's
    ("uv sync", {"locked": True}),
    ("uv sync -U", {"locked": False}),
    ("uv sync --upgrade", {"locked": False}),
    ("uv sync --upgrade-package flask", {"locked": False}),
    ("uv sync -P flask", {"locked": False}),
    ("uv sync --resolution lowest", {"locked": False}),
    ("uv sync --upgrade --frozen", {"locked": True}),
    ("UV_FROZEN=1 uv sync --upgrade", {"locked": True}),
    ("uv sync --no-sources", {"locked": True, "unbound": True}),
    ("UV_NO_SOURCES=1 uv sync", {"locked": True, "unbound": True}),
    ("uv sync --no-sources --frozen", {"locked": True, "unbound": False}),
    ("poetry install --upgrade", {"locked": True}),
    ("uv sync --no-install-package Torch_Audio", {"skipped": frozenset({"torch-audio"})}),
    ("poetry install --only main,dev", {"names": ("main", "dev"), "only": False, "defaults": False}),
    ("poetry install --only main", {"names": (), "defaults": False}),
    ("poetry install --only-root", {"names": (), "only": False}),
    ("pdm install --prod", {"excluded": ("dev", "*")}),
    ("pdm install --production", {"excluded": ("dev", "*")}),
    ("pdm install -d", {"names": ("dev",)}),
    ("pdm install --no-default-groups", {"excluded": ("*",)}),
]


@pytest.mark.parametrize(("text", "expected"), GROUPS, ids=[row[0] for row in GROUPS])
def test_groups_of_a_project(text: str, expected: dict[str, object]) -> None:
    within = context(text)
    read(text, folder=within)
    ((_, groups, _),) = within.projects
    assert {name: getattr(groups, name) for name in expected} == expected


FOLDERS = [
    ("uv sync --directory app", "app"),
    ("uv sync --project=app", "app"),
    ("uv --project app sync", "app"),
    ("uv -p 3.11 sync", "."),  # uv's -p is a Python
    ("uv sync -p 3.11", "."),
    ("uv sync -C a=b", "."),
    ("poetry --directory app install", "app"),
    ("poetry --project app install", "app"),
    ("poetry -p app install", "app"),
    ("poetry install -p app", "app"),
    ("poetry install --directory app", "app"),
    ("pdm install -P app", "."),
    ("poetry --directory a install --directory b", "b"),
]


@pytest.mark.parametrize(("text", "folder"), FOLDERS, ids=[row[0] for row in FOLDERS])
def test_folders_of_projects(text: str, folder: str) -> None:
    within = context(text)
    read(text, folder=within)
    ((found, _, _),) = within.projects
    assert found == folder


@pytest.mark.parametrize("option", "--color --python --cache-dir --config-file".split())
def test_the_value_of_an_option_before_the_verb_is_no_verb(option: str) -> None:
    within = context("")
    read(f"uv {option} value sync", folder=within)
    assert [folder for folder, _, _ in within.projects] == ["."]


EXACT = [
    ("uv sync", True),
    ("uv sync --inexact", False),
    ("poetry sync", True),
    ("poetry install --sync", True),
    ("pdm sync", True),
    ("pdm install --sync", False),
    ("poetry install", False),
]


@pytest.mark.parametrize(("text", "exact"), EXACT, ids=[row[0] for row in EXACT])
def test_what_else_is_there_is_removed(text: str, exact: bool) -> None:
    assert one(text).exact is exact


def test_torch_that_is_not_installed() -> None:
    assert one("uv sync --no-install-package torch").no_deps
    assert not one("uv sync --no-install-package flask").no_deps


ADDED = [
    # text, the group it is added to
    ("uv add torch", ""),
    ("uv add --dev torch", "dev"),
    ("uv add --group gpu torch", "gpu"),
    ("uv add --optional gpu torch", "gpu"),
]


@pytest.mark.parametrize(("text", "part"), ADDED, ids=[row[0] for row in ADDED])
def test_what_uv_adds_is_resolved_with_the_project(text: str, part: str) -> None:
    within = context(text)
    read(text, folder=within)
    ((_, groups, _),) = within.projects
    assert (groups.added, groups.added_to, groups.defaults, groups.locked) == (("torch",), part, False, False)


def test_what_poetry_adds_is_installed_from_the_index() -> None:
    within = context("")
    install = one("poetry add torch", folder=within)
    assert (install.tool, [r.name for r in install.requirements], within.projects) == ("poetry", ["torch"], [])


PIPENV = [
    ("pipenv install", {}, "Pipfile"),
    ("pipenv sync", {}, "Pipfile"),
    ("pipenv install", {"PIPENV_PIPFILE": "/x/Pipfile"}, "/x/Pipfile"),
    ("python -m pipenv install", {}, "Pipfile"),
]


@pytest.mark.parametrize(("text", "env", "path"), PIPENV, ids=[f"{row[0]} {row[2]}" for row in PIPENV])
def test_pipfiles(text: str, env: dict[str, str], path: str) -> None:
    within = context(text, pipfile=True)
    install = one(text, env, within)
    assert [found for found, _ in within.pipfiles] == [path]
    assert (install.tool, [r.name for r in install.requirements]) == ("pipenv", ["torch"])
    assert install.sources.index is not None and install.sources.index.flag == "file"


@pytest.mark.parametrize("flag", ["-i", "--index", "--pypi-mirror"])
def test_an_index_that_is_given_to_pipenv(flag: str) -> None:
    text = f"pipenv install {flag} {CPU} torch"
    index = one(text).sources.index
    assert index is not None and (index.flag, index.value.text) == (flag, CPU)
    assert index.span is not None and text[index.span.column - 1 : index.span.end_column - 1] == CPU


GROUPS_OF_PIPENV = [
    ("pipenv install", ("packages",), False),
    ("pipenv install --dev", ("packages", "dev-packages"), False),
    ("pipenv install -d", ("packages", "dev-packages"), False),
    ("pipenv install --categories 'packages gpu'", ("packages", "gpu"), False),
    ("pipenv install --categories gpu --dev", ("gpu", "dev-packages"), False),
    ("pipenv install --deploy", ("packages",), True),
    ("pipenv install --ignore-pipfile", ("packages",), True),
    ("pipenv sync", ("packages",), True),
    ("pipenv update", ("packages",), False),
    ("pipenv upgrade", ("packages",), False),
    *((f"pipenv {option} sync", ("packages",), True) for option in "-v --verbose -q --quiet -c --clear".split()),
]


@pytest.mark.parametrize(("text", "names", "locked"), GROUPS_OF_PIPENV, ids=[row[0] for row in GROUPS_OF_PIPENV])
def test_groups_of_a_pipfile(text: str, names: tuple[str, ...], locked: bool) -> None:
    within = context(text, pipfile=True)
    one(text, folder=within)
    ((_, groups),) = within.pipfiles
    assert (groups.names, groups.locked) == (names, locked)


@pytest.mark.parametrize("option", ["-r", "--requirement", "--requirements"])
def test_a_list_that_is_given_to_pipenv(option: str) -> None:
    install = one(f"pipenv install {option} requirements.txt")
    assert ([r.name for r in install.requirements], install.unread) == (["torch"], ())


def test_a_pipfile_that_is_not_there_is_made_for_what_is_named() -> None:
    assert one("pipenv install torch").unread == ()
    assert [unread.name for unread in one("pipenv install").unread] == ["Pipfile"]
