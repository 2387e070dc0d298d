"""What names say: the words of a tag, a file or a folder that name an accelerator."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from itertools import pairwise

from wxlint.core.paths import from_root
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.images.model.records import Build, Evaluated, Stage
from wxlint.images.model.reference import Reference
from wxlint.policy.accelerator_words import accelerator_words

_CHOOSES = ("arg", "build-arg")


class NameHint(NamedTuple):
    """accelerator: cpu, cuda, rocm or other. reason: the name that says so. any_gpu: it says GPU, and not whose: what
    has ROCm inside is one too.
    """

    accelerator: str
    reason: Reason
    any_gpu: bool = False


def said_by(text: str, what: str) -> list[NameHint]:
    """Evidence from one name; none when it names no accelerator or several."""
    words = accelerator_words(text.replace(HOLE, "/"))
    if len(words) != 1:
        return []
    any_gpu = words == {"cuda"} and not accelerator_words(text.lower().replace("gpu", " "))
    return [NameHint(next(iter(words)), Reason("name", f"{what} {text.replace(HOLE, '*')!r}"), any_gpu)]


def said_by_tag(reference: Reference | None) -> list[NameHint]:
    """Evidence from an image's tag. One with unknown parts (a version, a branch) says what stands apart from them, but
    nothing where what fills them is called for another accelerator (`$GPU_TAG-cpu`)."""
    tag = reference.tag if reference is not None else None
    if reference is None or not tag or not _stands_apart(tag):
        return []
    found = said_by(tag, "image tag")
    fills = reference.value.holes[reference.value.text.partition("@")[0].removesuffix(tag).count(HOLE) :]
    others = accelerator_words(" ".join(fills[: tag.count(HOLE)])) - {evidence.accelerator for evidence in found}
    return [] if others else found


def _stands_apart(tag: str) -> bool:
    """Whether every unknown part is set off from what is known by a separator."""
    if HOLE not in tag:
        return True
    first, *rest = tag.split(HOLE)
    return all(part == "" or part[0] in "-_." for part in rest) and all(
        part == "" or part[-1] in "-_." for part in (first, *rest[:-1])
    )


def from_reference(reference: Reference, what: str) -> list[NameHint]:
    """Evidence from an image's tag, else from its name."""
    if reference.tag:
        found = said_by(reference.tag, f"{what} tag")
        if found:
            return found
    return said_by(reference.path.rpartition("/")[2], f"{what} name")


def said_by_tags(builds: Iterable[Build]) -> set[str]:
    """The accelerators that the tags of builds name."""
    tags = {use.reference.tag or "" for build in builds for use in build.tags if use.reference is not None}
    return {evidence.accelerator for tag in tags for evidence in said_by(tag, "tag")}


def from_path(path: str) -> list[NameHint]:
    """Evidence from a Dockerfile's own name, else from the folders it lies in, the nearest first."""
    folder, name = posixpath.split(from_root(path))
    stem = re.sub(r"(?i)(docker|container)file", " ", name)
    found = said_by(stem.strip(" ._-"), "file name") if stem.strip(" ._-") else []
    if found:
        return [found[0]._replace(reason=Reason("name", f"file name {name!r}"))]
    if accelerator_words(stem):
        return []
    for part in reversed([p for p in folder.split("/") if p][-2:]):
        words = accelerator_words("gpu" if part.lower() == "nvidia" else part)
        if words:
            any_gpu = part.lower() in ("gpu", "gpus")
            reason = Reason("name", f"folder {part!r}")
            return [NameHint(next(iter(words)), reason, any_gpu)] if len(words) == 1 else []
    return []


def evidence(evaluated: Evaluated, stage: Stage) -> list[NameHint]:
    """What names say the image is for, the strongest first: its tags, the stage's name, the file's, the folders'.

    A last stage that no build asks for by its name is called something by chance, unless a target was forgotten. Where
    none of them says anything, the stages count that a variable chooses.
    """
    found: list[NameHint] = []
    for use in evaluated.build.tags:
        if use.reference is not None:
            found += [
                e._replace(reason=reason_at("name", e.reason.text, use.span))
                for e in from_reference(use.reference, "image")
            ]
    if stage.name and (stage is not evaluated.stages[-1] or evaluated.build.target or forgotten_target(evaluated)):
        found += said_by(stage.name, "stage name")
    found += from_path(evaluated.path)
    return found or _from_chosen_stages(evaluated, stage)


def _from_chosen_stages(evaluated: Evaluated, stage: Stage) -> list[NameHint]:
    """Evidence from the names of stages that a variable chooses in a FROM: `FROM base-${DEVICE}`."""
    line = evaluated.line_of(stage)
    chosen = (below for one, below in pairwise(line) if any(r.kind in _CHOOSES for r in one.base.value.because))
    return [hint for below in chosen for hint in said_by(below.name, "name of the chosen stage")]


def forgotten_target(evaluated: Evaluated) -> Stage | None:
    """The stage that is named for the accelerator that the tags of a build without a target say, where the last stage,
    which the build makes, is named for another one."""
    words = said_by_tags([evaluated.build])
    if evaluated.build.target is not None or len(words) != 1 or not evaluated.stages:
        return None
    last = accelerator_words(evaluated.stages[-1].name)
    if len(last) != 1 or last == words:
        return None
    used = {parent for stage in evaluated.stages for parent in stage.parents}
    others = [stage for stage in evaluated.stages[:-1] if stage.index not in used]
    return next((stage for stage in others if accelerator_words(stage.name) == words), None)


def expected_by_names(found: list[NameHint], *, inside: str | None = None) -> tuple[str | None, tuple[Reason, ...]]:
    """The accelerator that all names agree on. inside: that of what the image has: a name that says GPU means it."""
    words = {inside if one.any_gpu and inside == "rocm" else one.accelerator for one in found}
    if len(words) != 1:
        return None, ()
    return words.pop(), tuple(one.reason for one in found)
