"""asr: the audio -> out/movie/asr/transcript.json, with speakers where diarization has told them apart."""

from __future__ import annotations

import os
import sys

import whisperx
from stagekit import Job, MissingError, Result, Stage, Takes, run
from stagekit.models import device, load
from stagekit.transcript import Segment, Transcript, name_speakers, read_regions, write_transcript

MODEL = os.environ.get("WHISPER_MODEL", "large-v3")
LANGUAGE = os.environ.get("WHISPER_LANGUAGE") or None  # None: found out from the audio
BATCH = int(os.environ.get("WHISPER_BATCH", "8"))


def work(job: Job) -> Result:
    """Transcribes demux's audio with the model WHISPER_MODEL (a hub name or a folder), then aligns its times."""
    audio = whisperx.load_audio(str(job.need("demux", "audio")))
    turns = job.find("diarization", "turns")
    where = device()
    precision = "float16" if where == "cuda" else "int8"
    model = load(MODEL, lambda: whisperx.load_model(MODEL, where, compute_type=precision, language=LANGUAGE))
    heard = model.transcribe(audio, batch_size=BATCH)
    language = str(heard["language"])
    aligned = True
    try:
        aligner, about = load(f"alignment for {language}", lambda: whisperx.load_align_model(language, where))
        heard = whisperx.align(heard["segments"], aligner, about, audio, where)
    except MissingError as error:
        print(f"times stay those of the model, to a second or so: {error}", file=sys.stderr)
        aligned = False
    segments = tuple(
        Segment(round(float(each["start"]), 3), round(float(each["end"]), 3), each["text"].strip())
        for each in heard["segments"]
    )
    if turns is not None:
        segments = name_speakers(segments, read_regions(turns))
    made = write_transcript(job.work / "transcript.json", Transcript(language, segments))
    facts = {"segments": len(segments), "language": language, "model": MODEL, "aligned": aligned, "device": where}
    return Result({"transcript": made}, facts)


STAGE = Stage("asr", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
