"""The accelerated packages that projects of uv leave, whose lock may bring what is there to another release."""

from __future__ import annotations

import pytest
from image_states import state

from wxlint.images.stack.base import Held
from wxlint.images.stack.state import stack_after

pytestmark = pytest.mark.usefixtures("here")

PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{}]\n'
LOCK = """version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = {{ virtual = "." }}
dependencies = [{{ name = "{name}" }}]

[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "https://pypi.org/simple" }}
"""
MAC = 'sys_platform == "darwin"'
ONNX = "onnxruntime-gpu==1.23.2"
RELEASES = [
    # what is locked, commands, the release of it that is known afterwards
    (ONNX, ("uv sync", "uv add flask"), "==1.23.2"),
    (ONNX, ("uv sync", "uv add 'onnxruntime-gpu<1.20' --group train"), "<1.20"),
    # an addition to a project that the build has changed, so that nobody knows what it asks for
    (ONNX, ("uv sync", "uv add flask", "uv add 'onnxruntime-gpu<1.20' --group train"), ""),
    (ONNX, ("uv sync --frozen", "uv add flask --no-sync", "uv add 'onnxruntime-gpu<1.20'"), ""),
    # a lock takes no heed of what others have installed
    (ONNX, ("uv sync", "uv pip install onnxruntime-gpu==1.18.0"), "==1.18.0"),
    (ONNX, ("uv sync", "uv pip install onnxruntime-gpu==1.18.0", "uv add flask"), ""),
    # what is added brings what is there in older releases, or is for an older torch
    ("ctranslate2==4.6.0", ("uv sync", "uv add 'faster-whisper<1'"), "<4"),
    ("ctranslate2==4.6.0", ("uv sync", "uv add 'faster-whisper>1'"), "==4.6.0"),
    ("xformers==0.0.35", ("uv sync", "uv add 'torch<2.9' --group train"), ""),
    # and so may what is added for another system
    ("tensorflow==2.19.0", ("uv sync", "uv add \"tensorflow<2.19; sys_platform == 'darwin'\" --group train"), ""),
    (
        "tensorflow==2.19.0",
        ("uv sync", "uv add \"tensorflow>2.15; sys_platform == 'darwin'\" --group train"),
        "==2.19.0",
    ),
]


@pytest.mark.parametrize(("locked", "commands", "release"), RELEASES)
def test_the_release_that_a_project_leaves(locked: str, commands: tuple[str, ...], release: str) -> None:
    name, _, version = locked.partition("==")
    files = {"pyproject.toml": PROJECT.format(f'"{name}"'), "uv.lock": LOCK.format(name=name, version=version)}
    installs = state(files, "\n".join(f"RUN {command}" for command in commands)).installs
    (found,) = (one for one in stack_after(Held(), installs).packages if one.name == name)
    assert (found.specifier, found.conditional) == (release, False)
    if not release:
        assert (found.cuda, found.cudnn) == ("", "")
