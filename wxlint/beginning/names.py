"""Names of images as patterns: what is a version, an architecture or the word of a variant in them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable

from wxlint.beginning.origin import Known, filled
from wxlint.core.values import HOLE
from wxlint.images.model.reference import Reference, parse_reference
from wxlint.policy.accelerator_words import accelerator_words

_TOKEN = re.compile(r"[^-_.]+(?:\.[0-9][^-_.]*)*")
_VERSION = re.compile(r"v?\d+(?:\.\d+)*(?:[a-z0-9.]*)?")
ARCHITECTURES = ("amd64", "arm64", "aarch64")
_WORD = re.compile(r"[-_.]?\{variant\}")
_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*")


def parts_of(reference: Reference, known: Known) -> tuple[str, str, str] | None:
    """The name, the tag and the variant's word of a reference, as in Built; None where one is not known."""
    if reference.value.holes:
        reference = parse_reference(filled(reference.value, known)) or reference
    path = reference.path
    if not path or HOLE in path or path != path.lower():
        return None
    tag, word = without_word(without_versions(reference.tag or "latest"))
    if not word:
        head, slash, last = path.rpartition("/")
        last, word = without_word(last)
        path = f"{head}{slash}{last}"
    if HOLE in tag:
        return None
    host = reference.registry if reference.registry and HOLE not in reference.registry else ""
    return f"{host}/{path}" if host else path, tag, word


def without_versions(tag: str) -> str:
    """A tag with {version} for versions and for what is not known in it, and {arch}."""
    parts = re.split(r"([-_])", tag.replace(HOLE, "\1"))
    shown = [
        "{version}" if "\1" in part and not accelerator_words(part.replace("\1", "")) or _is_version(part) else part
        for part in parts
    ]
    shown = ["{arch}" if part in ARCHITECTURES else part for part in shown]
    text = "".join(shown).replace("\1", "")
    return re.sub(r"\{version\}(?:[-_.]?\{version\})+", "{version}", text)


def _is_version(text: str) -> bool:
    return bool(_VERSION.fullmatch(text)) and not accelerator_words(text)


def without_word(text: str) -> tuple[str, str]:
    """A name with {variant} for the one word of an accelerator in it, and that word."""
    words = [match for match in _TOKEN.finditer(text) if accelerator_words(match[0])]
    if len(words) != 1:
        return text, ""
    return text[: words[0].start()] + "{variant}" + text[words[0].end() :], words[0][0]


def bare(pattern: str) -> str:
    """A pattern without the word of a variant and the separator before it."""
    return _WORD.sub("", pattern)


def spelled(pattern: str, word: str) -> str:
    """A pattern with a variant's word in it; without the separator where there is none."""
    return pattern.replace("{variant}", word) if word else bare(pattern)


def common(names: Iterable[str]) -> tuple[str, str]:
    """What all names start and end with, up to a separator."""
    listed = sorted(set(names))
    if len(listed) < 2:
        return "", ""
    prefix = os.path.commonprefix(listed)  # noqa: RUF071 - character by character is what is meant
    prefix = prefix[: max(prefix.rfind(c) for c in "-_/") + 1]
    rest = [name[len(prefix) :] for name in listed]
    suffix = os.path.commonprefix([name[::-1] for name in rest])[::-1]  # noqa: RUF071
    at = min((n for n in (suffix.find(c) for c in "-_") if n >= 0), default=-1)
    suffix = suffix[at:] if at >= 0 else ""
    if "{" in prefix or any(not name.removesuffix(suffix) for name in rest):
        return "", ""
    return prefix, suffix


def most(values: Iterable[str]) -> str:
    """The value that there is most of, the first of several; "" of none."""
    counts = Counter(value for value in values if value)
    return max(counts, key=lambda value: counts[value]) if counts else ""


def is_name(text: str) -> bool:
    """Whether a policy can call a stage or a variant so."""
    return bool(_NAME.fullmatch(text))
