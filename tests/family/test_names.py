"""Misheard names set right: whole words, and names only."""

from __future__ import annotations

import sys

import pytest
from family_kit import DOCKER
from stagekit.transcript import Segment, Word

sys.path.insert(0, str(DOCKER / "post-ner"))

from post_ner_stage import corrected, corrections, replaced, spoken_names

KNOWN = ["Jon Snow", "Thanos", "Winterfell"]


def heard(texts: list[str]) -> list[list[str]]:
    """Every capitalised word and run of words, as names_in finds them without a model."""
    import re

    return [re.findall(r"[A-Z]\w+(?: [A-Z]\w+)*", text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "changes"),
    [
        (["Where is Jon Snoow?"], {"Jon Snoow": "Jon Snow"}),
        (["Thanks for coming."], {}),
        (["He left. Thanks."], {}),
        (["Thannos is here.", "I saw Thannos."], {"Thannos": "Thanos"}),
        (["They call it Winterfel now."], {"Winterfel": "Winterfell"}),
        (["I met Thanos."], {}),
    ],
)
def test_names_that_are_nearly_known_are_set_right(texts: list[str], changes: dict[str, str]) -> None:
    assert corrections(spoken_names(heard(texts), texts), KNOWN) == changes


def test_only_whole_words_are_replaced() -> None:
    assert replaced("Ann, Anna and Annabel", {"Ann": "Anne"}) == "Anne, Anna and Annabel"
    assert replaced("Jon Sno and Sno", {"Sno": "Snow", "Jon Sno": "Jon Snow"}) == "Jon Snow and Snow"
    assert replaced("as it is", {}) == "as it is"


def test_the_words_of_a_line_follow() -> None:
    words = (Word(0, 1, "Jon"), Word(1, 2, "Snoow?"))
    line = Segment(0, 2, "Jon Snoow?", "", words)
    assert [word.text for word in corrected(line, {"Jon Snoow": "Jon Snow"}).words] == ["Jon", "Snow?"]
    assert corrected(line, {"Jon Snoow": "Jon"}).words == ()
    assert corrected(line, {"Arya": "Aria"}) is line
