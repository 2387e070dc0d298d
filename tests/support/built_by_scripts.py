"""What a script builds, as tests read it."""

from __future__ import annotations

from collections.abc import Callable
from posixpath import normpath

from wxlint.images.builds.model import Script
from wxlint.images.model.records import Build


def first_of(*known: str) -> Callable[[list[str]], str | None]:
    """Finds a Dockerfile: of the paths asked for, the first that is a known file."""
    return lambda paths: next((path for path in paths if path in known), None)


def first_normal_of(*known: str) -> Callable[[list[str]], str | None]:
    """The same where a path may be written in any way: `./Dockerfile`."""
    find = first_of(*known)
    return lambda paths: find([normpath(path) for path in paths])


def tags(found: Script) -> list[str]:
    return [tag.value.shown() for build in found.builds for tag in build.tags]


def shown(build: Build) -> str:
    """A build in short: its Dockerfile and contexts, target, arguments, tags, who builds it and where."""
    words = [f"{build.dockerfile or '?'} in {' or '.join(build.contexts) or '?'}"]
    words += [f"target {build.target}"] if build.target is not None else []
    words += [f"{name}={value.shown()}" for name, value in build.args]
    words += [f"as {' '.join(tag.value.shown() for tag in build.tags)}"] if build.tags else []
    words += [f"by {reason.text} on line {reason.line}" for reason in build.built_by]
    words += [f"at {build.span.line}:{build.span.column}-{build.span.end_column}"] if build.span is not None else []
    words += [f"wants {' '.join(build.wanted)}"] if build.wanted else []
    return ", ".join(words)


def uses_shown(found: Script) -> list[str]:
    """The images that a script names: kind, image, "makes" where it makes it, and the line."""
    return [
        f"{use.kind} {use.value.shown()}{' makes' if use.produces else ''} line {use.span.line}" for use in found.uses
    ]
