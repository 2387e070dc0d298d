"""The state of an image whose Dockerfile starts from a plain Python and copies a whole folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from file_trees import write_tree

from wxlint.images.graph.state import State
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.model import Torch
from wxlint.lint.inputs import gather

WHL = "https://download.pytorch.org/whl"
CPU, CUDA = f"{WHL}/cpu", f"{WHL}/cu121"


def state(files: Mapping[str, str], instructions: str, base: str = "python:3.11-slim") -> State:
    """The state after the instructions, in the working directory."""
    write_tree(Path(os.curdir), {**files, "Dockerfile": f"FROM {base}\nCOPY . .\n{instructions}\n"})
    repository = gather(["."], no_policy=True).repository
    evaluated = repository.graph.evaluations.by_hand("Dockerfile")
    return repository.beliefs.state(evaluated, evaluated.stages[-1])


def said(torch: Torch) -> str:
    """A torch in short: channel, then its release, "newest", or "?" where that is not known."""
    if torch.channel in ("none", "unknown"):
        return torch.channel
    return f"{torch.channel} {torch.version or ('newest' if torch.newest else '?')}"


def asked_for(found: Requirement) -> str:
    """A requirement in short: as written, its pin and build, its index or the doubt about it, "?" where it may not
    hold, its kind, its group, and its line."""
    pin = (found.pin or "") + (f"+{found.local}" if found.local else "")
    bound = found.bound.url or found.bound.doubt and found.bound.doubt.name if found.bound is not None else None
    words = [
        found.written or f"{found.name}{found.specifier}",
        f"={pin}" if pin else "",
        f"<{bound}>" if bound else "",
        "?" if found.maybe else "",
        found.kind if found.kind != "name" else "",
        f"[{found.group}]" if found.group else "",
        f"line {found.span.line}" if found.span is not None else "",
    ]
    return " ".join(word for word in words if word)


def unread(install: Install) -> list[tuple[str, str, str]]:
    """What of an install could not be read: name, kind, detail."""
    return [(one.name, one.kind.name, one.detail) for one in install.unread]
