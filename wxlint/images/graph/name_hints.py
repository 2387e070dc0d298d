"""What names say: the words of a tag, a file or a folder that name an accelerator."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.images.model.records import Evaluated, Stage
from wxlint.images.model.reference import Reference

_WORD = late(r"[A-Za-z]+(?:[0-9][0-9.]*)?|[0-9.]+")
_CUDA = late(r"cu(?:da)?(?:\d[\d.]*)?|gpu")
_MAKERS = {"amd": "rocm", "radeon": "rocm", "intel": "other", "arc": "other", "apple": "other"}
"""Whose GPU is meant, where a name says so: NVIDIA's otherwise."""
_WITHOUT = frozenset(("no", "non", "without"))
_OTHER = frozenset(("xpu", "hpu", "npu", "tpu", "gaudi", "ascend", "habana", "cann", "neuron", "neuronx", "musa"))


class Evidence(NamedTuple):
    """accelerator: cpu, cuda, rocm or other. reason: the name that says so."""

    accelerator: str
    reason: Reason


@lru_cache(maxsize=4096)
def accelerator_words(text: str) -> frozenset[str]:
    """The accelerators a name speaks of: "asr-gpu" is {cuda}, "1.2-cpu" {cpu}, "amd-gpu" {rocm}, "cpu-gpu" both."""
    found = set()
    words = [part.rstrip(".") for part in _WORD.findall(text.lower())]
    for before, word in zip(["", *words], words, strict=False):
        if word == "cpu" or (word == "gpu" and before in _WITHOUT):
            found.add("cpu")
        elif before in _WITHOUT:
            continue
        elif word == "nvidia" and _MAKERS.keys().isdisjoint(words):
            found.add("cuda")
        elif word == "gpu":
            found.add(next((_MAKERS[maker] for maker in words if maker in _MAKERS), "cuda"))
        elif _CUDA.fullmatch(word) and word != "cu":
            found.add("cuda")
        elif re.fullmatch(r"rocm[\d.]*|hip", word):
            found.add("rocm")
        elif word in _OTHER:
            found.add("other")
    return frozenset(found)


def said_by(text: str, what: str) -> list[Evidence]:
    """Evidence from one name; none when it names no accelerator or several."""
    words = accelerator_words(text.replace(HOLE, "/"))
    return (
        [Evidence(next(iter(words)), Reason("name", f"{what} {text.replace(HOLE, '*')!r}"))] if len(words) == 1 else []
    )


def from_reference(reference: Reference, what: str) -> list[Evidence]:
    """Evidence from an image's tag, else from its name."""
    if reference.tag:
        found = said_by(reference.tag, f"{what} tag")
        if found:
            return found
    return said_by(reference.path.rpartition("/")[2], f"{what} name")


def from_path(path: str) -> list[Evidence]:
    """Evidence from a Dockerfile's own name, else from the folders it lies in, the nearest first."""
    folder, name = posixpath.split(path)
    stem = re.sub(r"(?i)(docker|container)file", " ", name)
    found = said_by(stem.strip(" ._-"), "file name") if stem.strip(" ._-") else []
    if found:
        return [found[0]._replace(reason=Reason("name", f"file name {name!r}"))]
    if accelerator_words(stem):
        return []
    for part in reversed([p for p in folder.split("/") if p][-2:]):
        words = accelerator_words("gpu" if part.lower() == "nvidia" else part)
        if words:
            return [Evidence(next(iter(words)), Reason("name", f"folder {part!r}"))] if len(words) == 1 else []
    return []


def evidence(evaluated: Evaluated, stage: Stage) -> list[Evidence]:
    """What names say the image is for, the strongest first: its tags, the stage's name, the file's, the folders'."""
    found: list[Evidence] = []
    for use in evaluated.build.tags:
        if use.reference is not None:
            found += [
                e._replace(reason=reason_at("name", e.reason.text, use.span))
                for e in from_reference(use.reference, "image")
            ]
    if stage.name and (stage is not evaluated.stages[-1] or evaluated.build.target):
        found += said_by(stage.name, "stage name")
    found += from_path(evaluated.path)
    return found


def expected_by_names(found: list[Evidence]) -> tuple[str | None, tuple[Reason, ...]]:
    """The accelerator that all names agree on."""
    words = {e.accelerator for e in found}
    if len(words) != 1:
        return None, ()
    return found[0].accelerator, tuple(e.reason for e in found)
