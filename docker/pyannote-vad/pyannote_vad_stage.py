"""pyannote-vad: the audio -> out/movie/pyannote-vad/speech.json, where somebody speaks."""

from __future__ import annotations

import os

import torch
from pyannote.audio import Model
from pyannote.audio.pipelines import VoiceActivityDetection
from stagekit import Job, Result, Stage, Takes, run
from stagekit.models import at_commit, device, load
from stagekit.transcript import Region, write_regions

MODEL = os.environ.get("VAD_MODEL") or "pyannote/segmentation-3.0"


def work(job: Job) -> Result:
    """Finds speech in demux's audio with the segmentation model VAD_MODEL (a hub name or a file)."""
    audio = job.need("demux", "audio")
    where = device()
    model = fetch()
    pipeline = VoiceActivityDetection(segmentation=model)
    # Seconds: shorter speech and shorter silence than these are taken for noise.
    settings = {"min_duration_on": 0.1, "min_duration_off": 0.1}
    if not model.specifications.powerset:  # older models give scores, which need a threshold
        settings |= {"onset": 0.5, "offset": 0.5}
    pipeline.instantiate(settings)
    pipeline.to(torch.device(where))
    speech = pipeline(str(audio)).get_timeline().support()
    regions = [Region(round(turn.start, 3), round(turn.end, 3)) for turn in speech]
    made = write_regions(job.work / "speech.json", regions)
    return Result({"speech": made}, {"regions": len(regions), "model": at_commit(MODEL), "device": where})


def fetch() -> Model:
    """Loads the model; the hub takes NAME@COMMIT too."""
    token = os.environ.get("HF_TOKEN") or None
    cache = os.environ.get("PYANNOTE_CACHE")
    return load(MODEL, lambda: Model.from_pretrained(at_commit(MODEL), use_auth_token=token, cache_dir=cache))


STAGE = Stage("pyannote-vad", Takes.FOLDER, work, fetch)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
