"""lyrics-detection: audio -> out/movie/lyrics-detection/songs.json, where somebody sings."""

from __future__ import annotations

import os
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from stagekit import Job, Result, Stage, Takes, run
from stagekit.models import at_commit, device, load, pinned
from stagekit.transcript import Region, write_regions
from transformers import pipeline

MODEL = os.environ.get("LYRICS_MODEL") or "MIT/ast-finetuned-audioset-10-10-0.4593"
RATE = 16000
WINDOW = 10.0  # seconds, the length that the model was trained on
SURE = 0.3  # score; AudioSet's labels are many and share the score among them
SINGING = ("Singing", "Song", "Vocal music", "Choir", "Chant", "Rapping", "A capella")


def work(job: Job) -> Result:
    """Asks the model LYRICS_MODEL (a hub name or a folder) about each ten seconds of demux's audio."""
    audio = job.need("demux", "audio")
    where = device()
    classify = fetch(where)
    sung = []
    for region, samples in windows(audio):
        labels = classify({"raw": samples, "sampling_rate": RATE}, top_k=None)
        if sum(float(each["score"]) for each in labels if each["label"] in SINGING) >= SURE:
            sung.append(region)
    songs = joined(sung)
    made = write_regions(job.work / "songs.json", songs)
    return Result({"songs": made}, {"songs": len(songs), "model": at_commit(MODEL), "device": where})


def windows(path: Path) -> Iterator[tuple[Region, np.ndarray]]:
    """demux's wav (16 kHz, mono, 16 bit) in pieces of WINDOW seconds, with their place in time."""
    with wave.open(str(path)) as audio:
        start = 0.0
        while data := audio.readframes(int(WINDOW * RATE)):
            samples = np.frombuffer(data, dtype="<i2").astype(np.float32) / 32768
            end = start + len(samples) / RATE
            yield Region(start, end), samples
            start = end


def joined(regions: list[Region]) -> list[Region]:
    """Regions that touch, as one."""
    whole: list[Region] = []
    for region in regions:
        if whole and whole[-1].end == region.start:
            whole[-1] = whole[-1]._replace(end=region.end)
        else:
            whole.append(region)
    return whole


def fetch(where: str = "cpu") -> Any:
    """Loads the model."""
    name = pinned(MODEL)
    return load(MODEL, lambda: pipeline("audio-classification", model=name, device=where))


STAGE = Stage("lyrics-detection", Takes.FOLDER, work, fetch)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
