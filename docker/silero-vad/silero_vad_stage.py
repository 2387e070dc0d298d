"""silero-vad: the audio -> out/movie/silero-vad/speech.json, where somebody speaks. The package carries the model."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import torch
from silero_vad import get_speech_timestamps, load_silero_vad
from stagekit import Job, Result, Stage, Takes, run
from stagekit.models import device
from stagekit.transcript import Region, write_regions

RATE = 16000


def work(job: Job) -> Result:
    """Finds speech in demux's audio."""
    where = device()
    audio = read_wav(job.need("demux", "audio")).to(where)
    model = load_silero_vad().to(where)
    found = get_speech_timestamps(audio, model, sampling_rate=RATE, return_seconds=True, time_resolution=3)
    regions = [Region(float(entry["start"]), float(entry["end"])) for entry in found]
    made = write_regions(job.work / "speech.json", regions)
    return Result({"speech": made}, {"regions": len(regions), "device": where})


def read_wav(path: Path) -> torch.Tensor:
    """demux's wav (16 kHz, mono, 16 bit) as samples from -1 to 1. No decoder library is needed for that."""
    with wave.open(str(path)) as audio:
        samples = np.frombuffer(audio.readframes(audio.getnframes()), dtype="<i2")
    return torch.from_numpy(samples.astype(np.float32) / 32768)


STAGE = Stage("silero-vad", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
