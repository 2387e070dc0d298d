"""What fixes may not cost: the exec form of an instruction, and what a stage installs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.words import json_words
from wxlint.images.graph.repository import Repository


class Loss(NamedTuple):
    """What is lost, and in which file."""

    text: str
    path: str


def losses(now: Repository, after: Repository, paths: Iterable[str], *, removals: int) -> Iterator[Loss]:
    """What a change loses.

    Args:
        paths: the files that are changed.
        removals: requirements that the change is to take out of each stage, at most.
    """
    for path in paths:
        old, new = _forms(now, path), _forms(after, path)
        if len(old) != len(new):
            yield Loss("it changes the number of instructions", path)
        elif old != new:
            yield Loss("an instruction in exec form (a JSON array) would be none any more, or become one", path)
    then = _installed(after)
    for key, (installs, requirements) in _installed(now).items():
        if key in then and (then[key][0] < installs or then[key][1] < requirements - removals):
            yield Loss("an install would be gone", key[0])


def _forms(repository: Repository, path: str) -> list[tuple[str, bool]]:
    """Each instruction of a Dockerfile with whether its arguments are a JSON array; none of another file."""
    dockerfile = repository.dockerfiles.get(path)
    if dockerfile is None:
        return []
    return [(one.keyword, json_words(one.args) is not None) for one in dockerfile.instructions]


def _installed(repository: Repository) -> dict[tuple[str, int, int], tuple[int, int]]:
    """How many installs, and requirements of them, each stage has; by Dockerfile, stage and number of the build."""
    found: dict[tuple[str, int, int], tuple[int, int]] = {}
    for image in repository.images:
        number = 0
        while (image.evaluated.path, image.stage.index, number) in found:
            number += 1
        installs = image.stage.installs
        listed = sum(len(install.requirements) for install in installs)
        found[image.evaluated.path, image.stage.index, number] = len(installs), listed
    return found
