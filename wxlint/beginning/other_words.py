"""Images of a family whose names say what they are for in a word of their own, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from wxlint.beginning.model import Built
from wxlint.beginning.names import bare, common
from wxlint.images.model.reference import MOVING

_NO_WORDS = MOVING | {"stable", "test", "debug"}
_WORD = "([a-z0-9]+(?:[._-][a-z0-9]+)*)"


def with_other_words(known: Iterable[Built], own: Sequence[Built], tag: str) -> Iterator[Built]:
    """The images for other accelerators beside `own`, with the family's name and tag for theirs.

    With app:{version}-cpu goes app:{version} that is built for CUDA, and app:{version}-amd that is for ROCm. With
    app-rocm:{version} go app:{version} and app-min:{version} likewise, with app-asr-gpu:{version} and app-web-gpu go
    app-asr and app-api, and with app:cu130 goes app:latest.
    """
    names = {one.name for one in own}
    without = {bare(name) for name in names}
    each = [one for one in known if one.accelerator and not _is_built_as(one, own)]
    each.sort(key=lambda one: one.tag == bare(tag) and one.name in without)
    if tag == "{variant}":
        yield from _latest(each, own)
    elif bare(tag) not in (tag, "", "latest"):
        yield from _in_tags(each, own, tag)
    elif all(one.word and one.tag == tag for one in own):
        yield from _in_names(each, own, names.pop()) if len(names) == 1 else _in_stages(each, own)


def _is_built_as(one: Built, own: Iterable[Built]) -> bool:
    """Whether a build makes an image of the family, too: this is another tag of that."""
    builds = ((each.path, each.target, each.args, each.accelerator) for each in own)
    return not one.word and (one.path, one.target, one.args, one.accelerator) in builds


def _latest(known: Iterable[Built], own: Sequence[Built]) -> Iterator[Built]:
    """app:latest beside app:cu130 and app:rocm, where no image is called for what it is for."""
    names, words = {one.name for one in own}, {one.word for one in own}
    seen = set()
    for one in known:
        if one.tag == "latest" and one.name in names and not one.word and one.accelerator not in words:
            if (one.name, one.accelerator) not in seen:
                seen.add((one.name, one.accelerator))
                yield one._replace(tag="{variant}", word="latest")


def _in_stages(known: Iterable[Built], own: Sequence[Built]) -> Iterator[Built]:
    """app-asr and app-api beside app-asr-gpu and app-web-gpu: all for the CPU, where one stage is for both."""
    names = {bare(one.name): one.name for one in own}
    prefix = common(names)[0]
    patterns = {pattern[len(name) :] for name, pattern in names.items()}
    plain = [
        one
        for one in known
        if one.tag == own[0].tag and not one.word and one.name.startswith(prefix) and one.accelerator == "cpu"
    ]
    if prefix and len(patterns) == 1 and any(one.name in names for one in plain):
        ending = patterns.pop()
        if not any(one.accelerator == "cpu" for one in own):
            yield from (one._replace(name=f"{one.name}{ending}") for one in plain)


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
