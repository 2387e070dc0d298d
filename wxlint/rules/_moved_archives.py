"""The package manager of a distribution that has ended, where nothing has told it to where the packages moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.images.evaluation.commands import commands_of
from wxlint.rules import Problem
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.model.records import Evaluated, Stage

_ASKS = {"centos": (("yum", "dnf", "microdnf"), ("install", "update", "upgrade", "makecache"))}
_OF_APT = (("apt-get", "apt", "aptitude"), ("update", "install"))
_OTHER_PLACE = late(
    r"sources\.list|/etc/apt\b|archive\.debian|old-releases|snapshot\.|/etc/yum|vault\.|\.repo\b|\.sh\b"
)
"""What may tell a package manager of another place, or a script that may."""


def packages_moved(evaluated: Evaluated, stage: Stage, row: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the first command of a stage that looks for packages where they no longer are. row: of `moved_archives`."""
    managers, verbs = _ASKS.get(row["distribution"], _OF_APT)
    line = evaluated.line_of(stage)
    for one in reversed(line):
        for instruction in evaluated.instructions_of(one):
            if _OTHER_PLACE.search("".join((instruction.text, *(doc.body for doc in instruction.heredocs)))):
                return
            if instruction.keyword != "RUN" or not any(name in instruction.text for name in managers):
                continue
            problem = _first(evaluated, instruction, managers, verbs, row)
            if problem is not None:
                because = (reason_at("image", f"FROM {line[-1].base.value.shown()}", line[-1].base.span),)
                yield problem._replace(because=because)
                return


def _first(
    evaluated: Evaluated,
    instruction: Instruction,
    managers: tuple[str, ...],
    verbs: tuple[str, ...],
    row: Mapping[str, str],
) -> Problem | None:
    for ran in commands_of(evaluated.dockerfile.source, instruction):
        texts = [word.value.text for word in unwrap(ran.command).words]
        if texts[0].rpartition("/")[2] not in managers or not any(verb in texts for verb in verbs):
            continue
        if not ran.must_succeed:
            if "update" in texts and not ran.command.conditional:
                continue  # the build goes on, without any list of packages
            return None
        name = texts[0].rpartition("/")[2]
        text = f"{name} finds no packages of {row['said']}: they have moved since that release has ended"
        hint = f"take a base on a release that is supported, or let {name} look at the archive of old releases"
        return Problem(ran.span(), text, (), hint, Severity.WARNING)
    return None
