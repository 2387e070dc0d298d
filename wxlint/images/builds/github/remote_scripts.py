"""Scripts that an action starts on another machine, by SSH: the images that they pull and run there."""

from __future__ import annotations

from wxlint.core.values import Value
from wxlint.images.builds.commands.over_ssh import TAKES, may_build
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.github.actions import Inputs
from wxlint.images.builds.github.placed_text import fill_in
from wxlint.images.builds.model import PROGRAMS, Script
from wxlint.images.model.embedded_shell import EmbeddedText

SCRIPT_OF = {"appleboy/ssh-action": "script", "fifsky/ssh-action": "command"}
"""The input that holds the script, by the action. Source: their READMEs."""


def remote_script(inputs: Inputs, action: str) -> Script:
    """What the script of a step does with images on the machine where it runs."""
    written = inputs.scalar(SCRIPT_OF[action])
    if written is None or not any(word in written.text for word in PROGRAMS):
        return Script((), (), ())
    text = EmbeddedText()
    fill_in(text, inputs.source, written, inputs.contexts)
    commands = text.commands(inputs.source, {}, written.end, "bash")
    if any(map(may_build, commands)):
        return Script((), (), ())  # of a checkout that is not known; what runs then is likely what was built there
    script = read_script(inputs.source, commands, _no_dockerfile, _no_folder)
    calls = tuple(call for call in script.calls if call.docker.verb in TAKES)
    kinds = {f"docker {verb}" for verb in TAKES}
    return Script(calls, (), tuple(use for use in script.uses if use.kind in kinds))


def _no_dockerfile(paths: list[str]) -> str | None:
    return None


def _no_folder(cwd: Value | None) -> list[str]:
    return []
