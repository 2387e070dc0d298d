"""What is known of the torch of an image, and where an install takes torch from."""

from __future__ import annotations

from typing import Literal

from wxlint.core.findings import Span
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.images.installs.model import Install, PackageIndex
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import served_by

ANY = "any"

PROJECT_HINT = {
    "uv-project": "bind torch to {} in [tool.uv.sources] of the pyproject.toml",
    "poetry": "give torch the source {} in the pyproject.toml",
    "pipenv": "make {} a [[source]] of the Pipfile and give its name to torch as its index",
}
"""What to do about the index of a tool that installs a whole project, by the tool."""


class Torch(NamedTuple):
    """channel: see channels.py, or "none", "unknown" (which torch, or whether any, is not known).

    version: without local part, when known. because: how it came. newest: an install without a version took it.
    maybe: of "unknown", the channel of an install that may not have run, or the one that an install which cannot be
    read would take (ANY when that could be any). companions: those of FAMILY that are there for certain. stale:
    companions that an earlier torch left behind, or that may be there. present: of "unknown", a torch is there for
    certain. nightly: a pre-release of an index of these. by: the tool of the install that took it.
    """

    channel: str
    version: str | None = None
    because: tuple[Reason, ...] = ()
    span: Span | None = None
    newest: bool = False
    maybe: str = ""
    companions: frozenset[str] = frozenset()
    present: bool = False
    stale: frozenset[str] = frozenset()
    nightly: bool = False
    by: str = ""


NONE = Torch("none")


def shown(channel: str, version: str | None) -> str:
    """A torch in words: "torch 2.5.1 for cu121", "torch from the default index"."""
    release = f"torch {version}" if version else "torch"
    return f"{release} from the default index" if channel == "default" else f"{release} for {channel}"


How = Literal["local", "url", "backend", "index", "bound", "links", "extra", "default", "conda", "own", "computed"]


class Choice(NamedTuple):
    """Where an install takes torch from.

    how: what decided. source: the index that did. requirement: the torch requirement, or the one that brings
    torch with it (`implied`). limit: the constraint that names the build, where that decided.
    """

    channel: str
    how: How
    requirement: Requirement
    implied: bool
    install: Install
    source: PackageIndex | None = None
    limit: Requirement | None = None

    @property
    def giver(self) -> PackageIndex | None:
        """The index that has the build: of several that are merged not always the one that decided."""
        index = self.install.sources.index
        if self.how == "extra" and index is not None and served_by(index) == self.channel:
            return index
        return self.source

    @property
    def by_builder(self) -> bool:
        """Whether an argument that the builder gives chose the index."""
        reasons = self.source.value.because if self.source is not None else ()
        return any(reason.kind == "build-arg" for reason in reasons)


def describe(choice: Choice) -> Reason:
    """Return what an install takes, and from where: "torch==2.1.0 from --index-url https://..."."""
    wanted = choice.requirement
    subject = wanted.written or wanted.name
    text = {
        "default": f"{subject} from the default index",
        "conda": f"conda install {subject}",
        "backend": f"{subject} with torch backend {choice.install.backend.shown() if choice.install.backend else ''}",
        "bound": f"{subject} from {wanted.bound.shown() if wanted.bound else ''}",
    }.get(choice.how, subject)
    giver, limit = choice.giver, choice.limit
    if giver is not None:
        text = f"{subject} from {giver.flag} {giver.value.shown()}"
    if wanted.ignored:
        text += f" (pip ignores {wanted.ignored} behind a requirement)"
    if choice.implied:
        text += ", which brings torch"
    if limit is not None and limit.span is not None:
        return reason_at("install", f"constraint {limit.written} on {text}", limit.span)
    return reason_at("install", text, wanted.span or choice.install.span)
