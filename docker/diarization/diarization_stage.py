"""diarization: the audio -> out/movie/diarization/turns.json, who speaks when."""

from __future__ import annotations

import os

import torch
from pyannote.audio import Pipeline
from stagekit import Job, Result, Stage, Takes, run
from stagekit.models import at_commit, device, load
from stagekit.transcript import Region, write_regions

MODEL = os.environ.get("DIARIZATION_MODEL") or "pyannote/speaker-diarization-3.1"


def work(job: Job) -> Result:
    """Tells the speakers of demux's audio apart with the pipeline DIARIZATION_MODEL (a hub name or a file)."""
    audio = job.need("demux", "audio")
    where = device()
    pipeline = fetch()
    pipeline.to(torch.device(where))
    turns = [
        Region(round(turn.start, 3), round(turn.end, 3), str(speaker))
        for turn, _, speaker in pipeline(str(audio)).itertracks(yield_label=True)
    ]
    made = write_regions(job.work / "turns.json", turns)
    speakers = len({turn.speaker for turn in turns})
    return Result(
        {"turns": made}, {"turns": len(turns), "speakers": speakers, "model": at_commit(MODEL), "device": where}
    )


def fetch() -> Pipeline:
    """Loads the pipeline; the hub takes NAME@COMMIT too."""
    token = os.environ.get("HF_TOKEN") or None
    cache = os.environ.get("PYANNOTE_CACHE")
    return load(MODEL, lambda: Pipeline.from_pretrained(at_commit(MODEL), use_auth_token=token, cache_dir=cache))


STAGE = Stage("diarization", Takes.FOLDER, work, fetch)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
