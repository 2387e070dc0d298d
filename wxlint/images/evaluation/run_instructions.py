"""What the RUN instructions of a stage install: their shell texts, the scripts they call, and where all of it
stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.documents.dockerfile.reader import Instruction
from wxlint.documents.dockerfile.words import json_words
from wxlint.images.evaluation import pip_config
from wxlint.images.evaluation.called_scripts import CalledScripts
from wxlint.images.evaluation.default_shell import flavor_of_command, flavor_of_text, shell_texts
from wxlint.images.evaluation.environments.placing import activated_behind, placed
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.files.generated_requirements import is_maker, made_by, may_build, may_make, piped_into
from wxlint.images.evaluation.files.written_files import touched
from wxlint.images.evaluation.handled import is_handled
from wxlint.images.evaluation.open_stage import OpenStage
from wxlint.images.evaluation.stage_reader import StageReader, configures
from wxlint.images.installs.commands import installs, may_install, runs_installer
from wxlint.images.installs.model import SWITCHES, Install, Unread, UnreadKind, joined
from wxlint.images.installs.screening import calls_make, worth_reading

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.source import Source
    from wxlint.images.evaluation.environments.environments import Activated
    from wxlint.shell.model import Command, ShellError


_VARIABLE = late(r"\$\{?(\w+)")


def _commands_in_variables(text: str, stage: OpenStage) -> Iterator[str]:
    """Yield the values that may be whole commands (`RUN $TORCH_COMMAND`)."""
    for name in _VARIABLE.findall(text):
        value = stage.visible.get(name)
        if value is not None and " " in value.text:
            yield value.text


class Runs:
    """Reads the RUN instructions of one evaluation.

    stages: those begun so far. built_by: the build's reasons, where its arguments may decide; else empty.
    one_platform: whether the build is for one platform only, which tests of the machine then go by.
    """

    def __init__(
        self,
        source: Source,
        files: Files,
        stages: list[OpenStage],
        built_by: tuple[Reason, ...],
        *,
        one_platform: bool = True,
    ) -> None:
        self.source, self.files, self.built_by = source, files, built_by
        self.reader = StageReader(source, files, stages, one_platform=one_platform)
        self.scripts = CalledScripts(self.reader)

    def read(self, stage: OpenStage, instruction: Instruction) -> None:
        """Add what a RUN installs to the stage's steps, and note the files it changes."""
        flavor = stage.flavor
        if instruction.args.startswith("["):
            flavor = flavor_of_command(json_words(instruction.args) or (), stage.base_flavor)
        for text, at in shell_texts(instruction):
            if "curl" in text or "wget" in text:
                stage.fetches.append(text)
            if "pip.conf" in text:
                self.reader.pip_values(stage)
                stage.pip_file = pip_config.from_text(text)
            stage.note_python(text)
            makes = may_make(text)
            read = makes or self.files.any_written or worth_reading(text) or may_build(text)
            read = read or ("$" in text and any(map(worth_reading, _commands_in_variables(text, stage))))
            if stage.shell and (read or (calls_make(text) and self.files.copies.get(stage.index))):
                self._commands(stage, text, at, makes, flavor_of_text(text, flavor))
            else:
                self.files.note_changes(stage.index, text)

    def _commands(self, stage: OpenStage, text: str, at: Callable[[int], int], makes: bool, flavor: str) -> None:
        from wxlint.shell.bash.reader import read_plain, read_shell  # only for files that install something

        source = self.source
        scope = stage.scope()

        def where(offset: int) -> tuple[str, int]:
            return source.path, source.position(at(offset))[0]

        around = self.reader.surroundings(stage, text)
        result = read_plain(text, flavor) or read_shell(text, scope.values, where=where, flavor=flavor, around=around)
        if result.error is not None:
            stage.steps.append(self._unread(result.error, at))
        behind = 0
        builds, activates = may_build(text), "activate" in text
        activated: Activated | None = None
        for number, command in enumerate(result.commands):
            if command.start > behind:  # what a command changes counts for those after it
                self.files.note_changes(stage.index, text[behind : command.start])
                behind = command.start
            if activates:
                activated = activated_behind(stage, command, activated)
            if builds and self._note_wheels(stage, at, command):
                continue
            if (makes or self.files.any_written) and self._makes(stage, at, result.commands, number, text):
                continue
            if not may_install(command) or ("config" in text and configures(stage, command)):
                continue
            context = self.reader.context(stage, at, command)
            context.activated = activated
            for install in installs(command, self.reader.pip_values(stage), context):
                switches = _switches(stage, command)
                for step in self.scripts.followed(stage, install, context):
                    own = placed(stage, command, step, activated, self.source.text, self.files)
                    own = own._replace(switches=switches) if switches else own
                    own = own._replace(handled=True) if is_handled(text, command.end) else own
                    if any(r.kind == "vcs" and r.url for r in own.requirements) and self.files.is_own is not None:
                        own = context.with_own_project(own, self.files.is_own)
                    stage.steps.append(self._relocated(own))
                    stage.pip_config.update(pip_config.from_install(step))
        self.files.note_changes(stage.index, text[behind:])

    def _unread(self, error: ShellError, at: Callable[[int], int]) -> Install:
        """A RUN that is not read to its end: what it installs is for the shell to say."""
        kind = UnreadKind.NOT_WHOLE if error.is_limit else UnreadKind.INVALID
        source = self.source

        def where() -> Span:
            first = at(error.start)
            return source.span(first, max(at(max(error.end - 1, error.start)) + 1, first))

        return Install("script", unread=(Unread(kind, "this RUN", where, error.message),), program="RUN", where=where)

    def _note_wheels(self, stage: OpenStage, at: Callable[[int], int], command: Command) -> bool:
        """Whether a command builds the wheel of a project, which is noted beside others of its folder."""
        from wxlint.images.evaluation.files.built_wheels import built_by

        context = self.reader.context(stage, at, command)
        made = built_by(command, context)
        if made is None:
            return False
        path = context.absolute(made.path)
        before = self.files.made_at(stage.index, path)
        lines = made.lines if before is None or made.lines is None else joined([before, made.lines])
        self.files.note_written(stage.index, path, None if command.conditional else lines)
        return True

    def _makes(
        self, stage: OpenStage, at: Callable[[int], int], commands: Sequence[Command], number: int, text: str
    ) -> bool:
        """Whether the command of a number makes a list of requirements, which is noted; one that anything else may have
        changed is forgotten."""
        command = commands[number]
        if is_maker(command):
            context = self.reader.context(stage, at, command)
            made = made_by(command, context, piped_into(commands, number, text))
            if made is not None:
                lines = None if command.conditional else made.lines
                self.files.note_written(stage.index, context.absolute(made.path), lines)
                return True
        if not self.files.any_written or runs_installer(command):
            return False
        context = self.reader.context(stage, at, command)
        for written in touched(command):
            folder, star, _ = written.partition("*")
            path = context.absolute(folder.rpartition("/")[0] + "/" if star else written)
            if star:
                self.files.sweep(stage.index, path)
            elif self.files.made_at(stage.index, path) is not None:
                self.files.note_written(stage.index, path, None)
        return False

    def _relocated(self, install: Install) -> Install:
        return install._replace(because=(*install.because, *self.built_by)) if self.built_by else install


def _switches(stage: OpenStage, command: Command) -> tuple[tuple[str, Value], ...]:
    """The variables that decide what a command compiles."""
    seen = {name: stage.visible[name] for name in SWITCHES & stage.visible.keys() - stage.unset}
    seen.update((name, value) for name, value in command.env if name in SWITCHES)
    return tuple(sorted(seen.items()))
