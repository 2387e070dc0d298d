"""subtitle-gen: the most refined transcript -> out/movie/subtitle-gen/movie.srt."""

from __future__ import annotations

import sys

import pysubs2
from cues import Cue, cues, faults
from stagekit import Job, Result, Stage, Takes, run
from stagekit.transcript import latest_transcript, read_regions, read_transcript


def work(job: Job) -> Result:
    """Writes subtitles a viewer can read; where nobody speaks, a track without any, which is valid."""
    source = latest_transcript(job)
    transcript = read_transcript(source)
    songs = job.find("lyrics-detection", "songs")
    made = cues(transcript.segments, read_regions(songs) if songs else ())
    subtitles = pysubs2.SSAFile()
    subtitles.events = [event(cue) for cue in made.cues]
    path = job.work / "movie.srt"
    subtitles.save(str(path), encoding="utf-8", format_="srt")
    troubles = {"times mended": made.mended, **faults(made.cues)}
    for what, count in troubles.items():
        if count:
            print(f"{what}: {count} of {len(made.cues)} subtitles", file=sys.stderr)
    facts = {"cues": len(made.cues), "language": transcript.language, "transcript": source.parent.name, **troubles}
    return Result({"subtitles": path}, facts)


def event(cue: Cue) -> pysubs2.SSAEvent:
    """A cue as pysubs2 writes it."""
    made = pysubs2.SSAEvent(pysubs2.make_time(s=cue.start), pysubs2.make_time(s=cue.end))
    made.plaintext = "\n".join(cue.lines)
    return made


STAGE = Stage("subtitle-gen", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
