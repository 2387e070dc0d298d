"""Names of people and places in a text, by spaCy: what pre-ner and post-ner share."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

LABELS = ("PERSON", "PER", "GPE", "LOC", "ORG", "FAC")


def language_model() -> tuple[Language, str]:
    """The model that SPACY_MODEL names (a package or a folder), and that name.

    spaCy's models are not on the package index. Without one a bare English pipeline is taken, which finds
    names by their capitals alone, and that is said.
    """
    import spacy  # only the two stages that use this have it

    wanted = os.environ.get("SPACY_MODEL", "/models/spacy/en_core_web_sm")
    try:
        return spacy.load(wanted), wanted
    except OSError:
        print(f"no spaCy model at {wanted} (SPACY_MODEL): names are found by their capitals alone", file=sys.stderr)
        return spacy.blank("en"), "none"


def names_in(text: str, model: Language) -> list[str]:
    """The names in a text, in order: what the model marks, or without one each run of capitalised words."""
    doc = model(text)
    if model.has_pipe("ner"):
        return [entity.text for entity in doc.ents if entity.label_ in LABELS]
    runs: list[list[str]] = [[]]
    for token in doc:
        if token.is_title and not token.is_stop:
            runs[-1].append(token.text)
        else:
            runs.append([])
    return [" ".join(run) for run in runs if run]
