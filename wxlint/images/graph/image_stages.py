"""Which stages of a Dockerfile are images, and which builds stand for the images of a policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.images.model.records import Build, Evaluated, Stage
from wxlint.policy.accelerator_words import accelerator_words

if TYPE_CHECKING:
    from wxlint.images.graph.family import Family
    from wxlint.policy.model import Expectation

_STEP = late(r"build|compil|deps|dependenc|download|fetch|cache|test|lint|wheel|source|src")
"""Parts of the names that stages have which are a step of a build, and no image of their own."""


def built_stages(evaluated: Evaluated) -> list[int]:
    """The stages that are images: the one that the build names, else those that the file defines (`defined`).

    A target that the file does not have stands for none, so that the file counts as built by hand.
    """
    own = evaluated.target(evaluated.build.target)
    if own is not None and (evaluated.build.target is not None or evaluated.build.built_by):
        return [own.index]
    return defined(evaluated)


def defined(evaluated: Evaluated) -> list[int]:
    """The images that a file defines, whoever builds them: its last stage, and the named ones that no stage is made of.

    A stage that is named for a step of a build (`builder`, `test`) is none of them.
    """
    last = [len(evaluated.stages) - 1] if evaluated.stages else []
    used = {parent for stage in evaluated.stages for parent in stage.parents}
    named = [stage for stage in evaluated.stages[:-1] if stage.name and stage.index not in used]
    if not named:
        return last
    sources = copied_from(evaluated)
    return [*last, *(s.index for s in named if accelerator_words(s.name) or _is_image(s, sources))]


def _is_image(stage: Stage, sources: set[str]) -> bool:
    return not {stage.name, str(stage.index)} & sources and not _STEP.search(stage.name)


def stages_of_build(evaluated: Evaluated) -> set[int]:
    """The stages that a build goes through: its target, else the last, and what these start from and copy from."""
    target = evaluated.target(evaluated.build.target)
    waiting = [target.index] if target is not None else [len(evaluated.stages) - 1] if evaluated.stages else []
    names = {name.lower(): stage.index for stage in evaluated.stages for name in (stage.name, str(stage.index)) if name}
    seen: set[int] = set()
    while waiting:
        index = waiting.pop()
        if index not in seen and index < len(evaluated.stages):
            seen.add(index)
            stage = evaluated.stages[index]
            waiting += [*stage.parents, *_copied(evaluated, stage, names)]
    return seen


def _copied(evaluated: Evaluated, stage: Stage, names: Mapping[str, int]) -> Iterator[int]:
    """Yield the stages that a stage copies from, or mounts."""
    for instruction in evaluated.instructions_of(stage):
        for flag in instruction.flags:
            for part in (flag.value or "").lower().split(",") if flag.name in ("from", "mount") else ():
                name = part.removeprefix("from=")
                if name in names and (flag.name == "from" or part != name):
                    yield names[name]


def copied_from(evaluated: Evaluated) -> set[str]:
    """What `--from` and `from=` of a mount name, in lower case."""
    found = set()
    for instruction in evaluated.dockerfile.instructions:
        for flag in instruction.flags:
            value = (flag.value or "").lower()
            if flag.name == "from":
                found.add(value)
            elif flag.name == "mount":
                found.update(part[len("from=") :] for part in value.split(",") if part.startswith("from="))
    return found


def without_build(family: Family, expectations: Iterable[Expectation], builds: list[Build]) -> list[Expectation]:
    """The images of the policy that none of the builds of their Dockerfile builds."""
    return [one for one in expectations if not any(_builds(family, build, one) for build in builds)]


def _builds(family: Family, build: Build, expectation: Expectation) -> bool:
    if build.image == expectation.image or family.tagged([expectation], build.tags):
        return True
    given = {(name, value.text) for name, value in build.args}
    return build.target == expectation.target and set(expectation.build_args) <= given


def is_of_another_target(family: Family, evaluated: Evaluated, meant: Expectation) -> bool:
    """Whether a build that gives an image's tag makes the last stage, or the target of another image, in its place."""
    build = evaluated.build
    wanted = evaluated.target(meant.target) if meant.target is not None else None
    if wanted is None or evaluated.target(build.target) in (None, wanted):
        return False
    listed = family.by_dockerfile.get(build.dockerfile, ())
    if build.target is not None and build.target not in {one.target for one in listed}:
        return False  # a stage that the policy does not speak of may be made from the one that is meant
    return any(family.is_named(meant, use) for use in build.tags)
