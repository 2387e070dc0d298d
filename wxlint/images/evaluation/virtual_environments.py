"""Virtual environments: the Python that the PATH of an image leads to sees nothing of what lies outside of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from wxlint.core.paths import in_image
from wxlint.core.patterns import late
from wxlint.images.evaluation.expansion import Scope, expand
from wxlint.images.installs.model import Install

if TYPE_CHECKING:
    from wxlint.core.values import Value
    from wxlint.images.evaluation.open_stage import OpenStage
    from wxlint.shell.model import Command

_MAKES = late(r"(?:\bpython[\d.]*\s+-m\s+(?:venv|virtualenv)|\bvirtualenv|\buv\s+venv)((?:[ \t]+[^\s;&|]+)*)")
_ACTIVATES = late(r"(?:^|[\s;&|(])(?:\.|source)[ \t]+([^\s;&|]+)/bin/activate\b")
_OUTSIDE = frozenset(("/usr", "/usr/local", "/opt/conda"))
"""Folders of Pythons that are no virtual environment."""
_VALUED = frozenset(("-p", "--python", "--prompt", "--index-url", "--cache-dir"))
_SYSTEM_TOOLS = frozenset(("apt",))
"""Tools whose packages are not Python's, and are there for every environment."""


def made(text: str, workdir: str, variables: Mapping[str, Value]) -> list[str]:
    """The folders of the virtual environments that a RUN makes, absolute, of those that see nothing around them."""
    found = []
    for match in _MAKES.finditer(text):
        words = match[1].split()
        if "--system-site-packages" in words:
            continue
        given = [w for before, w in zip(["", *words], words) if not w.startswith("-") and before not in _VALUED]
        named = given or ([".venv"] if match[0].startswith("uv") else [])
        values = [expand(word.strip("\"'"), Scope(dict(variables), set())) for word in named]
        found += [in_image(workdir, value.text) for value in values if value.known]
    return found


def note(stage: OpenStage, folders: Iterable[str], last: int = 0) -> None:
    """Note the virtual environments that an instruction brings. last: how many steps it has made already."""
    for folder in folders:
        step = len(stage.steps) - last
        if _led_to(stage) == folder:
            _enter(stage, folder, step)
        stage.environments[folder] = step


def follow(stage: OpenStage) -> None:
    """Leave behind what lies outside of the virtual environment that PATH leads to from now on.

    What was installed since the environment is there may lie inside or outside: then nothing is left behind.
    """
    folder = _led_to(stage)
    step = stage.environments.get(folder)
    if step is not None and all(
        not isinstance(later, Install) or later.tool in _SYSTEM_TOOLS for later in stage.steps[step:]
    ):
        _enter(stage, folder, step)


def place_of(stage: OpenStage, command: Command, text: str) -> str | None:
    """The virtual environment that a call of pip installs into: of its own path, the one that the RUN has activated, or
    that PATH leads to; "" for none, None where that is not known."""
    program = command.words[0].value
    folder, found, _ = program.text.rpartition("/bin/")
    if found and folder not in _OUTSIDE:
        own = in_image(stage.workdir, folder)
        return own if program.known and own in stage.environments else None
    if not found and "activate" in text:
        activated = _ACTIVATES.findall(text, 0, command.start)
        value = expand(activated[-1].strip("\"'"), stage.scope()) if activated else None
        if value is not None:
            own = in_image(stage.workdir, value.text)
            return own if value.known and own in stage.environments else None
    if found:
        return ""
    led = _led_to(stage)
    return led if not led or led in stage.environments else None


def _led_to(stage: OpenStage) -> str:
    path = stage.visible.get("PATH")
    first, _, rest = path.text.partition("/bin:") if path is not None else ("", "", "")
    return first if rest else ""


def _enter(stage: OpenStage, folder: str, step: int) -> None:
    if stage.entered != folder:
        stage.entered = folder
        stage.steps.insert(step, Install("venv", exact=True))
