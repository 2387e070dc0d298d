"""subtitle-gen: the most refined transcript -> out/movie/subtitle-gen/movie.srt."""

from __future__ import annotations

import textwrap

import pysubs2
from stagekit import Job, NotReadyError, Result, Stage, Takes, run
from stagekit.transcript import Segment, latest_transcript, read_transcript

LINE = 42  # characters, the width that broadcasters commonly allow a subtitle line


def work(job: Job) -> Result:
    """Writes one subtitle for each line of the transcript that says something."""
    source = latest_transcript(job)
    lines = [segment for segment in read_transcript(source).segments if segment.text.strip()]
    if not lines:
        raise NotReadyError(f"{source} holds no text: nothing to subtitle")
    subtitles = pysubs2.SSAFile()
    subtitles.events = subtitle_events(lines)
    made = job.work / "movie.srt"
    subtitles.save(str(made), encoding="utf-8", format_="srt")
    return Result({"subtitles": made}, {"lines": len(lines), "transcript": source.parent.name})


def subtitle_events(segments: list[Segment]) -> list[pysubs2.SSAEvent]:
    """The segments in the order of time; a new speaker's line begins with a dash, as subtitles have it."""
    events = []
    speaker = ""
    for segment in sorted(segments):
        dash = "- " if segment.speaker and speaker and segment.speaker != speaker else ""
        text = "\n".join(textwrap.wrap(dash + " ".join(segment.text.split()), LINE))
        event = pysubs2.SSAEvent(pysubs2.make_time(s=segment.start), pysubs2.make_time(s=segment.end))
        event.plaintext = text
        events.append(event)
        speaker = segment.speaker or speaker
    return events


STAGE = Stage("subtitle-gen", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
