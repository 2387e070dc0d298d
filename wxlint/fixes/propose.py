"""Which fix each rule's findings have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from wxlint.core.findings import Finding
from wxlint.core.fix import Edit, Fix
from wxlint.fixes import channels, comments, devices, packages, tags
from wxlint.fixes.context import Context, NoFix, Proposal
from wxlint.images.graph.repository import Repository

Proposer = Callable[[Context, Finding], Proposal | NoFix | None]

PROPOSERS: dict[str, tuple[Proposer, ...]] = {
    "compose-run-gpus": (devices.compose_run,),
    "cpu-build": (packages.other_build,),
    "cuda-image-tag": (tags.nearest_cuda,),
    "cuda-package": (packages.other_build,),
    "docker-run-gpus": (devices.run,),
    "gpu-reservation": (devices.reservation,),
    "latest-tag": (tags.own_tag,),
    "pod-gpu": (devices.pod,),
    "shadowed-build": (packages.one_of_twins,),
    "syntax-error": (devices.limits,),
    "torch-extra-index": (channels.local_version,),
    "torch-index": (channels.option_of_its_own, channels.own_channel),
    "torch-version": (packages.fitting_companion,),
    "torch-without-index": (channels.option_of_its_own, channels.missing_index),
    "unbuilt-image": (tags.own_tag,),
    "unquoted-specifier": (packages.quoted,),
    "untagged-image": (tags.own_tag,),
    "unused-suppression": (comments.unused,),
    "variant-tag": (tags.own_tag,),
    "wrong-base": (tags.own_base,),
}
"""By rule, where some of its findings have a fix; the first that knows one gives it."""


def propose(findings: Iterable[Finding], repository: Repository) -> Iterator[tuple[Finding, Proposal]]:
    """The findings that have a fix, each with it (`finding.fix`) and with the images it is to change."""
    context = Context(repository)
    for finding in findings:
        proposal = _first(context, finding)
        if isinstance(proposal, Proposal) and proposal.edits:
            edits = tuple(edit for edit in dict.fromkeys(proposal.edits) if _changes(context, edit))
            if edits:
                fix = Fix(edits, proposal.safe, proposal.text)
                yield finding._replace(fix=fix), proposal


def with_fixes(findings: Iterable[Finding], repository: Repository) -> tuple[Finding, ...]:
    """The findings, each with its fix where it has one. Nothing is tried: a fix may turn out to be refused."""
    listed = tuple(findings)
    known = {finding._replace(fix=None): finding for finding, _ in propose(listed, repository)}
    return tuple(known.get(finding, finding) for finding in listed)


def hindered(findings: Iterable[Finding], repository: Repository) -> Iterator[tuple[Finding, str]]:
    """The findings that have no fix here though others of their rule have one, where it is known why."""
    context = Context(repository)
    for finding in findings:
        proposal = _first(context, finding)
        if isinstance(proposal, NoFix):
            yield finding, proposal.why


def _first(context: Context, finding: Finding) -> Proposal | NoFix | None:
    for proposer in PROPOSERS.get(finding.rule, ()):
        proposal = proposer(context, finding)
        if proposal is not None:
            return proposal
    return None


def _changes(context: Context, edit: Edit) -> bool:
    return context.text(edit.span) != edit.text
