"""The scripts of the repository that a RUN calls: what they install in its place."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.images.evaluation import pip_config
from wxlint.images.evaluation.handled import is_handled
from wxlint.images.evaluation.open_stage import OpenStage
from wxlint.images.evaluation.placing import activated_behind, placed
from wxlint.images.evaluation.stage_context import StageContext
from wxlint.images.evaluation.stage_reader import StageReader, configures
from wxlint.images.installs.commands import installs, is_installer, may_install
from wxlint.images.installs.model import Install

if TYPE_CHECKING:
    from wxlint.shell.model import Command

_ARGUMENTS = late(r"\$\{?[1-9@*#]|\bgetopts\b")
_MOST_SCRIPTS = 500
"""Scripts that are followed for one build: scripts that call each other many times must not take forever."""
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
        around = self.reader.surroundings(stage, source.text)._replace(succeeds=False)
        values = self.reader.pip_values(stage)
        activated = context.activated
        for inner in read_shell(source.text, values, script=context.absolute(name), args=given, around=around).commands:
            if "activate" in source.text:
                activated = activated_behind(stage, inner, activated)
            if not may_install(inner) or configures(stage, inner):
                continue
            if command.cwd is not None:
                inner = _started_in(command.cwd, inner)
            inside = self.reader.context(stage, lambda offset: offset, inner, source)
            inside.activated = activated
            for step in installs(inner, self.reader.pip_values(stage), inside):
                for one in self.followed(stage, step, inside, (*callers, source.path)):
                    one = placed(stage, inner, one, activated, self.reader.source.text, self.files)
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
