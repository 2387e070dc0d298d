"""What the default index does not have: releases for the Python that is there, extras, names that are gone."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.values import HOLE
from wxlint.facts.index_releases import no_release
from wxlint.facts.torch_releases import FAMILY
from wxlint.facts.wheels import Extra, Lack, extra_of, lack_of, name_on_index
from wxlint.images.graph.image import Image
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.brought import limited
from wxlint.images.stack.torch.channels import channel_of_url
from wxlint.rules import Problem

_LEFT = {
    "nothing": "the default index has no {name}",
    "refuses": "{name} {release}, the newest that the default index has, refuses to be installed",
    "is empty": "{name} {release}, all that the default index has, is an empty package",
}
"""What is left under a name, by the column `gives` of index_names.csv."""


def problems(image: Image, own: list[Install], python: str) -> Iterator[Problem]:
    """Yield what an image installs from the default index, and which that does not have.

    own: the installs of the image itself. python: of the base's distribution, which counts where nothing says which
    one installs: then it is no error.
    """
    if image.base.torch.channel == "unknown":
        return  # the base may hold it
    there: set[str] = set()
    hidden = False
    for install in image.state.installs:
        listed = [
            wanted for wanted in install.requirements if wanted.name not in there and facts.is_listed(wanted.name)
        ]
        for wanted in listed if listed and any(install is one for one in own) else ():
            if is_plain(install, wanted) and _is_default(install) and not install.prerelease:
                said = install.environment.python
                short = ".".join((said or python).split(".")[:2])
                for problem in _of_requirement(image, install, wanted, python=short, hidden=hidden):
                    doubtful = short and not said and problem.severity is None
                    yield problem._replace(severity=Severity.WARNING) if doubtful else problem
        there |= {wanted.name for wanted in install.requirements}
        hidden = hidden or bool(install.unread) or "" in there


def is_plain(install: Install, wanted: Requirement) -> bool:
    """Whether pip or uv looks for a requirement by its name for certain, for an image on x86_64."""
    return not (
        install.tool not in ("pip", "uv")
        or not install.must_succeed
        or not install.is_read
        or install.removes
        or install.environment.machine == "aarch64"
        or wanted.kind != "name"
        or wanted.local
        or wanted.maybe
        or wanted.bound is not None
        or HOLE in wanted.specifier
    )


def _is_default(install: Install) -> bool:
    sources = install.sources
    return not sources.no_index and (sources.index is None or channel_of_url(sources.index.value.text) == "default")


def _is_alone(install: Install, name: str) -> bool:
    """Whether no other place may have a package: torch's own channels have what is built against it, and no other."""
    sources = install.sources
    row = facts.accelerated_package(name)
    of_torch = name in FAMILY or (row is not None and row["libraries"] == "torch")
    others = [source.value for source in (*sources.extra, *sources.links)]
    return all(
        value.known and channel_of_url(value.text) != "unknown" and not (of_torch and value.text) for value in others
    )


def _of_requirement(
    image: Image, install: Install, wanted: Requirement, *, python: str, hidden: bool
) -> Iterator[Problem]:
    specifier, span = limited(wanted, install), wanted.span or install.span
    if span is None:
        return
    if _is_alone(install, wanted.name):
        gone = name_on_index(wanted.name, specifier)
        if gone is not None:
            if not hidden and not _is_allowed(image, gone["unless"]):
                text = _LEFT[gone["gives"]].format(name=wanted.name, release=gone["from"])
                yield Problem(span, text, install.reasons, f"take {gone['instead']}", image=image.label)
            return
        if no_release(wanted.name, wanted.specifier) is not None:
            return  # for no Python: that is said by itself
        lack = lack_of(wanted.name, specifier, python)
        if lack is not None and not _pins_torch_too(install, wanted):
            severity = None if lack.sure else Severity.WARNING
            yield Problem(span, _text(wanted, lack), install.reasons, _hint(wanted, lack), severity, image.label)
            return
    for extra in wanted.extras:
        found = extra_of(wanted.name, extra, specifier, python)
        if found is not None and not found.there:
            severity = None if python or specifier else Severity.WARNING
            text, hint = _extra(wanted, extra, found, install)
            yield Problem(span, text, install.reasons, hint, severity, image.label)
        elif found is not None and found.links and wanted.pin and _is_alone(install, wanted.name):
            text = f"{wanted.written} asks for a build with a local version, which the default index does not have"
            hint = f"add the page of its maker (-f …/{found.links}), or take a later release"
            yield Problem(span, text, install.reasons, hint, image=image.label)


def _is_allowed(image: Image, variable: str) -> bool:
    """Whether a variable stands in the Dockerfile with which a package that refuses is installed all the same."""
    return variable != "" and variable in image.evaluated.dockerfile.source.text


def _pins_torch_too(install: Install, wanted: Requirement) -> bool:
    """Whether a companion stands beside a pinned torch, of whose Pythons is spoken already."""
    return wanted.name in FAMILY and any(one.name == "torch" and one.pin for one in install.requirements)


def _text(wanted: Requirement, lack: Lack) -> str:
    name = wanted.name
    if not lack.python:
        return f"there is no {name} {wanted.specifier.lstrip('=~>')}: {lack.nearest} is its last release"
    if lack.made_for:
        first, last = lack.made_for[0], lack.made_for[-1]
        pythons = f"Python {first} to {last}" if first != last else f"Python {first} only"
        return f"{wanted.written} has wheels for {pythons}, and the base has {lack.python}"
    if not lack.nearest:
        return f"no release of {name} had a wheel for Python {lack.python} on {lack.verified_on}"
    return f"no release of {name} that {wanted.specifier} allows has a wheel for Python {lack.python}"


def _hint(wanted: Requirement, lack: Lack) -> str:
    if lack.instead:
        return f"take {lack.instead}"
    base = f"take a base with Python {lack.made_for[0 if lack.older else -1]}" if lack.made_for else ""
    if not lack.nearest:
        return base or "take a base with an older Python"
    which = f"{wanted.name} {lack.nearest} is the {'last' if lack.older else 'first'} for Python {lack.python}"
    return f"{which}; or {base}" if base else which


def _extra(wanted: Requirement, extra: str, found: Extra, install: Install) -> tuple[str, str]:
    """What an extra that a release does not have comes to, and what to do."""
    name = wanted.name
    if found.since:
        text = f"{name} has an extra {extra} from {found.since} on only: {install.tool} passes it over"
        later = f"take {name} {found.since} or later"
        return text, later if wanted.specifier else "take a base with a newer Python"
    text = f"{name} has no extra {extra} from {found.before} on: {install.tool} passes it over"
    return text, f"take {name}[{found.instead}]" if found.instead else f"leave {extra} out"
