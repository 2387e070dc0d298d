"""poetry, pipenv and pdm make an environment for a project, beside what pip has installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint import api

WHEELS = "https://download.pytorch.org/whl"
PROJECT = '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["sentence-transformers"]\n'
PIPFILE = '[[source]]\nurl = "https://index.example/simple"\nname = "own"\n[packages]\nsentence-transformers = "*"\n'
CPU = f"FROM python:3.11-slim\nRUN pip install torch==2.5.1 --index-url {WHEELS}/cpu\nWORKDIR /app\nCOPY . .\n"
START = {
    "poetry": 'CMD ["poetry", "run", "python", "a.py"]\n',
    "pdm": "CMD pdm run a.py\n",
    "pipenv": "CMD pipenv run a\n",
}


def tree(root: Path, text: str, **files: str) -> Path:
    names = {name.replace("_", "."): content for name, content in files.items()}
    write_tree(root, {"Dockerfile.cpu": text, "pyproject.toml": PROJECT, "Pipfile": PIPFILE, **names})
    return root


def torch(root: Path) -> str:
    return next(image.torch for image in api.images([root]) if not image.target)


@pytest.mark.parametrize(
    ("commands", "found"),
    [
        ("pip install poetry==2.1.1\nRUN poetry install --no-root", "default"),
        ("pip install poetry && pip install -U wheel\nRUN python -m poetry install --no-root", "default"),
        ("pip install pdm && pdm install --no-self", "default"),
        # told to take the system's Python
        ("pip install poetry && poetry config virtualenvs.create false && poetry install", "cpu"),
        ("pip install poetry && POETRY_VIRTUALENVS_CREATE=0 poetry install", "cpu"),
        ("pip install pdm && pdm config python.use_venv false && pdm install", "cpu"),
        # what another image has set for the tool is not known
        ("poetry install --no-root", "cpu"),
    ],
)
def test_what_a_project_s_environment_holds(tmp_path: Path, commands: str, found: str) -> None:
    start = START["pdm" if "pdm" in commands else "poetry"]
    root = tree(tmp_path, f"{CPU}RUN {commands}\n{start}")
    assert torch(root) == found
    implied = "implicit-torch" in {one.rule for one in api.check([root]).findings}
    assert implied is (found == "default")


@pytest.mark.parametrize(("option", "found"), [("", "default"), (" --system", "cpu")])
def test_pipenv(tmp_path: Path, option: str, found: str) -> None:
    text = f"{CPU}RUN pip install pipenv && pipenv install --skip-lock{option}\n{START['pipenv']}"
    assert (torch(tree(tmp_path, text)) == "cpu") is (found == "cpu")


def test_a_file_of_settings_beside_the_project(tmp_path: Path) -> None:
    text = f"{CPU}RUN pip install poetry && poetry install\n{START['poetry']}"
    assert torch(tree(tmp_path, text, poetry_toml="[virtualenvs]\ncreate = false\n")) == "cpu"


def test_pip_inside_of_the_environment(tmp_path: Path) -> None:
    made = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nRUN pip install poetry flask && poetry install\n"
    text = f"{made}{{}}{START['poetry']}"
    inside = f"RUN poetry run pip install torch==2.5.1+cpu --index-url {WHEELS}/cpu --force-reinstall\n"
    assert torch(tree(tmp_path / "a", text.format(inside))) == "cpu"
    assert torch(tree(tmp_path / "b", text.format(inside.replace("poetry run ", "")))) == "default"


@pytest.mark.parametrize(
    ("settings", "folder", "found"),
    [
        ("poetry config virtualenvs.create false &&", "/app", "none"),
        ("", "/app", "none"),
        ("", "/root/.cache", "default"),
        ("", "/usr/local", "none"),
        ("poetry config virtualenvs.create false &&", "/usr/local", "default"),
        ("poetry config virtualenvs.in-project true &&", "/app", "default"),
    ],
)
def test_what_a_copy_of_the_project_brings(tmp_path: Path, settings: str, folder: str, found: str) -> None:
    text = (
        "FROM python:3.11-slim AS backend\nWORKDIR /app\nCOPY . .\n"
        f"RUN pip install poetry && {settings} poetry install\n"
        f"FROM python:3.11-slim\nCOPY --from=backend {folder} {folder}\nCMD ./serve\n"
    )
    assert torch(tree(tmp_path, text)) == found
