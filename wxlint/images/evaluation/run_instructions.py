"""What the RUN instructions of a stage install: their shell texts, the scripts they call, and where all of it
stands."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from wxlint.core.paths import in_image
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.documents.dockerfile.reader import Instruction
from wxlint.documents.dockerfile.words import json_words
from wxlint.images.evaluation import pip_config
from wxlint.images.evaluation.build_files import Files
from wxlint.images.evaluation.default_shell import flavor_of_command, flavor_of_text, shell_texts
from wxlint.images.evaluation.generated_requirements import is_maker, made_by, may_build, may_make, piped_into
from wxlint.images.evaluation.handled import is_handled
from wxlint.images.evaluation.open_stage import OpenStage
from wxlint.images.evaluation.placing import activated_behind, placed
from wxlint.images.evaluation.stage_context import StageContext
from wxlint.images.evaluation.written_files import removed_by, touched
from wxlint.images.installs.commands import installs, is_installer, may_install, runs_installer
from wxlint.images.installs.model import SWITCHES, Install, Unread, UnreadKind, joined
from wxlint.images.installs.screening import worth_reading
from wxlint.images.model.records import StageCopy
from wxlint.shell.model import LIMITS, Surroundings

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.source import Source
    from wxlint.images.evaluation.environments import Activated
    from wxlint.shell.model import Command

_ARGUMENTS = late(r"\$\{?[1-9@*#]|\bgetopts\b")
_MOST_SCRIPTS = 500
"""Scripts that are followed for one build: scripts that call each other many times must not take forever."""
_STARTS_PROGRAMS = late(
    r"\bpip\b|conda|poetry|\buv\b|subprocess|\bos\.(?:system|exec|spawn|popen)|setuptools|distutils|__import__|\bexec\(|import_module"
)


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
        self.source, self.files, self.stages, self.built_by = source, files, stages, built_by
        self.one_platform = one_platform
        self.scripts_left = _MOST_SCRIPTS

    def read(self, stage: OpenStage, instruction: Instruction) -> None:
        """Add what a RUN installs to the stage's steps, and note the files it changes."""
        flavor = stage.flavor
        if instruction.args.startswith("["):
            flavor = flavor_of_command(json_words(instruction.args) or (), stage.base_flavor)
        for text, at in shell_texts(instruction):
            if "curl" in text or "wget" in text:
                stage.fetches.append(text)
            if "pip.conf" in text:
                self._pip_values(stage)
                stage.pip_file = pip_config.from_text(text)
            stage.note_python(text)
            makes = may_make(text)
            if stage.shell and (makes or self.files.any_written or worth_reading(text) or may_build(text)):
                self._commands(stage, text, at, makes, flavor_of_text(text, flavor))
            else:
                self.files.note_changes(stage.index, text)

    def _pip_values(self, stage: OpenStage) -> dict[str, Value]:
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

    def _commands(self, stage: OpenStage, text: str, at: Callable[[int], int], makes: bool, flavor: str) -> None:
        from wxlint.shell.bash.reader import read_plain, read_shell  # only for files that install something

        source = self.source
        scope = stage.scope()

        def where(offset: int) -> tuple[str, int]:
            return source.path, source.position(at(offset))[0]

        around = self._surroundings(stage, text)
        result = read_plain(text, flavor) or read_shell(text, scope.values, where=where, flavor=flavor, around=around)
        if result.error is not None:
            stage.steps.append(self._unread(result.error, at))
        behind = 0
        builds, activates, configures = may_build(text), "activate" in text, "config" in text
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
            if not may_install(command) or (configures and _configures(stage, command)):
                continue
            context = self._context(stage, at, command)
            context.activated = activated
            for install in installs(command, self._pip_values(stage), context):
                switches = _switches(stage, command)
                for step in self._followed(stage, install, context):
                    own = placed(stage, command, step, activated, self.source.text, self.files)
                    own = own._replace(switches=switches) if switches else own
                    own = own._replace(handled=True) if is_handled(text, command.end) else own
                    if any(r.kind == "vcs" and r.url for r in own.requirements) and self.files.is_own is not None:
                        own = context.with_own_project(own, self.files.is_own)
                    stage.steps.append(self._relocated(own))
                    stage.pip_config.update(pip_config.from_install(step))
        self.files.note_changes(stage.index, text[behind:])

    def _surroundings(self, stage: OpenStage, text: str) -> Surroundings:
        """What the commands of a text find: the machine of the stage, and the files that were copied."""

        def has_file(path: str, cwd: Value | None) -> bool:
            folder = stage.workdir if cwd is None else posixpath.join(stage.workdir, cwd.text) if cwd.known else HOLE
            return self.files.has(stage.index, in_image(folder, path), removed_by(text))

        machine = stage.environment.machine if self.one_platform else None
        return Surroundings(machine or "", has_file, succeeds=True)

    def _unread(self, error: tuple[int, int, str], at: Callable[[int], int]) -> Install:
        """A RUN that is not read to its end: what it installs is for the shell to say."""
        start, end, message = error
        kind = UnreadKind.NOT_WHOLE if message in LIMITS else UnreadKind.INVALID
        source = self.source

        def where() -> Span:
            first = at(start)
            return source.span(first, max(at(max(end - 1, start)) + 1, first))

        return Install("script", unread=(Unread(kind, "this RUN", where, message),), program="RUN", where=where)

    def _note_wheels(self, stage: OpenStage, at: Callable[[int], int], command: Command) -> bool:
        """Whether a command builds the wheel of a project, which is noted beside others of its folder."""
        from wxlint.images.evaluation.built_wheels import built_by

        context = self._context(stage, at, command)
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
            context = self._context(stage, at, command)
            made = made_by(command, context, piped_into(commands, number, text))
            if made is not None:
                lines = None if command.conditional else made.lines
                self.files.note_written(stage.index, context.absolute(made.path), lines)
                return True
        if not self.files.any_written or runs_installer(command):
            return False
        context = self._context(stage, at, command)
        for written in touched(command):
            folder, star, _ = written.partition("*")
            path = context.absolute(folder.rpartition("/")[0] + "/" if star else written)
            if star:
                self.files.sweep(stage.index, path)
            elif self.files.made_at(stage.index, path) is not None:
                self.files.note_written(stage.index, path, None)
        return False

    def _followed(
        self, stage: OpenStage, install: Install, context: StageContext, callers: tuple[str, ...] = ()
    ) -> list[Install]:
        """What a step installs: of a script that the repository has, what the script does; else the step itself.

        context: of the command that is the step. callers: the paths of the scripts that lead here.
        """
        if install.tool != "script":
            return [install]
        found = self._script(stage, install, context, callers)
        if found is not None:
            return found
        program = install.program
        sets_up = _is_sourced(context.command) and "install" not in posixpath.basename(program).lower()
        says_nothing = program.endswith((".sh", ".bash")) and (sets_up or not is_installer(program))
        return [] if says_nothing or self._brings_nothing(stage, program) else [install]

    def _script(
        self, stage: OpenStage, install: Install, context: StageContext, callers: tuple[str, ...]
    ) -> list[Install] | None:
        """What a shell script of the repository installs when a RUN calls it; None when it cannot be read."""
        from wxlint.shell.bash.reader import read_shell

        name, command = install.program, context.command
        source = context.find(name)
        if source is None or source.path in callers or self.scripts_left <= 0:
            return None
        if source.foreign:
            return [install]
        self.scripts_left -= 1
        if name.endswith(".py"):  # not followed; one that starts no program and no installer by name installs nothing
            return None if _STARTS_PROGRAMS.search(source.text) else []
        if "curl" in source.text or "wget" in source.text:
            stage.fetches.append(source.text)
        stage.note_python(source.text)
        found: list[Install] = []
        given = _given(command, name)
        around = self._surroundings(stage, source.text)._replace(succeeds=False)
        values = self._pip_values(stage)
        activated = context.activated
        for inner in read_shell(source.text, values, script=context.absolute(name), args=given, around=around).commands:
            if "activate" in source.text:
                activated = activated_behind(stage, inner, activated)
            if not may_install(inner) or _configures(stage, inner):
                continue
            if command.cwd is not None:
                inner = _started_in(command.cwd, inner)
            inside = self._context(stage, lambda offset: offset, inner, source)
            inside.activated = activated
            for step in installs(inner, self._pip_values(stage), inside):
                for one in self._followed(stage, step, inside, (*callers, source.path)):
                    one = placed(stage, inner, one, activated, self.source.text, self.files)
                    handled = one.handled or is_handled(source.text, inner.end)
                    conditional = one.conditional or install.conditional
                    found.append(one._replace(conditional=conditional, handled=handled))
                    stage.pip_config.update(pip_config.from_install(one))
        if given is None and any(step.tool != "apt" for step in found) and _ARGUMENTS.search(source.text):
            return [install]  # what it is called with may decide
        return found

    def _brings_nothing(self, stage: OpenStage, name: str) -> bool:
        """Whether a script that the repository does not have was downloaded from a maker of other software."""
        base = posixpath.basename(name)
        added = [
            c.source
            for c in self.files.copies.get(stage.index, ())
            if "://" in c.source and base in (posixpath.basename(c.source), posixpath.basename(c.dest))
        ]
        texts = [text for text in stage.fetches if base in text]
        if not texts and not added:
            return False
        from wxlint.images.evaluation.downloads import from_vendor, of_vendors, origin

        if not any(
            map(of_vendors, (*added, *texts, *(value.text for value in stage.visible.values() if "://" in value.text)))
        ):
            return False  # nothing to find
        from wxlint.shell.bash.reader import read_plain, read_shell

        url = added[-1] if added else None
        for text in texts:
            url = origin((read_plain(text) or read_shell(text, stage.scope().values)).commands, name) or url
        return url is not None and from_vendor(url)

    def _relocated(self, install: Install) -> Install:
        return install._replace(because=(*install.because, *self.built_by)) if self.built_by else install

    def _context(
        self, stage: OpenStage, at: Callable[[int], int], command: Command, script: Source | None = None
    ) -> StageContext:
        return StageContext(self.files, stage, script or self.source, at, command, partial(self._builds_wheels, stage))

    def _builds_wheels(self, stage: OpenStage, origin: int) -> bool:
        """Whether an earlier stage made wheels that a stage copies."""
        return any(isinstance(step, StageCopy) and step.stage == origin for step in stage.steps) and any(
            isinstance(step, Install) and step.builds for step in self.stages[origin].steps
        )


