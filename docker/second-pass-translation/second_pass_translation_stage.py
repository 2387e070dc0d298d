"""second-pass-translation: asr's transcript -> .../second-pass-translation/transcript.json in another language."""

from __future__ import annotations

import os

from stagekit import InputError, Job, Result, Stage, Takes, run
from stagekit.models import device, load
from stagekit.transcript import Transcript, latest_transcript, read_transcript, write_transcript
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

MODEL = os.environ.get("TRANSLATION_MODEL", "facebook/nllb-200-distilled-600M")
TARGET = os.environ.get("TRANSLATION_TARGET", "en")
BATCH = 16  # lines at a time

# The model's names for languages are ISO 639-3 and a script; whisper's are ISO 639-1.
FLORES = {
    "ar": "arb_Arab", "bn": "ben_Beng", "de": "deu_Latn", "en": "eng_Latn", "es": "spa_Latn", "fr": "fra_Latn",
    "gu": "guj_Gujr", "hi": "hin_Deva", "it": "ita_Latn", "ja": "jpn_Jpan", "kn": "kan_Knda", "ko": "kor_Hang",
    "ml": "mal_Mlym", "mr": "mar_Deva", "pa": "pan_Guru", "pt": "por_Latn", "ru": "rus_Cyrl", "ta": "tam_Taml",
    "te": "tel_Telu", "tr": "tur_Latn", "ur": "urd_Arab", "zh": "zho_Hans",
}  # fmt: skip


def work(job: Job) -> Result:
    """Translates each line with the model TRANSLATION_MODEL (a hub name or a folder) into TRANSLATION_TARGET."""
    transcript = read_transcript(latest_transcript(job, after="second-pass-translation"))
    source, target = flores(transcript.language), flores(TARGET)
    where = device()
    tokenizer = load(f"{MODEL} (tokenizer)", lambda: AutoTokenizer.from_pretrained(MODEL, src_lang=source))
    model = load(MODEL, lambda: AutoModelForSeq2SeqLM.from_pretrained(MODEL)).to(where)
    first = tokenizer.convert_tokens_to_ids(target)
    texts: list[str] = []
    for start in range(0, len(transcript.segments), BATCH):
        lines = [segment.text for segment in transcript.segments[start : start + BATCH]]
        tokens = tokenizer(lines, return_tensors="pt", padding=True, truncation=True).to(where)
        texts += tokenizer.batch_decode(model.generate(**tokens, forced_bos_token_id=first), skip_special_tokens=True)
    segments = tuple(segment._replace(text=text) for segment, text in zip(transcript.segments, texts, strict=True))
    made = write_transcript(job.work / "transcript.json", Transcript(TARGET, segments))
    facts = {"segments": len(segments), "from": source, "to": target, "model": MODEL, "device": where}
    return Result({"transcript": made}, facts)


def flores(language: str) -> str:
    """The model's name of a language. Raises InputError for one that is not in the table."""
    if language not in FLORES:
        raise InputError(f"no translation for the language {language!r}; there is one for {', '.join(FLORES)}")
    return FLORES[language]


STAGE = Stage("second-pass-translation", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
