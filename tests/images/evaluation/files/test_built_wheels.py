"""A wheel that a build makes of a project asks for what the project asks for, where it is installed."""

from __future__ import annotations

import pytest

from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.installs.model import Install
from wxlint.images.model.records import Build

PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["torch", "flask"]\n'
COPIED = "FROM python:3.12 AS b\nWORKDIR /src\nCOPY . .\n"


def last(text: str) -> tuple[list[str], bool]:
    """What the last install of a Dockerfile names, and whether anything of it could not be read."""

    def read(path: str) -> Source | None:
        return Source(path, PROJECT) if path == "pyproject.toml" else None

    evaluated = evaluate(read_dockerfile(Source("Dockerfile", text)), Build("Dockerfile", (".",)), Files(read, (".",)))
    install = [step for step in evaluated.stages[-1].steps if isinstance(step, Install)][-1]
    return [r.name for r in install.requirements], bool(install.unread)


@pytest.mark.parametrize(
    "text",
    [
        "RUN python -m build --wheel\nRUN pip install dist/*.whl",
        "RUN python -m build -o /out . && pip install /out/app-1-py3-none-any.whl",
        "RUN pyproject-build --outdir=/out && pip install /out/app-$V-py3-none-any.whl",
        "RUN uv build --wheel --out-dir /out && uv pip install --system /out/*.whl",
        "RUN poetry build -f wheel\nRUN pip install ./dist/*.whl",
        "RUN cd /src && python setup.py bdist_wheel -d /out\nRUN pip install /out/*.whl",
        "RUN pip wheel --no-deps -w /out .\nFROM python:3.12\nCOPY --from=b /out /w\nRUN pip install /w/*.whl",
        "RUN uv build\nFROM python:3.12\nCOPY --from=b /src/dist/*.whl /w/\nRUN cd /w && pip install ./*.whl",
        "RUN uv build\nFROM python:3.12\nWORKDIR /w\nCOPY --from=b /src/dist/app-*.whl .\nRUN pip install app-*.whl",
        "RUN uv build\nFROM python:3.12\nWORKDIR /w\nCOPY --from=b /src/dist/a*-1*.whl .\nRUN pip install a*-1*.whl",
        "RUN make wheel\nRUN pip install out/app-*-py3-none-any.whl",
    ],
)
def test_a_wheel_asks_for_what_its_project_does(text: str) -> None:
    assert last(COPIED + text) == (["torch", "flask"], False)


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install dist/*.whl",
        "RUN python -m build\nRUN pip install /elsewhere/*.whl",
        "RUN uv build --package other\nRUN pip install dist/*.whl",
        "RUN python -m build $FOLDER\nRUN pip install dist/*.whl",
        'RUN if [ -n "$X" ]; then python -m build; fi\nRUN pip install dist/*.whl',
        "RUN python -m build other\nRUN pip install dist/*.whl",
        "RUN make wheel\nRUN pip install out/application-*.whl",
    ],
)
def test_wheels_of_something_else_are_not_known(text: str) -> None:
    assert last(COPIED + text) == ([], True)


def test_without_dependencies_a_wheel_brings_nothing() -> None:
    assert last(COPIED + "RUN uv build\nRUN pip install --no-deps dist/*.whl") == ([], False)
