"""demux: in/movie.mp4 -> out/movie/demux/audio.wav, 16 kHz mono, as the speech models take it.

The wav begins where the film does: an audio track that starts at 3 s has 3 s of silence before it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stagekit import FailedError, InputError, Job, Result, Stage, Takes, run
from stagekit.media import ffmpeg, local, probe

SHORT = 1.0  # seconds that the audio may end before the film says it does


def work(job: Job) -> Result:
    """Takes the first audio stream out. Raises InputError for a film without one, or that is not whole."""
    film = Path(job.source)
    try:
        known = probe(film)
    except FailedError as error:
        raise InputError(f"{job.source} cannot be read: {error}") from error
    track = next((each for each in known.get("streams", []) if each.get("codec_type") == "audio"), None)
    if track is None:
        raise InputError(f"{job.source} has no audio stream")
    audio = job.work / "audio.wav"
    # fmt: off
    ffmpeg(
        "-i", local(film), "-map", "0:a:0", "-vn", "-ac", "1", "-ar", "16000",
        "-af", "aresample=async=1:first_pts=0",  # silence before the track begins, and where it has gaps
        "-c:a", "pcm_s16le", local(audio),
    )
    # fmt: on
    seconds = length(probe(audio))
    start = max(0.0, number(track.get("start_time")) - number(known.get("format", {}).get("start_time")))
    promised = stated(track)
    if promised and seconds < start + promised - SHORT:
        raise InputError(
            f"{job.source} is not whole: its audio should end at {start + promised:.1f} s and ends at {seconds:.1f} s"
        )
    facts = {"seconds": round(seconds, 3), "start": round(start, 3), "rate_hz": 16000}
    return Result({"audio": audio}, facts)


def stated(track: dict[str, Any]) -> float:
    """The duration that the file states of a track, in seconds; 0 where it states none. Matroska has it as a tag."""
    if track.get("duration"):
        return number(track["duration"])
    tag = next((value for name, value in track.get("tags", {}).items() if name.upper().startswith("DURATION")), "")
    parts = [number(part) for part in str(tag).split(":")]
    return parts[0] * 3600 + parts[1] * 60 + parts[2] if len(parts) == 3 else 0.0


def length(known: dict[str, Any]) -> float:
    """The seconds of a file. Raises InputError where ffprobe knows of none: nothing could be decoded."""
    seconds = number(known.get("format", {}).get("duration"))
    if seconds <= 0:
        raise InputError("nothing of its audio can be decoded")
    return seconds


def number(text: object) -> float:
    """A number as ffprobe writes it; 0 for what is none, such as N/A."""
    try:
        return float(str(text))
    except ValueError:
        return 0.0


STAGE = Stage("demux", Takes.MEDIA, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
