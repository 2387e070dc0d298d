"""The scripts of the repository that a RUN calls: what they install in its place."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.images.evaluation import pip_config
from wxlint.images.evaluation.environments.placing import activated_behind, placed
from wxlint.images.evaluation.handled import is_handled
from wxlint.images.evaluation.open_stage import OpenStage
from wxlint.images.evaluation.stage_context import StageContext
from wxlint.images.evaluation.stage_reader import StageReader, configures
from wxlint.images.installs.commands import installs, is_installer, may_install
from wxlint.images.installs.model import Install
from wxlint.images.installs.screening import MAKES

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.shell.model import Command

_ARGUMENTS = late(r"\$\{?[1-9@*#]|\bgetopts\b")
_MOST_SCRIPTS = 500
"""Scripts that are followed for one build: scripts that call each other many times must not take forever."""
_LONG = 20_000
"""Characters of a Makefile that count as one more script: it is read again for each call."""
_MAKES_MAKEFILES = late(
    r"(?:&&|;|\|\||\bRUN)[ \t]*(?:\\\n[ \t]*)*(?:\.{1,2}/)*"
    r"(?:cmake|configure|autogen|autoreconf|automake|qmake|meson)\b"
)
"""A command that writes the Makefile which is run then."""
_STARTS_PROGRAMS = late(
    r"\bpip\b|conda|poetry|\buv\b|subprocess|\bos\.(?:system|exec|spawn|popen)|setuptools|distutils|__import__|\bexec\(|import_module"
)


class CalledScripts:
    """Follows what the commands of the stages of one evaluation call."""

    def __init__(self, reader: StageReader) -> None:
        self.reader, self.files = reader, reader.files
        self.scripts_left = _MOST_SCRIPTS

    def followed(
        self, stage: OpenStage, install: Install, context: StageContext, callers: tuple[str, ...] = ()
    ) -> list[Install]:
        """What a step installs: of a script that the repository has, what the script does; else the step itself.

        context: of the command that is the step. callers: the paths of the scripts that lead here.
        """
        if install.tool != "script":
            return [install]
        if install.program in MAKES:
            return self._made(stage, install, context, callers)
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
        given = _given(command, name)
        around = self.reader.surroundings(stage, source.text)._replace(succeeds=False)
        values = self.reader.pip_values(stage)
        commands = read_shell(source.text, values, script=context.absolute(name), args=given, around=around).commands
        found = [
            one
            for inner in commands
            for one in self._inner(stage, source, inner, context, callers, install.conditional)
        ]
        if given is None and any(step.tool != "apt" for step in found) and _ARGUMENTS.search(source.text):
            return [install]  # what it is called with may decide
        return found

    def _made(
        self, stage: OpenStage, install: Install, context: StageContext, callers: tuple[str, ...]
    ) -> list[Install]:
        """What the targets of a Makefile of the repository install when a RUN calls make; nothing without one."""
        from wxlint.images.evaluation.make_recipes import make_run  # only where make is called

        text = context.source.text
        if _MAKES_MAKEFILES.search(text):
            return []  # the Makefile that is built may be another one
        run = make_run(context.command, context.find, self.reader.pip_values(stage))
        if run is None or run.source.path in callers or self.scripts_left <= 0:
            return []
        if run.commands is None or "export " in text:
            return [install]
        self.scripts_left -= 1 + len(run.source.text) // _LONG
        found: list[Install] = []
        for inner in run.commands:
            if run.folder is not None:
                inner = _started_in(run.folder, inner)
            found += self._inner(stage, run.source, inner, context, callers, install.conditional)
        return found

    def _inner(
        self,
        stage: OpenStage,
        source: Source,
        inner: Command,
        context: StageContext,
        callers: tuple[str, ...],
        conditional: bool,
    ) -> Iterator[Install]:
        """Yield what a command of a script installs. source: the script. context: of the command that called it, whose
        environment is the one that is activated."""
        if "activate" in source.text:
            context.activated = activated_behind(stage, inner, context.activated)
        if not may_install(inner) or configures(stage, inner):
            return
        if context.command.cwd is not None:
            inner = _started_in(context.command.cwd, inner)
        inside = self.reader.context(stage, lambda offset: offset, inner, source)
        inside.activated = context.activated
        for step in installs(inner, self.reader.pip_values(stage), inside):
            for one in self.followed(stage, step, inside, (*callers, source.path)):
                one = placed(stage, inner, one, inside.activated, self.reader.source.text, self.files)
                handled = one.handled or is_handled(source.text, inner.end)
                yield one._replace(conditional=one.conditional or conditional, handled=handled)
                stage.pip_config.update(pip_config.from_install(one))

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


def _started_in(folder: Value, inner: Command) -> Command:
    """A command of a script that was started in a folder."""
    if inner.cwd is None:
        return inner._replace(cwd=folder)
    text = posixpath.join(folder.text, inner.cwd.text)
    return inner._replace(cwd=Value(text, inner.cwd.holes))


def _is_sourced(command: Command) -> bool:
    """Whether a script is read by the shell itself, as files are that set variables: `. /opt/intel/setvars.sh`."""
    return command.words[0].value.text in (".", "source")


def _given(command: Command, script: str) -> tuple[Value, ...] | None:
    """What a script is called with; None where that, or how many it is, is not known."""
    words = command.words
    at = next((place for place, word in enumerate(words) if word.value.text == script), None)
    given = words[at + 1 :] if at is not None else ()
    if at is None or any(not word.value.known and not word.quoted for word in given):
        return None
    return tuple(word.value for word in given)
