"""Subtitles that a viewer can read: the bounds hold for any transcript, known ones come out as a person makes them."""

from __future__ import annotations

import itertools
import re
import sys

import pytest
from family_kit import DOCKER
from hypothesis import given
from hypothesis import strategies as st
from stagekit.transcript import Region, Segment, Word

sys.path.insert(0, str(DOCKER / "subtitle-gen"))

from cues import GAP, LONGEST, SHORTEST, SPEED, WIDTH, Cue, cues, faults

WORDS = st.sampled_from(
    ["a", "yes.", "Winterfell", "wolf,", "x" * 60, "where?", "字幕は", "ありがとうございます。", "สวัสดี"]
)
TEXTS = st.lists(WORDS, min_size=0, max_size=30).map(" ".join)
TIMES = st.floats(0, 600).map(lambda value: round(value, 3))
SEGMENTS = st.builds(Segment, TIMES, TIMES, TEXTS, st.sampled_from(["", "A", "B"]))


def spoken(text: str, start: float = 0.0, each: float = 0.4, pause: dict[int, float] | None = None) -> Segment:
    """A line whose words are said one after another, `each` seconds long, with pauses before some."""
    words, at = [], start
    for number, word in enumerate(text.split()):
        at += (pause or {}).get(number, 0.0)
        words.append(Word(round(at, 3), round(at + each, 3), word))
        at += each
    return Segment(start, round(at, 3), text, "", tuple(words))


def letters(text: str) -> str:
    return re.sub(r"(?m)^- |\s|♪", "", text)


@given(st.lists(SEGMENTS, max_size=8))
def test_the_bounds_hold(segments: list[Segment]) -> None:
    made = cues(segments).cues
    for cue in made:
        assert 1 <= len(cue.lines) <= 2
        assert all(0 < len(line) <= WIDTH and line == line.strip() for line in cue.lines)
        assert 0 <= cue.start < cue.end <= cue.start + LONGEST + 0.001
    for before, after in itertools.pairwise(made):
        assert before.start <= after.start
        assert before.end <= after.start or after.start - before.start < GAP


@given(st.lists(SEGMENTS, max_size=8))
def test_every_letter_is_there_once(segments: list[Segment]) -> None:
    ordered = sorted(segment for segment in segments if segment.text.strip())
    shown = "\n".join("\n".join(cue.lines) for cue in cues(segments).cues)
    assert sorted(letters(shown)) == sorted("".join(letters(segment.text) for segment in ordered))


@given(st.integers(1, 60), st.floats(0.4, 0.8))
def test_speech_at_an_ordinary_speed_breaks_no_bound(count: int, each: float) -> None:
    made = cues([spoken(" ".join(["winter"] * count), each=round(each, 2))]).cues
    assert not any(faults(made[:-1]).values())
    assert made[-1].end - made[-1].start >= SHORTEST - 1e-9


def test_a_long_line_is_split_at_its_words_by_their_times() -> None:
    made = cues([spoken("one two three four five six seven eight nine ten eleven twelve " * 2, start=3.0)]).cues
    assert made[0].start == 3.0
    assert all(cue.start == pytest.approx(3.0 + 0.4 * round((cue.start - 3.0) / 0.4)) for cue in made)
    assert all(cue.end - cue.start <= LONGEST for cue in made) and len(made) > 1


def test_two_lines_are_of_nearly_one_length() -> None:
    (cue,) = cues([spoken("He left Winterfell with a wolf and nobody has seen them", each=0.3)]).cues
    assert len(cue.lines) == 2
    assert abs(len(cue.lines[0]) - len(cue.lines[1])) <= 8


def test_a_sentence_and_a_pause_end_a_cue() -> None:
    made = cues([spoken("Where is he now? I do not know at all.", each=0.4)]).cues
    assert [cue.lines[0] for cue in made] == ["Where is he now?", "I do not know at all."]
    made = cues([spoken("wait for it", each=0.5, pause={2: 2.0})]).cues
    assert [(cue.lines[0], cue.start) for cue in made] == [("wait for", 0.0), ("it", 3.0)]


def test_scripts_without_spaces_are_broken_at_characters_and_not_before_a_full_stop() -> None:
    made = cues([Segment(0.0, 20.0, "字" * 41 + "。" + "幕" * 80)]).cues
    assert all(len(line) <= WIDTH and not line.startswith("。") for cue in made for line in cue.lines)
    assert "".join(line for cue in made for line in cue.lines) == "字" * 41 + "。" + "幕" * 80
    assert len(made) >= 3


def test_fast_speech_may_stand_longer_where_there_is_room() -> None:
    (cue,) = cues([Segment(1.0, 1.2, "This is said far too fast to be read")]).cues
    assert cue.end - cue.start == pytest.approx(cue.length / SPEED)
    crowded = cues([Segment(1.0, 1.2, "This is said far too fast to be read"), Segment(1.3, 3.0, "next")])
    assert crowded.cues[0].end == pytest.approx(1.3 - GAP)
    assert faults(crowded.cues)["too fast"] == 1


def test_wrong_times_are_mended_and_counted() -> None:
    made = cues([Segment(5.0, 2.0, "inverted"), Segment(4.0, 8.0, "overlaps it"), Segment(9.0, 10.0, "right")])
    assert made.mended == 2
    assert [(cue.start, cue.lines) for cue in made.cues] == [
        (2.0, ("inverted",)),
        (4.0, ("overlaps it",)),
        (9.0, ("right",)),
    ]


def test_no_speech_gives_no_cues() -> None:
    assert cues([]).cues == cues([Segment(0.0, 1.0, "  ")]).cues == ()


def test_a_new_speaker_begins_with_a_dash_also_within_a_line() -> None:
    words = (Word(0.0, 1.5, "Where?", "A"), Word(1.6, 3.0, "There.", "B"))
    made = cues([Segment(0.0, 3.0, "Where? There.", "A", words)]).cues
    assert [cue.lines[0] for cue in made] == ["Where?", "- There."]


def test_what_is_sung_stands_between_notes() -> None:
    songs = [Region(10.0, 20.0)]
    made = cues([Segment(1.0, 3.0, "spoken"), Segment(11.0, 14.0, "la la la")], songs).cues
    assert [cue.lines[0] for cue in made] == ["spoken", "♪ la la la ♪"]


def test_cues_are_compared_with_the_bounds() -> None:
    assert faults([Cue(0.0, 0.5, ("a" * 42, "b" * 42)), Cue(1.0, 3.0, ("fine",))]) == {"too short": 1, "too fast": 1}
