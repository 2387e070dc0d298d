"""The packages of its distribution that a Dockerfile installs, and whether it adds other sources of packages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at

if TYPE_CHECKING:
    from wxlint.core.reasons import Reason
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.evaluation.commands import RunCommand
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.records import Evaluated, Stage
    from wxlint.images.model.reference import Reference
    from wxlint.shell.model import Word

_INSTALLERS = ("apt-get", "apt", "aptitude")
MOST_STAGES = 30
"""Stages that stand on one another and are read again for each of them; of more nothing is said."""
_OTHER_SOURCE = late(
    r"apt-repository|deadsnakes|\bppa\b|sources\.list|/etc/apt\b|\.deb\b|\bdpkg\s+-i|\bdeb\s+(?:\[|https?:)|\.sh\b"
    r"|extrepo|\baptly\b|\bansible"
)
"""What adds a source of packages, or may: a script of the repository's own."""


def installed_packages(evaluated: Evaluated, instruction: Instruction) -> Iterator[tuple[RunCommand, Word, str]]:
    """Yield the packages that a RUN installs for certain by apt, each with its command and its word."""
    for ran in apt_commands(evaluated, instruction, "install"):
        for word in ran.command.words:
            yield ran, word, word.value.text.partition("=")[0]


def apt_commands(evaluated: Evaluated, instruction: Instruction, verb: str) -> Iterator[RunCommand]:
    """Yield the commands of a RUN by which apt does something ("install", "update") and that must succeed."""
    if instruction.keyword != "RUN" or verb not in instruction.text:
        return
    from wxlint.images.evaluation.commands import commands_of
    from wxlint.shell.wrappers import unwrap

    for ran in commands_of(evaluated.dockerfile.source, instruction):
        texts = [word.value.text for word in unwrap(ran.command).words]
        if texts[0].rpartition("/")[2] in _INSTALLERS and verb in texts and ran.must_succeed:
            yield ran


def reason_of_base(evaluated: Evaluated, stage: Stage) -> Reason:
    """The external image that a stage stands on, as the reason of what is said of it."""
    base = evaluated.line_of(stage)[-1].base
    return reason_at("image", f"FROM {base.value.shown()}", base.span)


def base_of_packages(repository: Repository, evaluated: Evaluated, stage: Stage) -> Reference | None:
    """Return the public image whose distribution a stage's packages come from, with its tag; None where the repository
    builds it itself, or it is not known."""
    reference = evaluated.base_of(stage)
    if reference is None or not reference.tag_known or repository.graph.producers(reference):
        return None
    return reference


def release_of_base(repository: Repository, evaluated: Evaluated, stage: Stage) -> tuple[Reference, str, str] | None:
    """Return the public image that a stage stands on, with its distribution and the release of that ("debian", "13");
    None where one of them is not known."""
    reference = base_of_packages(repository, evaluated, stage)
    if reference is None or reference.digest:
        return None
    distribution, release = facts.distribution_of(reference.path, reference.tag or "latest")
    return (reference, distribution, release) if release else None


def has_other_sources(evaluated: Evaluated, stage: Stage) -> bool:
    """Whether a stage, or one that it stands on, adds sources of packages to those of the distribution, or may."""
    return any(
        _OTHER_SOURCE.search(text) is not None
        for one in evaluated.line_of(stage)
        for instruction in evaluated.instructions_of(one)
        for text in (instruction.text, *(heredoc.body for heredoc in instruction.heredocs))
    )
