"""post-ner: transcript and known names -> out/movie/post-ner/transcript.json, misheard names set right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz import fuzz, process, utils
from stagekit import Job, Result, Stage, Takes, run
from stagekit.documents import read_document
from stagekit.names import language_model, names_in
from stagekit.transcript import Segment, latest_transcript, read_transcript, write_transcript

ALIKE = 82.0  # percent; "Jon Sno" and "John Snow" reach 88, "Mary" and "Mark" 75


def work(job: Job) -> Result:
    """Replaces each name in the transcript that is nearly, but not quite, a known one."""
    transcript = read_transcript(latest_transcript(job, after="post-ner"))
    known = read_document(job.need("pre-ner", "names"), "names", "run pre-ner again")["names"]
    model, model_name = language_model()
    heard = [names_in(segment.text, model) for segment in transcript.segments]
    changes = corrections(spoken_names(heard, [segment.text for segment in transcript.segments]), known)
    segments = tuple(corrected(segment, changes) for segment in transcript.segments)
    made = write_transcript(job.work / "transcript.json", transcript._replace(segments=segments))
    return Result({"transcript": made}, {"corrected": changes, "model": model_name})


def spoken_names(heard: Sequence[Sequence[str]], texts: Sequence[str]) -> list[str]:
    """The names among what was heard: a single word that stands only where a sentence begins may be any word."""
    names: dict[str, None] = {}
    for found, text in zip(heard, texts, strict=True):
        for name in found:
            inside = re.search(rf"[^\s.!?…\"'«“¿¡-]\s+{re.escape(name)}(?!\w)", text)
            if " " in name or inside:
                names[name] = None
    return list(names)


def corrections(heard: Iterable[str], known: Sequence[str]) -> dict[str, str]:
    """The heard names that are nearly a known one -> that one."""
    right: dict[str, str] = {}
    for name in heard:
        best = process.extractOne(name, known, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=ALIKE)
        if best is not None and best[0] != name and name not in known:
            right[name] = best[0]
    return right


def corrected(segment: Segment, changes: Mapping[str, str]) -> Segment:
    """A line with the names set right, where they stand as whole words; its words too, unless their number changes."""
    text = replaced(segment.text, changes)
    if text == segment.text:
        return segment
    said = [word.text for word in segment.words]
    after = text.split()
    if len(after) != len(said):
        return segment._replace(text=text, words=())
    return segment._replace(
        text=text, words=tuple(w._replace(text=t) for w, t in zip(segment.words, after, strict=True))
    )


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """The text with each name that stands in it as whole words replaced; longer names first."""
    if not changes:
        return text
    longest_first = sorted(changes, key=len, reverse=True)
    found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    return found.sub(lambda match: changes[match[0]], text)


STAGE = Stage("post-ner", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))
