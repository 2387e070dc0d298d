"""`spacy download MODEL`: pip installs the wheel of a model with what it requires; a transformer model brings torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.values import HOLE
from wxlint.images.installs.call import Call
from wxlint.images.installs.model import Install
from wxlint.images.installs.pip import pip

if TYPE_CHECKING:
    from wxlint.shell.model import Word

_DIRECT = frozenset(("-d", "-D", "--direct"))
_OWN = _DIRECT | {"-S", "--sdist"}
"""Options of spaCy; what else is given is handed to pip."""
_ELSEWHERE = ("-U", "--url")
"""Options that name another place than the maker's, where a model of the same name may require something else."""


def spacy(call: Call) -> Iterator[Install]:
    """What `spacy download` has pip install: the newest model that fits, or the one whose version is named."""
    words = call.rest
    if not words or words[0].value.text != "download":
        return
    if any(word.value.text.partition("=")[0] in _ELSEWHERE for word in words):
        yield call.opaque(words[0])
        return
    direct = any(word.value.text in _DIRECT for word in words)
    given = [_versioned(word) if direct else word for word in words[1:] if word.value.text not in _OWN]
    install = words[0]._replace(value=words[0].value._replace(text="install"))
    yield from pip("pip", call._replace(words=(call.words[0], install, *given)))


def _versioned(word: Word) -> Word:
    """`en_core_web_trf-3.8.0`, as a requirement; an option, or a name without a version, as it is."""
    name, dash, version = word.value.text.rpartition("-")
    if not dash or not name or name.startswith("-") or HOLE in word.value.text:
        return word
    return word._replace(value=word.value._replace(text=f"{name}=={version}"))
