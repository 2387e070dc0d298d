"""mux: the film and its subtitles -> out/movie/mux/movie.mkv; audio and video are copied, not encoded again."""

from __future__ import annotations

from stagekit import Job, Result, Stage, Takes, run
from stagekit.media import ffmpeg, local


def work(job: Job) -> Result:
    """Adds the subtitles to the film, as a stream of their own that a player may switch off."""
    film = job.film()
    subtitles = job.need("subtitle-gen", "subtitles")
    made = job.work / f"{film.stem}.mkv"
    # fmt: off
    ffmpeg(
        "-i", local(film), "-i", local(subtitles),
        "-map", "0:v?", "-map", "0:a?", "-map", "1:s:0",
        "-c", "copy", "-c:s", "srt", "-disposition:s:0", "default",
        local(made),
    )
    # fmt: on
    return Result({"film": made})


STAGE = Stage("mux", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
