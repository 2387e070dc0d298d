"""The files that stages hand to each other: regions of time, and the transcript.

    regions:    {"regions": [{"start": 0.5, "end": 1.25, "speaker": "SPEAKER_00"}]}     speaker: diarization only
    transcript: {"language": "en", "segments": [{"start": 0.5, "end": 1.25, "text": "Hello", "speaker": "…"}]}

Times are seconds from the start of the film.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from stagekit.errors import NotReadyError
from stagekit.manifest import Job

# The stages that hold a transcript, the most refined first.
TRANSCRIBERS = ("post-ner", "second-pass-translation", "asr")


class Region(NamedTuple):
    """A stretch of time, in seconds, and who speaks in it, where that is known."""

    start: float
    end: float
    speaker: str = ""


class Segment(NamedTuple):
    """A line of the transcript; times in seconds."""

    start: float
    end: float
    text: str
    speaker: str = ""


Kind = TypeVar("Kind", Region, Segment)


class Transcript(NamedTuple):
    """The whole transcript and its language (ISO 639-1, "" when unknown)."""

    language: str
    segments: tuple[Segment, ...]


def write_json(path: Path, value: Any) -> Path:
    """Writes a value as JSON and returns the path."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def write_regions(path: Path, regions: Iterable[Region]) -> Path:
    """Writes regions; an unknown speaker is left out."""
    return write_json(path, {"regions": [entry(region) for region in regions]})


def read_regions(path: Path) -> tuple[Region, ...]:
    """Reads regions. Raises NotReadyError when the file holds something else."""
    return entries(path, "regions", Region)


def write_transcript(path: Path, transcript: Transcript) -> Path:
    """Writes a transcript."""
    segments = [entry(segment) for segment in transcript.segments]
    return write_json(path, {"language": transcript.language, "segments": segments})


def read_transcript(path: Path) -> Transcript:
    """Reads a transcript. Raises NotReadyError when the file holds something else."""
    segments = entries(path, "segments", Segment)
    return Transcript(str(json.loads(path.read_text(encoding="utf-8")).get("language", "")), segments)


def latest_transcript(job: Job, after: str = "") -> Path:
    """The most refined transcript there is, or the most refined of those made before the stage `after`."""
    stages = TRANSCRIBERS[TRANSCRIBERS.index(after) + 1 :] if after else TRANSCRIBERS
    for stage in stages:
        path = job.find(stage, "transcript")
        if path is not None:
            return path
    raise NotReadyError(f"{job.folder} has no transcript: run asr first")


def name_speakers(segments: Sequence[Segment], turns: Sequence[Region]) -> tuple[Segment, ...]:
    """Gives each segment the speaker whose turns overlap it longest; none where nobody's turn does."""
    named = []
    for segment in segments:
        shares: dict[str, float] = {}
        for turn in turns:
            overlap = min(segment.end, turn.end) - max(segment.start, turn.start)
            if overlap > 0:
                shares[turn.speaker] = shares.get(turn.speaker, 0.0) + overlap
        speaker = max(shares, key=lambda name: (shares[name], name)) if shares else ""
        named.append(segment._replace(speaker=speaker))
    return tuple(named)


def entries(path: Path, key: str, kind: type[Kind]) -> tuple[Kind, ...]:
    """The list under `key`; fields that are not known are left out. Raises NotReadyError when it is something else."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))[key]
        kept = [{name: given[name] for name in kind._fields if name in given} for given in listed]
        return tuple(kind(**{name: typed(name, value) for name, value in each.items()}) for each in kept)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotReadyError(f"{path} holds no {key}: {type(error).__name__}: {error}") from error


def typed(field: str, value: Any) -> Any:
    """A field's value: times as numbers, the others as text."""
    return float(value) if field in ("start", "end") else str(value)


def entry(value: Region | Segment) -> dict[str, Any]:
    """A region or segment as it is written: without a speaker who is not known."""
    fields = value._asdict()
    return fields if fields["speaker"] else {name: fields[name] for name in fields if name != "speaker"}
