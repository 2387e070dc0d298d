"""What docker/bake-action builds: targets of bake files of the repository, with what its inputs change of them.

Inputs as in the README file of the action (version 6): files, workdir, targets, set. Variables of a bake file are those
of the step's environment where that has them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.images.builds.bake.from_bake import Bake, read_bake
from wxlint.images.builds.github.actions import Find, Inputs, pushes, tag_use
from wxlint.images.builds.model import BakeRun
from wxlint.images.model.records import Build, Use

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.github.placed_text import Placed
    from wxlint.images.builds.github.workspace import JobWorkspace

_DEFAULT_FILES = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")


def bake_builds(
    inputs: Inputs, label: str, find: Find, workspace: JobWorkspace, read: Callable[[str], Source | None]
) -> Iterator[Build]:
    """The builds of one step, with the tags that they make."""
    names = [part.value.text for part in inputs.listed("targets")] or ["default"]
    changes = inputs.listed("set", "\n")
    variables = {name: value for name, value in inputs.contexts["env"].items() if isinstance(value, Value)}
    for path in _files(inputs, workspace):
        source = read(path)
        if source is None:
            continue
        bake = Bake(source, read_bake(source), find, variables)
        known = all(HOLE not in name for name in names)
        for name, build in bake.named_builds(names if known else None):
            own = reason_at("build", f"{label}: bake target {name}", inputs.span("targets"))
            yield _changed(build, name, changes, inputs.source)._replace(
                built_by=(own, *build.built_by), span=inputs.span("targets"), wanted=(), pushes=pushes(inputs)
            )


def _files(inputs: Inputs, workspace: JobWorkspace) -> Iterator[str]:
    workdir = inputs.value("workdir")
    folder = workdir.text if workdir is not None and workdir.known else "."
    given = [part.value for part in inputs.listed("files")]
    if workdir is not None and not workdir.known or any(not value.known for value in given):
        return
    for name in [value.text for value in given] or _DEFAULT_FILES:
        local = workspace.local(posixpath.join(folder, name.removeprefix("cwd://")))
        if local is not None:
            yield local


_METADATA = "bake-file"
"""What outputs of docker/metadata-action are called that name its own bake files."""


def bake_run(inputs: Inputs, workspace: JobWorkspace) -> BakeRun | None:
    """What a step asks bake for; None where its files or targets are not known."""
    workdir = inputs.value("workdir")
    given = [part.value for part in inputs.listed("files")]
    own = [value for value in given if not (value.holes and all(_METADATA in hole for hole in value.holes))]
    targets = inputs.listed("targets")
    if workdir is not None and not workdir.known or not all(value.known for value in own):
        return None
    if not all(part.value.known for part in targets) or (given and not own):
        return None
    folder = workspace.local(workdir.text if workdir is not None else ".")
    if folder is None or inputs.value("source") is not None:
        return None
    places = tuple((part.value.text, inputs.source.span(part.start, part.end)) for part in targets)
    files = tuple(value.text.removeprefix("cwd://") for value in own)
    return BakeRun((folder,), files, places, inputs.span("targets"))


def _changed(build: Build, name: str, changes: list[Placed], source: Source) -> Build:
    """A build with what `set` says of its target: `TARGET.args.NAME=VALUE`, `TARGET.tags=TAG`, ..."""
    args = dict(build.args)
    tags: list[Use] = []
    for part in changes:
        where, equals, text = part.value.text.partition("=")
        pattern, _, rest = where.strip().partition(".")
        key, _, inner = rest.partition(".")
        if HOLE in where or not equals:
            build = build._replace(more=True)
        elif not fnmatchcase(name, pattern):
            continue
        elif key == "args" and inner:
            line = source.position(part.start)[0]
            reason = Reason("build-arg", f"set {where.strip()}={text}", source.path, line, inner)
            args[inner] = part.value._replace(text=text, because=(*part.value.because, reason))
        elif key.rstrip("+") in ("tag", "tags"):
            shift = part.value.text.index("=") + 1
            value = part.value._replace(text=text)
            plain = part.end - part.start == len(part.value.text)
            if key.endswith("+") and not tags:
                tags += build.tags
            tags.append(tag_use(value, source.span(part.start + shift if plain else part.start, part.end)))
        elif key == "target":
            build = build._replace(target=text if HOLE not in text else None)
        elif key in ("platform", "platforms") and text.startswith("linux/") and HOLE not in text:
            build = build._replace(platform=text, platforms=(text,))
    return build._replace(args=tuple(args.items()), tags=tuple(tags) or build.tags)
