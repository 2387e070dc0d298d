"""asr: the audio -> out/movie/asr/transcript.json: lines and words with their times, and who says them.

Where silero-vad or pyannote-vad has run, only what one of them takes for speech is listened to. The language is
WHISPER_LANGUAGE, else the film's by tmdb, else found out from the audio; pre-ner's names are given as a hint.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import whisperx
from stagekit import Job, MissingError, Result, Stage, Takes, run
from stagekit.documents import read_document
from stagekit.models import at_commit, device, load, pinned
from stagekit.transcript import (
    Region,
    Segment,
    Transcript,
    Word,
    name_speakers,
    read_regions,
    speech_found,
    write_transcript,
)

MODEL = os.environ.get("WHISPER_MODEL") or "Systran/faster-whisper-large-v3"
LANGUAGE = os.environ.get("WHISPER_LANGUAGE", "")
BATCH = int(os.environ.get("WHISPER_BATCH") or "8")
RATE = 16000
NAMES = 40  # of the hint: whisper reads 224 tokens of it


def work(job: Job) -> Result:
    """Transcribes demux's audio with the model WHISPER_MODEL (a hub name or a folder), then aligns its times."""
    audio = whisperx.load_audio(str(job.need("demux", "audio")))
    turns = job.find("diarization", "turns")
    speech = speech_found(job)
    names = known_names(job)
    wanted = LANGUAGE or film_language(job)
    where = device()
    facts: dict[str, Any] = {"model": at_commit(MODEL), "device": where, "names": len(names)}
    if speech == ():  # nobody speaks: a model would make something up
        made = write_transcript(job.work / "transcript.json", Transcript(wanted, ()))
        return Result({"transcript": made}, {**facts, "segments": 0, "language": wanted, "aligned": False})
    audio = only(audio, speech)
    model = whisper(where, wanted, names)
    heard = model.transcribe(audio, batch_size=BATCH)
    language = str(heard["language"])
    aligned = True
    try:
        aligner, about = alignment(language, where)
        heard = whisperx.align(heard["segments"], aligner, about, audio, where)
    except MissingError as error:
        print(f"times stay those of the model, to a second or so: {error}", file=sys.stderr)
        aligned = False
    segments = [segment(each) for each in heard["segments"]]
    if turns is not None:
        segments = with_speakers(segments, read_regions(turns))
    made = write_transcript(job.work / "transcript.json", Transcript(language, tuple(segments)))
    return Result({"transcript": made}, {**facts, "segments": len(segments), "language": language, "aligned": aligned})


def whisper(where: str, language: str, names: Sequence[str]) -> Any:
    """The model. The hint is a prompt: whisperx 3.3 takes `hotwords` and does not hand them on."""
    hint = {"initial_prompt": f"Names: {', '.join(names)}."} if names else {}
    precision = "float16" if where == "cuda" else "int8"
    name = pinned(MODEL)
    return load(
        MODEL,
        lambda: whisperx.load_model(
            name, where, compute_type=precision, language=language or None, asr_options=hint or None
        ),
    )


def alignment(language: str, where: str) -> Any:
    """The model that finds the words of a language in the audio, and what is known about it."""
    return load(f"alignment for {language}", lambda: whisperx.load_align_model(language, where))


def known_names(job: Job) -> list[str]:
    """The names that pre-ner expects, the most important first."""
    path = job.find("pre-ner", "names")
    return read_document(path, "names", "run pre-ner again")["names"][:NAMES] if path else []


def film_language(job: Job) -> str:
    """The language of the film by tmdb, where whisper knows it, else ""."""
    from whisperx.alignment import DEFAULT_ALIGN_MODELS_HF, DEFAULT_ALIGN_MODELS_TORCH

    path = job.find("tmdb", "film")
    language = read_document(path, "film", "run tmdb again").get("language", "") if path else ""
    return language if language in {*DEFAULT_ALIGN_MODELS_TORCH, *DEFAULT_ALIGN_MODELS_HF} else ""


def only(audio: np.ndarray, speech: Sequence[Region] | None) -> np.ndarray:
    """The audio with silence where nobody speaks; as it is when that is not known."""
    if speech is None:
        return audio
    heard = np.zeros_like(audio)
    for region in speech:
        part = slice(int(region.start * RATE), int(region.end * RATE))
        heard[part] = audio[part]
    return heard


def segment(heard: dict[str, Any]) -> Segment:
    """A line as whisperx has it. A word that could not be aligned stands between its neighbours."""
    start, end = float(heard["start"]), float(heard["end"])
    words: list[Word] = []
    said = [each for each in heard.get("words", ()) if str(each["word"]).strip()]
    for number, each in enumerate(said):
        begins = float(each.get("start", words[-1].end if words else start))
        following = next((float(later["start"]) for later in said[number + 1 :] if "start" in later), end)
        ends = float(each.get("end", max(begins, following)))
        words.append(Word(round(begins, 3), round(max(begins, ends), 3), str(each["word"]).strip()))
    return Segment(round(start, 3), round(end, 3), str(heard["text"]).strip(), "", tuple(words))


def with_speakers(segments: Sequence[Segment], turns: Sequence[Region]) -> list[Segment]:
    """The lines and their words, each with the speaker whose turns overlap it longest."""
    return [named._replace(words=name_speakers(named.words, turns)) for named in name_speakers(segments, turns)]


def fetch() -> None:
    """Loads the model, and that which aligns the language asked for (English without one)."""
    whisper("cpu", LANGUAGE, ())
    alignment(LANGUAGE or "en", "cpu")


STAGE = Stage("asr", Takes.FOLDER, work, fetch)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
