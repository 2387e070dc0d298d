"""Families whose variants are whole tags: app:cu126-slim, app:cu130-megapak, each from a folder that is called so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from wxlint.beginning.model import Built
from wxlint.beginning.names import is_name, spelled

_ENOUGH = 3
"""Dockerfiles that are called like whole tags, for these to be what tells the images of one name apart."""


def with_whole_tags(built: Iterable[Built]) -> tuple[Built, ...]:
    """The images, of which those of a name with many such tags have the whole one as their variant's word."""
    each = tuple(built)
    found: dict[str, dict[tuple[str, str], str]] = {}
    for one in each:
        tag = spelled(one.tag, one.word)
        if "{" not in tag and tag != one.word and is_name(tag) and is_called(one.path, tag):
            found.setdefault(one.name, {})[one.path, one.target] = tag
    found = {name: tags for name, tags in found.items() if len(tags) >= _ENOUGH and not _have_a_pattern(each, name)}
    return tuple(_as_whole(one, found.get(one.name, {}).get((one.path, one.target), "")) for one in each)


def _have_a_pattern(built: Iterable[Built], name: str) -> bool:
    """Whether most tags of a name are a word for an accelerator in the same place."""
    tags = Counter(one.tag for one in set(built) if one.name == name and one.word)
    return bool(tags) and max(tags.values()) * 2 >= sum(tags.values())


def is_called(path: str, tag: str) -> bool:
    """Whether a Dockerfile's folder or its ending is a tag."""
    *folders, name = path.split("/")
    return tag in folders or name.removeprefix("Dockerfile.") == tag or name.removesuffix(".Dockerfile") == tag


def _as_whole(one: Built, word: str) -> Built:
    """An image with a word for its variant, where its tag is that or goes on behind it, else with another tag of that.

    word: "" for no change.
    """
    tag = spelled(one.tag, one.word)
    if word and (tag == word or tag.startswith(f"{word}-")):
        return one._replace(tag=f"{{variant}}{tag[len(word) :]}", word=word)
    return one._replace(tag=tag, word="") if word else one
