"""Families that nothing builds under a name: docker/cpu/Dockerfile and docker/nvidia/Dockerfile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wxlint.beginning.model import Built
from wxlint.beginning.names import is_name


def named_by_paths(unnamed: Iterable[Built], name: str) -> list[Built]:
    """The largest set of Dockerfiles for several accelerators whose paths differ in one word: that of the variant.

    name: what they are to be called. Nothing where there is no such set.
    """
    found: dict[str, dict[str, Built]] = {}
    for one in unnamed if is_name(name) else ():
        for template, word in _readings(one.path) if one.accelerator else ():
            found.setdefault(template, {}).setdefault(word, one)
    several = [words for words in found.values() if len({one.accelerator for one in words.values()}) > 1]
    best = max(several, key=len, default={})
    return [one._replace(name=name, tag="{variant}", word=word, where=one.path) for word, one in best.items()]


def _readings(path: str) -> Iterator[tuple[str, str]]:
    """A path with each of its folders, and the ending of its name, taken for a variant; and that."""
    *folders, name = path.split("/")
    for n, folder in enumerate(folders):
        if is_name(folder):
            yield "/".join([*folders[:n], "{variant}", *folders[n + 1 :], name]), folder
    head, dot, word = name.partition(".")
    if dot and is_name(word):
        yield "/".join([*folders, f"{head}.{{variant}}"]), word
