"""second-pass-translation: asr's transcript -> .../second-pass-translation/transcript.json in another language."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from stagekit import Job, Result, Stage, Takes, run
from stagekit.languages import language
from stagekit.models import at_commit, device, load, pinned
from stagekit.transcript import Transcript, latest_transcript, read_transcript, write_transcript

MODEL = os.environ.get("TRANSLATION_MODEL") or "facebook/nllb-200-distilled-600M"
TARGET = os.environ.get("TRANSLATION_TARGET") or "en"
BATCH = 16  # lines at a time


def work(job: Job) -> Result:
    """Translates each line with the model TRANSLATION_MODEL (a hub name or a folder) into TRANSLATION_TARGET.

    A transcript that is in that language already is handed on as it is.
    """
    target = language(TARGET)
    transcript = read_transcript(latest_transcript(job, after="second-pass-translation"))
    path = job.work / "transcript.json"
    if transcript.language == TARGET or not transcript.segments:
        print(f"nothing to translate: the transcript is in {target.name}, or empty", file=sys.stderr)
        facts = {"segments": len(transcript.segments), "to": target.flores, "translated": False}
        return Result({"transcript": write_transcript(path, transcript)}, facts)
    source = language(transcript.language)
    where = device()
    tokenizer, model = models(source.flores)
    texts = translated([segment.text for segment in transcript.segments], tokenizer, model.to(where), target.flores)
    # Words do not stand in the same places in another language: their times are left out.
    segments = [segment._replace(text=text, words=()) for segment, text in zip(transcript.segments, texts, strict=True)]
    facts = {
        "segments": len(segments),
        "from": source.flores,
        "to": target.flores,
        "model": at_commit(MODEL),
        "device": where,
    }
    made = write_transcript(path, Transcript(TARGET, tuple(segments)))
    return Result({"transcript": made}, {**facts, "translated": True})


def models(source: str = "eng_Latn") -> tuple[Any, Any]:
    """The tokenizer for a source language, and the model."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer  # seconds to import, and not always needed

    name = pinned(MODEL)
    tokenizer = load(f"{MODEL} (tokenizer)", lambda: AutoTokenizer.from_pretrained(name, src_lang=source))
    return tokenizer, load(MODEL, lambda: AutoModelForSeq2SeqLM.from_pretrained(name))


def translated(lines: Sequence[str], tokenizer: Any, model: Any, target: str) -> list[str]:
    """The lines in the language `target`, as the model names it."""
    first = tokenizer.convert_tokens_to_ids(target)
    texts: list[str] = []
    for start in range(0, len(lines), BATCH):
        batch = list(lines[start : start + BATCH])
        tokens = tokenizer(batch, return_tensors="pt", padding=True, truncation=True).to(model.device)
        texts += tokenizer.batch_decode(model.generate(**tokens, forced_bos_token_id=first), skip_special_tokens=True)
    return texts


def fetch() -> None:
    """Loads the tokenizer and the model."""
    models()


STAGE = Stage("second-pass-translation", Takes.FOLDER, work, fetch)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
