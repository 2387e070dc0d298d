"""What uv's commands for a project leave for those after them: a lock, and indexes that are written into it."""

from __future__ import annotations

import pytest
from image_states import CPU, CUDA, said, state

from wxlint.images.stack.base import Held
from wxlint.images.stack.state import stack_after

pytestmark = pytest.mark.usefixtures("here")

HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
INDEX = '[[tool.uv.index]]\nname = "cu"\nurl = "' + CUDA + '"\nexplicit = true\n[tool.uv.sources]\n'
TORCH = INDEX + 'torch = { index = "cu" }\n'
VISION = INDEX + 'torchvision = { index = "cu" }\n'
LOCK = ('version = 1\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
        'dependencies = [{ name = "torch" }]\n[[package]]\nname = "torch"\nversion = "2.3.1"\n'
        'source = { registry = "https://download.pytorch.org/whl/cu118" }\n')  # fmt: skip


def project(dependencies: str, *sections: str) -> dict[str, str]:
    return {"pyproject.toml": f"{HEAD}dependencies = [{dependencies}]\n" + "".join(sections)}


PLAIN, BOUND = project('"torch"'), project('"torch==2.3.1"', TORCH)
COMMANDS = [
    # a frozen lock is as the command before it made it
    (BOUND, "uv sync --no-sources", "uv sync --frozen", "default 2.3.1"),
    (BOUND, "uv sync --no-sources", "uv run --frozen true", "default 2.3.1"),
    (BOUND, "uv sync --no-sources", "uv sync", "cu121 2.3.1"),
    (BOUND, "uv lock --no-sources", "uv sync --frozen", "default 2.3.1"),
    (PLAIN, f"uv sync --index {CPU}", "uv sync --frozen", "cpu newest"),
    (PLAIN, f"uv sync --index {CPU}", "UV_LOCKED=1 uv sync", "cpu newest"),
    (PLAIN, f"uv lock --default-index {CPU}", "uv sync --frozen", "cpu newest"),
    (PLAIN, "uv lock", "uv sync --frozen", "default newest"),
    (PLAIN, "uv lock", "true", "none"),
    ({**PLAIN, "x/pyproject.toml": PLAIN["pyproject.toml"]}, f"uv lock --index {CPU}", "uv sync --project x --frozen",
     "default newest"),
    (PLAIN, "uv sync --resolution=lowest", "uv sync --frozen", "default ?"),
    # a later command keeps it where it still holds: of more indexes nothing is taken
    (PLAIN, "uv sync", f"uv sync --index {CPU}", "default newest"),
    (PLAIN, "uv sync", f"uv sync -U --index {CPU}", "cpu newest"),
    (PLAIN, f"uv sync --index {CPU}", "uv sync", "default newest"),
    # so does one that the repository has, for what no source is of
    ({**project('"torch"', VISION), "uv.lock": LOCK}, "uv lock", f"uv sync --no-sources --index {CPU}",
     "cu118 2.3.1"),
    ({**project('"torch"', TORCH), "uv.lock": LOCK}, "uv lock", f"uv sync --no-sources --index {CPU}", "cpu ?"),
    ({**project('"accelerate"', '[tool.uv]\nconstraint-dependencies = ["torch>=2"]\n', TORCH), "uv.lock": LOCK},
     "uv lock", "uv sync --no-sources", "default ?"),
    # an index that `uv add` has written is there for `uv pip`, but for the older options
    (project('"flask"'), f"uv add flask --frozen --index {CPU}", "uv pip install torch", "cpu newest"),
    (project('"flask"'), f"uv add flask --no-sync --index a={CPU}", "uv pip install torch", "cpu newest"),
    (project('"flask"'), f"UV_INDEX={CPU} uv add flask --frozen", "uv pip install torch", "cpu newest"),
    (project('"flask"'), f"uv add flask --frozen --default-index {CPU}", "uv pip install torch", "cpu newest"),
    (project('"flask"'), f"UV_DEFAULT_INDEX={CPU} uv add flask --frozen", "uv pip install torch", "cpu newest"),
    (project('"flask"'), f"uv add flask --frozen -i {CPU}", "uv pip install torch", "default newest"),
    (project('"flask"'), f"uv add flask --frozen --extra-index-url {CPU}", "uv pip install torch", "default newest"),
    (project('"flask"'), f"uv add flask --frozen --index {CPU} && uv add flask --frozen --index {CUDA}",
     "uv pip install torch", "cu121 newest"),
    (project('"flask"', TORCH), f"uv add flask --frozen --index {CUDA}", "uv pip install torch", "default newest"),
    ({**project('"flask"'), "uv.toml": "native-tls = true\n"}, f"uv add flask --frozen --index {CPU}",
     "uv pip install torch", "default newest"),
    (project('"flask"'), f"mkdir x && cd x && uv add flask --frozen --index {CPU}", "uv pip install torch",
     "default newest"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "first", "later", "torch"), COMMANDS, ids=[" ; ".join(c[1:3]) for c in COMMANDS])
def test_what_a_command_leaves_for_later_ones(files: dict[str, str], first: str, later: str, torch: str) -> None:
    assert said(state(files, f"RUN {first}\nRUN {later}").torch) == torch


def test_a_lock_that_is_made_anew_may_have_any_release() -> None:
    package = '[[package]]\nname = "{}"\nversion = "{}"\nsource = {{ registry = "https://registry.example/simple" }}\n'
    lock = f"version = 1\n{package.format('tensorflow-cpu', '2.19.0')}"
    own = '[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
    files = {**project('"tensorflow-cpu"'), "uv.lock": f'{lock}{own}dependencies = [{{ name = "tensorflow-cpu" }}]\n'}

    def release(commands: str) -> str:
        return stack_after(Held(), state(files, commands).installs).packages[-1].specifier

    assert release("RUN uv sync") == "==2.19.0"
    assert release("RUN uv sync\nRUN uv sync --inexact") == "==2.19.0"
    assert release("RUN uv sync\nRUN uv sync --inexact --resolution=lowest-direct") == ""


def test_a_later_stage_begins_with_what_the_commands_have_left() -> None:
    commands = f"RUN uv sync --index {CPU}\nRUN uv add flask --frozen --index {CUDA}"
    files = project('"flask"', '[project.optional-dependencies]\nx = ["torch"]\n')
    stages = f"{commands}\nFROM one\nRUN uv pip install torch"
    assert said(state(files, stages, "python:3.11-slim AS one").torch) == "cu121 newest"
