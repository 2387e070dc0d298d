"""What a service with a GPU is for, where its image holds nothing that computes on one."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.images.graph.services.purpose import meant_for
from wxlint.lint.inputs import gather

pytestmark = pytest.mark.usefixtures("here")

PYTHON = "FROM python:3.11-slim\n"
INSTALL = "RUN pip install fastapi\n"
COPY = "COPY . .\n"
START = 'CMD ["python", "app.py"]\n'
SCRIPT = 'CMD ["/opt/start.sh"]\n'


def purpose(dockerfile: str, service: str = "", **others: str) -> str | None:
    """What a service that asks for a GPU is for. service: more of its keys. others: files, `_` for `.` in their
    names."""
    files = {name.replace("_", "."): text for name, text in others.items()}
    compose = f"services:\n  app: {{build: ., gpus: all{service}}}\n"
    write_tree(Path(), {"Dockerfile": dockerfile, "compose.yaml": compose, **files})
    repository = gather(["."], no_policy=True).repository
    assert repository.compose is not None
    ((_, app),) = repository.compose.services()
    return meant_for(repository, app).accelerator


def test_an_image_of_packages_that_compute_on_no_gpu_is_for_the_cpu() -> None:
    assert purpose(PYTHON + INSTALL + START) == "cpu"


def test_an_install_that_was_not_read_whole_may_bring_something() -> None:
    project = "import setuptools\nsetuptools.setup(install_requires=['flask'])\n"
    assert purpose(PYTHON + COPY + INSTALL + "RUN pip install .\n" + START, setup_py=project) == "cpu"
    computed = "import setuptools\nsetuptools.setup(install_requires=sorted({'flask'} | set()))\n"
    assert purpose(PYTHON + COPY + INSTALL + "RUN pip install .\n" + START, setup_py=computed) is None


def test_a_base_that_nobody_has_looked_up_may_hold_something() -> None:
    assert purpose("FROM bitnami/python:3.11\n" + INSTALL + START) is None


def test_a_script_that_is_there_is_read() -> None:
    assert purpose(PYTHON + INSTALL + COPY + SCRIPT, start_sh="exec python app.py\n") == "cpu"
    assert purpose(PYTHON + INSTALL + COPY + SCRIPT, start_sh="pip install torch && python app.py\n") is None


def test_a_script_that_is_not_there_may_install_something() -> None:
    assert purpose(PYTHON + INSTALL + COPY + SCRIPT) is None


@pytest.mark.parametrize("key", ["command", "entrypoint"])
def test_a_script_that_a_service_starts_counts_as_well(key: str) -> None:
    assert purpose(PYTHON + INSTALL + COPY + START, f", {key}: sh start.sh", start_sh="python app.py\n") == "cpu"
    assert purpose(PYTHON + INSTALL + COPY + START, f", {key}: sh gone.sh") is None
