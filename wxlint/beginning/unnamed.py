"""Families that nothing builds under a name: docker/cpu/Dockerfile and docker/nvidia/Dockerfile."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from wxlint.beginning.model import Built
from wxlint.beginning.names import is_name


def named_by_paths(unnamed: Iterable[Built], name: str, served: Container[str] = ()) -> list[Built]:
    """The largest set of Dockerfiles for several accelerators whose paths differ in one word: that of the variant.

    Where what is known of them makes none, what compose services build says: an image is for what its service asks for,
    else for the CPU where nothing accelerated is in it.

    Args:
        name: what they are to be called. Nothing where there is no such set.
        served: the paths of the Dockerfiles that compose services build.
    """
    everything = list(unnamed) if is_name(name) else []
    found = _largest([one for one in everything if one.accelerator])
    found = found or _largest([_guessed(one) for one in everything if one.path in served])
    return [one._replace(name=name, tag="{variant}", word=word, where=one.path) for word, one in found.items()]


def _guessed(one: Built) -> Built:
    """An image that says nothing of what it is for, with what is most likely."""
    return one._replace(accelerator=one.accelerator or one.asked or ("cpu" if one.bare else ""))


def _largest(known: Iterable[Built]) -> dict[str, Built]:
    """The largest set for several accelerators whose paths differ in one word, by that."""
    found: dict[str, dict[str, Built]] = {}
    for one in known:
        for template, word in _readings(one.path) if one.accelerator else ():
            found.setdefault(template, {}).setdefault(word, one)
    several = [words for words in found.values() if len({one.accelerator for one in words.values()}) > 1]
    return max(several, key=len, default={})


def _readings(path: str) -> Iterator[tuple[str, str]]:
    """A path with each of its folders, and the ending of its name, taken for a variant; and that."""
    *folders, name = path.split("/")
    for n, folder in enumerate(folders):
        if is_name(folder):
            yield "/".join([*folders[:n], "{variant}", *folders[n + 1 :], name]), folder
    head, dot, word = name.partition(".")
    if dot and is_name(word):
        yield "/".join([*folders, f"{head}.{{variant}}"]), word
