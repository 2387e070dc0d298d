"""The files that stages hand to each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stagekit import Job, NotReadyError
from stagekit.manifest import Result, close_job, leave_job, open_job
from stagekit.transcript import (
    Region,
    Segment,
    Transcript,
    Word,
    latest_transcript,
    name_speakers,
    read_regions,
    read_transcript,
    speech_found,
    write_regions,
    write_transcript,
)

times = st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)).map(sorted)
names = st.sampled_from(["", "A", "B"])
words = st.builds(lambda time, text, who: Word(time[0], time[1], text, who), times, st.text(), names)
segments = st.builds(
    lambda time, text, who, said: Segment(time[0], time[1], text, who, tuple(said)),
    times,
    st.text(),
    names,
    st.lists(words, max_size=3),
)
turns = st.builds(lambda time, who: Region(time[0], time[1], who), times, st.sampled_from(["A", "B", "C"]))


@given(st.lists(segments), st.sampled_from(["", "en"]))
def test_a_transcript_reads_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Segment], language: str
) -> None:
    path = tmp_path_factory.mktemp("written") / "transcript.json"
    written = Transcript(language, tuple(lines))
    assert read_transcript(write_transcript(path, written)) == written


def test_regions_read_back_as_written(tmp_path: Path) -> None:
    regions = (Region(0.0, 1.5), Region(2.0, 2.25, "A"))
    path = write_regions(tmp_path / "regions.json", regions)
    assert read_regions(path) == regions
    assert path.read_text(encoding="utf-8").count("speaker") == 1  # an unknown one is not written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"language": "en", "segments": [1]}',
        '{"language": "en", "segments": [{"start": "x"}]}',
        '{"language": "en", "segments": 3}',
        '{"language": "en", "segments": [{"start": 1, "end": 2, "text": null}]}',
        '{"language": "en", "segments": [{"start": NaN, "end": 2, "text": "a"}]}',
    ],
)
def test_a_file_that_is_no_transcript_says_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "transcript.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotReadyError, match="cannot be used"):
        read_transcript(path)


def test_unknown_fields_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "transcript.json"
    path.write_text('{"language": "", "segments": [{"start": 1, "end": 2, "text": "a", "score": 1}]}', encoding="utf-8")
    assert read_transcript(path).segments == (Segment(1.0, 2.0, "a"),)


@given(st.lists(segments), st.lists(turns))
def test_a_named_speaker_has_a_turn_that_overlaps(lines: list[Segment], who: list[Region]) -> None:
    for line in name_speakers(lines, who):
        overlapping = {turn.speaker for turn in who if min(turn.end, line.end) > max(turn.start, line.start)}
        assert line.speaker in overlapping or (line.speaker == "" and not overlapping)


def test_the_longest_share_wins() -> None:
    line = Segment(0.0, 10.0, "a")
    who = [Region(0.0, 3.0, "A"), Region(3.0, 8.0, "B"), Region(8.0, 10.0, "A"), Region(9.0, 10.0, "A")]
    assert name_speakers([line], who)[0].speaker == "A"


def test_the_most_refined_transcript_is_taken(tmp_path: Path) -> None:
    asked = Job("subtitle-gen", "", (), tmp_path, tmp_path, None, {})
    with pytest.raises(NotReadyError, match="run asr first"):
        latest_transcript(asked)
    for stage in ("asr", "post-ner"):
        job = open_job(stage, "", (), tmp_path)
        made = write_transcript(job.work / "transcript.json", Transcript("en", ()))
        close_job(job, Result({"transcript": made}))
        leave_job(job)
        assert latest_transcript(asked).parent.name == stage
    assert latest_transcript(asked, after="post-ner").parent.name == "asr"


def test_speech_is_all_that_one_of_the_finders_has_found(tmp_path: Path) -> None:
    asked = Job("asr", "", (), tmp_path, tmp_path, None, {})
    assert speech_found(asked) is None
    for stage, regions in (("silero-vad", [Region(1.0, 2.0)]), ("pyannote-vad", [Region(0.1, 0.2), Region(2.3, 3.0)])):
        job = open_job(stage, "", (), tmp_path)
        close_job(job, Result({"speech": write_regions(job.work / "speech.json", regions)}))
        leave_job(job)
    assert speech_found(asked) == (Region(0.0, 0.4), Region(0.8, 3.2))
    assert set(asked.reads) == {"silero-vad/speech", "pyannote-vad/speech"}
