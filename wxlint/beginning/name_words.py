"""Families whose names say the variant, and whose tags say more of it: app-cpu:1.2 beside app-gpu:1.2-cu126."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from wxlint.beginning.model import Built, NamedReference, Survey
from wxlint.beginning.names import spelled, without_word

_N = TypeVar("_N", Built, NamedReference)


def with_words_of_names(survey: Survey) -> Survey:
    """The images with the words of their names, where those tell several accelerators apart whatever the tags say."""
    known: dict[str, set[str]] = {}
    for one in (_by_name(one) for one in survey.built):
        if "{variant}" in one.name and one.accelerator:
            known.setdefault(one.name, set()).add(one.accelerator)
    apart = {name for name, accelerators in known.items() if len(accelerators) > 1}
    return survey._replace(
        built=tuple(_reworded(one, apart) for one in survey.built),
        named=tuple(_reworded(one, apart) for one in survey.named),
    )


def _reworded(one: _N, apart: set[str]) -> _N:
    found = _by_name(one)
    return found if found.name in apart else one


def _by_name(one: _N) -> _N:
    """An image whose tag has a word for an accelerator, with the one of its name instead."""
    head, slash, last = one.name.rpartition("/")
    name, word = without_word(last)
    if not word or "{variant}" not in one.tag:
        return one
    return one._replace(name=f"{head}{slash}{name}", tag=spelled(one.tag, one.word), word=word)


def with_other_tags(known: Iterable[Built], own: Sequence[Built]) -> Iterator[Built]:
    """The images of a family whose names say the variant, for what none of `own` is: whatever tags they have."""
    words = {(one.name, one.word) for one in own}
    names = {one.name for one in own if "{variant}" in one.name}
    for one in known:
        if one.accelerator and one.name in names and (one.name, one.word) not in words:
            words.add((one.name, one.word))
            yield one._replace(tag=own[0].tag)
