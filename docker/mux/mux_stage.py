"""mux: the film and its subtitles -> out/movie/mux/movie.mkv; audio and video are copied, not encoded again."""

from __future__ import annotations

from pathlib import Path

from stagekit import Job, Result, Stage, Takes, run
from stagekit.languages import LANGUAGES
from stagekit.manifest import manifest_of
from stagekit.media import ffmpeg, local, probe


def work(job: Job) -> Result:
    """Adds the subtitles to the film, as a stream of their own that a player may switch off.

    What the film has of video, audio, subtitles and attachments stays. Matroska holds all of it, but for the
    subtitles of an mp4, which are written as it has them.
    """
    film = job.film()
    subtitles = job.need("subtitle-gen", "subtitles")
    spoken = LANGUAGES.get(str(manifest_of(job.folder / "subtitle-gen")["facts"].get("language", "")))
    code, title = (spoken.code, spoken.name) if spoken else ("und", "Speech")
    had = [each.get("codec_name") for each in probe(film).get("streams", []) if each.get("codec_type") == "subtitle"]
    made = job.work / f"{film.stem}.mkv"
    words: list[str | Path] = ["-i", local(film), "-f", "srt", "-i", local(subtitles)]
    words += ["-map", "0:v?", "-map", "0:a?", "-map", "0:s?", "-map", "0:t?", "-map", "1:s:0", "-c", "copy"]
    for number, codec in enumerate([*had, "srt"]):
        if codec in ("mov_text", "srt"):
            words += [f"-c:s:{number}", "srt"]
        words += [f"-disposition:s:{number}", "default" if number == len(had) else "-default"]
    mine = f"-metadata:s:s:{len(had)}"
    words += [mine, f"language={code}", mine, f"title={title}"]
    ffmpeg(*words, local(made))
    return Result({"film": made}, {"subtitles": len(had) + 1, "language": code})


STAGE = Stage("mux", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
