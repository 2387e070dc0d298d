"""The words of a name that are an accelerator's."""

from __future__ import annotations

import re
from functools import lru_cache

from wxlint.core.patterns import late

_WORD = late(r"[A-Za-z]+(?:[0-9][0-9.]*)?|[0-9.]+")
_CUDA = late(r"cu(?:da)?(?:\d[\d.]*)?|gpu")
_MAKERS = {"amd": "rocm", "radeon": "rocm", "intel": "other", "arc": "other", "apple": "other"}
"""Whose GPU is meant, where a name says so: NVIDIA's otherwise."""
_WITHOUT = frozenset(("no", "non", "without"))
_OTHER = frozenset(
    ("xpu", "hpu", "npu", "tpu", "gaudi", "ascend", "habana", "cann", "neuron", "neuronx", "musa", "openvino", "vulkan")
)


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
