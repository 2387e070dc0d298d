"""Images of a family whose names say what they are for in a word of their own, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from wxlint.beginning.model import Built
from wxlint.beginning.names import bare
from wxlint.images.graph.producers import MOVING

_NO_WORDS = MOVING | {"stable", "test", "debug"}
_WORD = "([a-z0-9]+(?:[._-][a-z0-9]+)*)"


def with_other_words(known: Iterable[Built], own: Sequence[Built], tag: str) -> Iterator[Built]:
    """The images for other accelerators beside `own`, with the family's name and tag for theirs.

    With app:{version}-cpu goes app:{version} that is built for CUDA, and app:{version}-amd that is for ROCm. With
    app-rocm:{version} go app:{version} and app-min:{version} likewise.
    """
    names = {one.name for one in own}
    without = {bare(name) for name in names}
    each = [one for one in known if one.accelerator]
    each.sort(key=lambda one: one.tag == bare(tag) and one.name in without)
    if bare(tag) not in (tag, "", "latest"):
        yield from _in_tags(each, own, tag)
    elif len(names) == 1 and all(one.word and one.tag == tag for one in own):
        yield from _in_names(each, own, names.pop())


def _in_tags(known: Iterable[Built], own: Sequence[Built], tag: str) -> Iterator[Built]:
    seen: dict[str, set[str]] = {}
    words: dict[str, set[str]] = {}
    for one in own:
        seen.setdefault(one.name, set()).add(one.accelerator)
        words.setdefault(one.name, set()).add(one.word)
    worded = re.compile(_WORD.join(map(re.escape, tag.split("{variant}"))))
    for one in known:
        if one.word or one.name not in seen:
            continue
        match = worded.fullmatch(one.tag)
        if one.tag == bare(tag) and one.accelerator not in words[one.name]:
            words[one.name].add(one.accelerator)
            yield one
        elif match is not None and (one.accelerator not in seen[one.name] or _is_another(one, match[1], own)):
            words[one.name].add(match[1])
            seen[one.name].add(one.accelerator)
            yield one._replace(tag=tag, word=match[1])


def _in_names(known: Iterable[Built], own: Sequence[Built], name: str) -> Iterator[Built]:
    seen = {one.accelerator for one in own}
    words = {one.word for one in own}
    worded = re.compile(_WORD.join(map(re.escape, name.split("{variant}"))))
    for one in known:
        match = worded.fullmatch(one.name)
        if one.word or one.tag != own[0].tag:
            continue
        if one.name == bare(name) and one.accelerator not in words:
            words.add(one.accelerator)
            seen.add(one.accelerator)
            yield one._replace(name=name)
        elif match is not None and (one.accelerator not in seen or _is_another(one, match[1], own)):
            words.add(match[1])
            seen.add(one.accelerator)
            yield one._replace(name=name, word=match[1])


def plain_beside_gpu(built: Iterable[Built], own: Iterable[Built], tag: str) -> Iterator[Built]:
    """app:{version} beside app:{version}-gpu, with nothing in it that says what it is for: most likely the CPU's."""
    words: dict[str, set[str]] = {}
    for one in own:
        words.setdefault(one.name, set()).add(one.accelerator)
    for one in built:
        if not one.accelerator and not one.word and one.tag == bare(tag) != tag:
            found = words.get(one.name, set())
            if "cuda" in found and "cpu" not in found:
                found.add("cpu")
                yield one._replace(accelerator="cpu")


def _is_another(one: Built, word: str, own: Iterable[Built]) -> bool:
    """Whether an image has a Dockerfile of its own, and the word before it is no release or floating tag."""
    paths = {other.path for other in own}
    return one.path not in paths and word not in _NO_WORDS
