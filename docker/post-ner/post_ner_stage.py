"""post-ner: transcript and known names -> out/movie/post-ner/transcript.json, misheard names set right."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rapidfuzz import fuzz, process, utils
from stagekit import Job, NotReadyError, Result, Stage, Takes, run
from stagekit.names import language_model, names_in
from stagekit.transcript import latest_transcript, read_transcript, write_transcript

ALIKE = 82.0  # percent; "Jon Sno" and "John Snow" reach 88, "Mary" and "Mark" 75


def work(job: Job) -> Result:
    """Replaces each name in the transcript that is nearly, but not quite, a known one."""
    transcript = read_transcript(latest_transcript(job, after="post-ner"))
    path = job.need("pre-ner", "names")
    try:
        known = [str(name) for name in json.loads(path.read_text(encoding="utf-8"))["names"]]
    except (ValueError, KeyError, TypeError) as error:
        raise NotReadyError(f"{path} is no list of pre-ner's: {type(error).__name__}: {error}") from error
    model, model_name = language_model()
    corrected: dict[str, str] = {}
    segments = []
    for segment in transcript.segments:
        changes = corrections(names_in(segment.text, model), known)
        corrected.update(changes)
        text = segment.text
        for wrong, right in changes.items():
            text = text.replace(wrong, right)
        segments.append(segment._replace(text=text))
    made = write_transcript(job.work / "transcript.json", transcript._replace(segments=tuple(segments)))
    return Result({"transcript": made}, {"corrected": corrected, "model": model_name})


def corrections(heard: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """The heard names that are nearly a known one -> that one."""
    right: dict[str, str] = {}
    for name in heard:
        best = process.extractOne(name, known, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=ALIKE)
        if best is not None and best[0] != name and name not in known:
            right[name] = best[0]
    return right


STAGE = Stage("post-ner", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