def _started_in(folder: Value, inner: Command) -> Command:
    """A command of a script that was started in a folder."""
    if inner.cwd is None:
        return inner._replace(cwd=folder)
    text = posixpath.join(folder.text, inner.cwd.text)
    return inner._replace(cwd=Value(text, inner.cwd.holes))


def _is_sourced(command: Command) -> bool:
    """Whether a script is read by the shell itself, as files are that set variables: `. /opt/intel/setvars.sh`."""
    return command.words[0].value.text in (".", "source")


def _configures(stage: OpenStage, command: Command) -> bool:
    """`pip config set global.index-url URL` counts from here on."""
    found = pip_config.configured(command)
    if found is None:
        return False
    name, value = found
    if name:
        stage.pip_config[name] = value
    return True


def _switches(stage: OpenStage, command: Command) -> tuple[tuple[str, Value], ...]:
    """The variables that decide what a command compiles."""
    seen = {name: stage.visible[name] for name in SWITCHES & stage.visible.keys() - stage.unset}
    seen.update((name, value) for name, value in command.env if name in SWITCHES)
    return tuple(sorted(seen.items()))


def _given(command: Command, script: str) -> tuple[Value, ...] | None:
    """What a script is called with; None where that, or how many it is, is not known."""
    words = command.words
    at = next((place for place, word in enumerate(words) if word.value.text == script), None)
    given = words[at + 1 :] if at is not None else ()
    if at is None or any(not word.value.known and not word.quoted for word in given):
        return None
    return tuple(word.value for word in given)


def _is_root(user: str | None) -> bool:
    return user is None or user.partition(":")[0] in ("", "root", "0")
