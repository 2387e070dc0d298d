"""The files that stages hand to each other: regions of time, and the transcript.

    regions:    {"regions": [{"start": 0.5, "end": 1.25, "speaker": "SPEAKER_00"}]}     speaker: diarization only
    transcript: {"language": "en", "segments": [{"start": 0.5, "end": 1.25, "text": "Hello", "speaker": "…",
                 "words": [{"start": 0.5, "end": 1.25, "text": "Hello", "speaker": "…"}]}]}

Times are seconds from the start of the film. Words are there where they have been aligned with the audio.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from stagekit.documents import read_document, write_document
from stagekit.errors import NotReadyError
from stagekit.manifest import Job

# The stages that hold a transcript, the most refined first.
TRANSCRIBERS = ("post-ner", "second-pass-translation", "asr")
# What finds speech. asr listens where one of them has found some: what one has missed, the other may have heard.
SPEECH_FINDERS = ("silero-vad", "pyannote-vad")


class Region(NamedTuple):
    """A stretch of time, in seconds, and who speaks in it, where that is known."""

    start: float
    end: float
    speaker: str = ""


class Word(NamedTuple):
    """A word of a line; times in seconds."""

    start: float
    end: float
    text: str
    speaker: str = ""


class Segment(NamedTuple):
    """A line of the transcript; times in seconds."""

    start: float
    end: float
    text: str
    speaker: str = ""
    words: tuple[Word, ...] = ()


Timed = TypeVar("Timed", Word, Segment)


class Transcript(NamedTuple):
    """The whole transcript and its language (ISO 639-1, "" when unknown)."""

    language: str
    segments: tuple[Segment, ...]


def write_regions(path: Path, regions: Iterable[Region]) -> Path:
    """Writes regions; an unknown speaker is left out."""
    return write_document(path, {"regions": [entry(region) for region in regions]}, "regions")


def read_regions(path: Path) -> tuple[Region, ...]:
    """Reads regions. Raises NotReadyError when the file holds something else."""
    listed = read_document(path, "regions", f"run {path.parent.name} again")["regions"]
    return tuple(Region(float(each["start"]), float(each["end"]), each.get("speaker", "")) for each in listed)


def write_transcript(path: Path, transcript: Transcript) -> Path:
    """Writes a transcript."""
    segments = [entry(segment) for segment in transcript.segments]
    return write_document(path, {"language": transcript.language, "segments": segments}, "transcript")


def read_transcript(path: Path) -> Transcript:
    """Reads a transcript. Raises NotReadyError when the file holds something else."""
    document = read_document(path, "transcript", f"run {path.parent.name} again")
    segments = [
        Segment(*_said(each), words=tuple(Word(*_said(word)) for word in each.get("words", ())))
        for each in document["segments"]
    ]
    return Transcript(document["language"], tuple(segments))


def _said(each: dict[str, Any]) -> tuple[float, float, str, str]:
    return float(each["start"]), float(each["end"]), each["text"], each.get("speaker", "")


def latest_transcript(job: Job, after: str = "") -> Path:
    """The most refined transcript there is, or the most refined of those made before the stage `after`."""
    stages = TRANSCRIBERS[TRANSCRIBERS.index(after) + 1 :] if after else TRANSCRIBERS
    for stage in stages:
        path = job.find(stage, "transcript")
        if path is not None:
            return path
    raise NotReadyError(f"{job.folder} has no transcript: run asr first")


def speech_found(job: Job, margin: float = 0.2) -> tuple[Region, ...] | None:
    """Where somebody speaks: all that the speech finders have found, each widened by `margin` seconds and joined.

    None when neither has run: nothing is known, and everything may be speech.
    """
    found = [path for path in (job.find(stage, "speech") for stage in SPEECH_FINDERS) if path is not None]
    if not found:
        return None
    joined: list[Region] = []
    for region in sorted(region for path in found for region in read_regions(path)):
        start, end = max(0.0, region.start - margin), region.end + margin
        if joined and start <= joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(joined[-1].end, end))
        else:
            joined.append(Region(start, end))
    return tuple(joined)


def overlap(one: Region | Word | Segment, other: Region | Word | Segment) -> float:
    """How many seconds two stretches share; 0 or less when none."""
    return min(one.end, other.end) - max(one.start, other.start)


def name_speakers(lines: Sequence[Timed], turns: Sequence[Region]) -> tuple[Timed, ...]:
    """Gives each line or word the speaker whose turns overlap it longest; none where nobody's turn does."""
    named = []
    for line in lines:
        shares: dict[str, float] = {}
        for turn in turns:
            if (shared := overlap(line, turn)) > 0:
                shares[turn.speaker] = shares.get(turn.speaker, 0.0) + shared
        named.append(line._replace(speaker=max(shares, key=lambda name: (shares[name], name)) if shares else ""))
    return tuple(named)


def entry(value: Region | Word | Segment) -> dict[str, Any]:
    """A region, word or segment as it is written: without a speaker who is not known, and without no words."""
    fields = {name: field for name, field in value._asdict().items() if name in ("start", "end", "text") or field}
    if isinstance(value, Segment) and value.words:
        fields["words"] = [entry(word) for word in value.words]
    return fields
