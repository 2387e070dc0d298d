"""Which Python environment an image computes with, by what its ENTRYPOINT and CMD start."""

from __future__ import annotations

import posixpath
import shlex
from typing import TYPE_CHECKING

from wxlint.core.paths import in_image
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.documents.dockerfile.words import json_words
from wxlint.images.evaluation.environments.environments import activation, led_to
from wxlint.images.evaluation.environments.other_pythons import named
from wxlint.images.installs.options import behind_options, read_arguments
from wxlint.images.installs.places import conda_run, made_by_itself, of_home, of_prefix, of_project
from wxlint.images.model.records import BY_PATH
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.evaluation.files.build_files import Files
    from wxlint.images.evaluation.open_stage import OpenStage
    from wxlint.shell.model import Command, Word

_INTERPRETER = late(r"(?:python|pypy)[\d.]*")
_PROGRAM = late(
    r"uvicorn|gunicorn|hypercorn|daphne|fastapi|flask|celery|rq|streamlit|chainlit|jupyter[\w-]*"
    r"|ipython|torchrun|accelerate|deepspeed|vllm|lmdeploy|litserve|ray|bentoml|mlflow|pytest|django-admin|gradio"
)
"""Programs of Python packages, which run the Python that they were installed for."""
_SILENT = frozenset(
    "cd echo printf mkdir ls cat test [ [[ true : sleep trap ulimit umask export unset local read return exit wait rm"
    " cp mv ln touch chmod chown id whoami date env set shift source . eval if dirname basename grep sed awk tr cut"
    " nvidia-smi nc curl wget kill find which command type hash".split()
)
"""Programs that compute nothing with Python."""
_CONDA = frozenset(("conda", "mamba", "micromamba"))
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh"))
_DEEPEST = 4
_RUN_VALUED = frozenset("-p --python --env-file --with --directory --project --extra --group --package -m".split())


def started_in(stage: OpenStage, files: Files) -> str:
    """The environment whose Python a container starts, as Stage.used."""
    given = [_text(one, stage) for one in (stage.entrypoint, stage.command) if one is not None]
    if not given:
        return ""
    reader = _Reader(stage, files)
    reader.read(" ".join(given), stage.workdir, 0)
    found = set(reader.found)
    return found.pop() if len(found) == 1 else HOLE


def _text(instruction: Instruction, stage: OpenStage) -> str:
    """What ENTRYPOINT or CMD says, as a text of the shell."""
    words = json_words(instruction.args) if instruction.args.startswith("[") else None
    return instruction.args if words is None else shlex.join(words)


class _Reader:
    """Follows what a container starts, through the scripts that the build context has."""

    def __init__(self, stage: OpenStage, files: Files) -> None:
        self.stage, self.files = stage, files
        self.found: list[str] = []

    def read(self, text: str, folder: str, depth: int, args: tuple[Value, ...] | None = None) -> None:
        activated = self.stage.shell_place
        for command in read_shell(text, self.stage.scope().values, args=args).commands:
            place = activation(self.stage, command)
            if place is not None:
                activated = place
                continue
            place = self._place(unwrap(command), folder, depth, activated)
            if place is not None:
                self.found.append(place)

    def _place(self, command: Command, folder: str, depth: int, activated: str) -> str | None:
        """The environment of one command; None for a command that starts no Python."""
        words = command.words
        path, name = words[0].value.text, posixpath.basename(words[0].value.text)
        if name in _SILENT:
            return None
        if not words[0].value.known:
            return HOLE
        if name in _CONDA:
            return self._behind_conda(words[1:])
        if name == "uv":
            return self._behind_uv(command, words[1:])
        if name in ("poetry", "pdm", "pipenv"):
            places = (in_image(self.stage.workdir, ".venv"), made_by_itself(name, self.stage.workdir))
            return next((one for one in places if one in self.stage.environments), HOLE)
        place = self._of_other(path, activated) or self._of_path(path)
        if place:
            return place
        if _INTERPRETER.fullmatch(name):
            return activated or self._by_path(command)
        if _PROGRAM.fullmatch(name):
            found = activated or self._by_path(command)
            return f"{BY_PATH}/{name}" if found == BY_PATH else found
        return self._of_script(words, folder, depth)

    def _absolute(self, path: str) -> str:
        return in_image(self.stage.workdir, path)

    def _of_path(self, path: str) -> str:
        """The environment whose program a path names, "" for none."""
        start, found, name = path.rpartition("/bin/")
        if not found:
            return ""
        place = of_prefix(in_image(self.stage.workdir, of_home(start)))
        computes = _INTERPRETER.fullmatch(name) or _PROGRAM.fullmatch(name)
        return place if place in self.stage.environments or computes else ""

    def _of_other(self, path: str, activated: str) -> str:
        """The environment of a Python beside the one that PATH leads to, where one of the commands was for it."""
        if activated and "/" not in path:
            return ""
        place = named(self.stage, path)
        return place if place in self.stage.environments else ""

    def _by_path(self, command: Command) -> str:
        given = dict(command.env).get("PATH")
        return BY_PATH if given is None else led_to(self.stage, given) or BY_PATH

    def _behind_conda(self, words: Sequence[Word]) -> str:
        run = conda_run(words, self._absolute)
        return HOLE if run is None else run.place or BY_PATH

    def _behind_uv(self, command: Command, words: Sequence[Word]) -> str | None:
        if not words or words[0].value.text != "run":
            return None
        own = words[: len(words) - len(behind_options(words[1:], _RUN_VALUED))]
        variables = {**self.stage.visible, **dict(command.env)}
        return of_project(read_arguments(own), variables, self._absolute)

    def _of_script(self, words: Sequence[Word], folder: str, depth: int) -> str | None:
        """The environment of what a script starts; with a HOLE where it cannot be read."""
        if posixpath.basename(words[0].value.text) in _SHELLS:
            words = behind_options(words[1:], frozenset(("-o",)))
        if not words or not words[0].value.known:
            return HOLE
        source = self.files.find(self.stage.index, in_image(folder, words[0].value.text))
        if source is None or depth >= _DEEPEST or source.path.endswith(".py"):
            return HOLE
        before = len(self.found)
        self.read(source.text, folder, depth + 1, tuple(word.value for word in words[1:]))
        return None if len(self.found) > before else HOLE
