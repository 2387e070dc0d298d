"""Whether what an image is built from has changed: a digest over its Dockerfile, arguments, bases and context."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.discovery.dockerignore import DockerignorePattern, Ignored, parse, path_matcher

if TYPE_CHECKING:
    from wxlint.plan.model import Step

MAX_BYTES, MAX_FILES = 2 << 30, 100_000
"""Of larger contexts no digest is made: the engine's own cache decides."""


def content_digest(step: Step, root: str, bases: dict[str, str]) -> str | None:
    """The digest of all that goes into a build.

    None when that is not known: files from an address, a context too large or unreadable.

    Args:
        bases: digests of the images it is built from, "" for one that is not there.
    """
    if step.remote:
        return None
    total = hashlib.sha256(b"wxlint-content/1\0")
    for part in (
        step.target or "",
        *([step.platform] if step.platform else []),
        *(f"{name}={value}" for name, value in sorted(step.args)),
        *(f"{name}@{found}" for name, found in sorted(bases.items())),
    ):
        total.update(part.encode("utf-8", "surrogateescape") + b"\0")
    try:
        with open(os.path.join(root, step.dockerfile), "rb") as file:
            total.update(hashlib.sha256(file.read()).digest())
        context = os.path.join(root, step.context)
        ignored = parse(_ignore_file(root, step))
        size = count = 0
        for path in sorted(_files(context, step.sources, ignored)):
            status = os.lstat(os.path.join(context, path))
            total.update(f"{path}\0{status.st_mode & 0o7111:o}\0".encode("utf-8", "surrogateescape"))
            if stat.S_ISLNK(status.st_mode):
                total.update(os.readlink(os.path.join(context, path)).encode("utf-8", "surrogateescape") + b"\0")
            elif stat.S_ISREG(status.st_mode):
                size, count = size + status.st_size, count + 1
                if size > MAX_BYTES or count > MAX_FILES:
                    return None
                with open(os.path.join(context, path), "rb") as file:
                    total.update(_digest(file.fileno()))
    except OSError:
        return None
    return total.hexdigest()


def _digest(descriptor: int) -> bytes:
    found = hashlib.sha256()
    while chunk := os.read(descriptor, 1 << 20):
        found.update(chunk)
    return found.digest()


def _ignore_file(root: str, step: Step) -> str:
    """BuildKit takes NAME.dockerignore beside the Dockerfile before the context's own."""
    for path in (
        os.path.join(root, step.dockerfile + ".dockerignore"),
        os.path.join(root, step.context, ".dockerignore"),
    ):
        try:
            with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
                return file.read(1 << 20)
        except FileNotFoundError:
            continue
    return ""


def _files(context: str, sources: tuple[str, ...] | None, ignored: Ignored) -> Iterator[str]:
    """What the build may take of its context, relative to it; folders too, since an empty one is copied."""
    wanted = None if sources is None else [_wanted(source) for source in sources]
    for folder, folders, names in os.walk(context):
        below = os.path.relpath(folder, context).replace(os.sep, "/")
        prefix = "" if below == "." else below + "/"
        for name in [*names, *folders]:
            path = prefix + name
            if not ignored(path) and (wanted is None or any(taken(path) for taken in wanted)):
                yield path


def _wanted(source: str) -> Ignored:
    """What a COPY source takes: the path, everything below it, and what a wildcard fits."""
    path = os.path.normpath("/" + source.lstrip("/")).strip("/")
    matches = path_matcher(path) if path else None
    return Ignored([DockerignorePattern(keeps=False, matches=matches or (lambda _: True))])
