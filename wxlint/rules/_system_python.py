"""Images whose only Python is that of their distribution, and what may bring another one, or another pip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.images.evaluation.interpreter import OTHER_PYTHON
from wxlint.images.model.records import StageCopy
from wxlint.rules._system_packages import MOST_STAGES, base_of_packages

if TYPE_CHECKING:
    from wxlint.facts import SystemPythons
    from wxlint.images.graph.repository import Repository
    from wxlint.images.installs.model import Install
    from wxlint.images.model.records import Evaluated, Stage
    from wxlint.images.model.reference import Reference

_BY_OTHER_MEANS = late(
    r"\.sh\b|\|\s*(?:sudo\s+)?(?:ba)?sh\b|get-pip|ensurepip|easy_install|altinstall|\./configure|\basdf\b|\bmise\b"
    r"|\bnix\b|\bbrew\b|\bansible|\bdebootstrap\b|\bapt(?:-get)?\s+(?:-\S+\s+){0,9}install[^\n;&|]{0,2000}\$"
    r"|\bxargs\b|\bdpkg\b|BASH_ENV"
)
"""What may bring a Python, or a pip, that no command names: scripts, other installers, lists of packages."""
_OTHER_FOLDERS = late(
    r"\bPATH[= ][^\n]{0,500}?(?<=[=:\"' ])/"
    r"(?!usr/local/(?:cuda|nvidia)|root/\.(?:local|cargo)|(?:usr/(?:local/)?)?s?bin\b)"
)
"""A PATH with folders in which other programs may lie."""
_HOLDS_PYTHON = late(
    r"^/(?:usr|usr/local|opt|root|home)?(?:/(?:s?bin|lib\d*|share|local))*/?$|python|venv|conda|uv/tools"
)
"""Paths of other images or stages in which a Python may lie."""


class SystemPython(NamedTuple):
    """The distribution's Python of a stage. reference: the public image that the stage stands on."""

    reference: Reference
    packaged: SystemPythons


def system_python(repository: Repository, evaluated: Evaluated, stage: Stage) -> SystemPython | None:
    """Return the Python that a stage's distribution packages; None where its image brings one of its own, something may
    bring another, or the distribution is not known."""
    reference = base_of_packages(repository, evaluated, stage)
    if reference is None or not facts.python_of_system(reference.path, reference.tag or ""):
        return None
    packaged = facts.system_pythons(reference.path, reference.tag or "")
    if packaged is None:
        return None
    line = evaluated.line_of(stage)
    if len(line) > MOST_STAGES or any(
        _may_hold_python(step) for one in line for step in one.steps if isinstance(step, StageCopy)
    ):
        return None
    own = {f"python{python}" for python in packaged.pythons}
    texts = texts_of(evaluated, stage)
    if any(_brings_another(text, own) or _is_open(text) for text in texts):
        return None
    return SystemPython(reference, packaged)


def texts_of(evaluated: Evaluated, stage: Stage) -> Iterator[str]:
    """Yield the texts of the instructions that a stage is made of, heredocs among them."""
    for one in evaluated.line_of(stage):
        for instruction in evaluated.instructions_of(one):
            yield instruction.text
            for heredoc in instruction.heredocs:
                yield heredoc.body


def _is_open(text: str) -> bool:
    return _BY_OTHER_MEANS.search(text) is not None or _OTHER_FOLDERS.search(text) is not None


def _brings_another(text: str, own: set[str]) -> bool:
    return any(match[0] not in own for match in OTHER_PYTHON.finditer(text))


def _may_hold_python(step: Install | StageCopy) -> bool:
    paths = (*step.paths, step.dest) if isinstance(step, StageCopy) else ()
    return any(_HOLDS_PYTHON.search(path) for path in paths)
