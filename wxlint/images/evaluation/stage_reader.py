"""What the RUN instructions of a stage and the scripts that they call are read with."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from wxlint.core.paths import in_image
from wxlint.core.values import HOLE, Value
from wxlint.images.evaluation import pip_config
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.files.written_files import removed_by
from wxlint.images.evaluation.open_stage import OpenStage
from wxlint.images.evaluation.stage_context import StageContext
from wxlint.images.installs.model import Install
from wxlint.images.model.records import StageCopy
from wxlint.shell.model import Surroundings

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.shell.model import Command


class StageReader:
    """The files, variables and places that commands of the stages of one evaluation see.

    source: the Dockerfile. stages: those begun so far. one_platform: whether the build is for one platform only, which
    tests of the machine then go by.
    """

    def __init__(self, source: Source, files: Files, stages: list[OpenStage], *, one_platform: bool) -> None:
        self.source, self.files, self.stages, self.one_platform = source, files, stages, one_platform

    def pip_values(self, stage: OpenStage) -> dict[str, Value]:
        """The variables that an install sees, pip's configuration among them: files, then `pip config`, then the
        environment, which wins."""
        scope = stage.visible
        given = scope["PIP_CONFIG_FILE"].text if "PIP_CONFIG_FILE" in scope else ""
        now = len(self.files.copies.get(stage.index, ())), given, stage.user
        if now != stage.pip_looked:  # once for each set of copies, not for each RUN
            brought = now[0] != stage.pip_looked[0]
            stage.pip_looked = now
            found = pip_config.from_files(self.files, stage.index, given, _is_root(stage.user)) if now[0] else {}
            if found or not brought:
                stage.pip_file = found
        return {**stage.pip_file, **stage.pip_config, **scope} if stage.pip_file or stage.pip_config else scope

    def surroundings(self, stage: OpenStage, text: str) -> Surroundings:
        """What the commands of a text find: the machine of the stage, and the files that were copied."""

        def has_file(path: str, cwd: Value | None) -> bool:
            folder = stage.workdir if cwd is None else posixpath.join(stage.workdir, cwd.text) if cwd.known else HOLE
            return self.files.has(stage.index, in_image(folder, path), removed_by(text))

        machine = stage.environment.machine if self.one_platform else None
        return Surroundings(machine or "", has_file, succeeds=True)

    def context(
        self, stage: OpenStage, at: Callable[[int], int], command: Command, script: Source | None = None
    ) -> StageContext:
        """What a command sees. at: from offsets of its text to those of its file. script: that file, other than the
        Dockerfile."""
        return StageContext(self.files, stage, script or self.source, at, command, partial(self._builds_wheels, stage))

    def _builds_wheels(self, stage: OpenStage, origin: int) -> bool:
        """Whether an earlier stage made wheels that a stage copies."""
        return any(isinstance(step, StageCopy) and step.stage == origin for step in stage.steps) and any(
            isinstance(step, Install) and step.builds for step in self.stages[origin].steps
        )


def _is_root(user: str | None) -> bool:
    return user is None or user.partition(":")[0] in ("", "root", "0")


def configures(stage: OpenStage, command: Command) -> bool:
    """`pip config set global.index-url URL` counts from here on."""
    found = pip_config.configured(command)
    if found is None:
        return False
    name, value = found
    if name:
        stage.pip_config[name] = value
    return True
