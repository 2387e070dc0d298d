"""demux: in/movie.mp4 -> out/movie/demux/audio.wav, 16 kHz mono, as the speech models take it."""

from __future__ import annotations

from pathlib import Path

from stagekit import InputError, Job, Result, Stage, Takes, run
from stagekit.media import ffmpeg, local, probe


def work(job: Job) -> Result:
    """Takes the first audio stream out. Raises InputError for a film without one."""
    film = Path(job.source)
    if not any(stream.get("codec_type") == "audio" for stream in probe(film)["streams"]):
        raise InputError(f"{job.source} has no audio stream")
    audio = job.work / "audio.wav"
    ffmpeg("-i", local(film), "-map", "0:a:0", "-vn", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", local(audio))
    seconds = float(probe(audio)["format"]["duration"])
    return Result({"audio": audio}, {"seconds": round(seconds, 3), "rate_hz": 16000})


STAGE = Stage("demux", Takes.MEDIA, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
