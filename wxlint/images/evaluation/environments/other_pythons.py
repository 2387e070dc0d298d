"""Pythons of one image beside the one that PATH leads to: each is an environment, named by its program."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.images.evaluation.interpreter import python_of, system_python_of
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.images.evaluation.open_stage import OpenStage
    from wxlint.images.model.reference import Reference
    from wxlint.shell.model import Command

_VERSIONED = late(r"(?:python|pip)?(3\.\d+)(?:\.\d+)?")
_SYSTEM_FOLDERS = ("", "/usr/bin", "/usr/local/bin")
_OF_CONDA = late(r"(?:continuumio|condaforge|mambaorg)/.*")
_PYTORCH_WITH_CONDA = late(r"(?:1\.\d+|2\.[0-6])\.\d+-.*")
"""Tags of pytorch/pytorch whose Python is conda's."""
_RELINKS = late(
    r"update-alternatives|get-pip|ensurepip|\bpyenv\b|\bpixi\b|\balias\s|uv\s+python\s[^&|;\n]*--default"
    r"|\b(?:ln|cp|mv)\s[^&|;\n]*(?:python|pip)"
    r"|(?:python3\.\d+|/usr/bin/python3?)[\"']?\s+-m\s+pip\s+install\b[^&|;]*[\s\"']pip(?![\w.-])"
)
"""What may make another Python, or its pip, the one that PATH leads to."""
_CONDA = late(r"(?i:conda|mamba|miniforge)")


def named_in(stage: OpenStage, command: Command, text: str) -> str:
    """The environment of the other Python that an install's command names; "" for the one that PATH leads to.

    text: of the Dockerfile, which may say later that PATH leads to another.
    """
    words = [word.value.text for word in unwrap(command).words]
    name = posixpath.basename(words[0])
    place = named(stage, _chosen_by_uv(words) if name == "uv" else words[0])
    texts = (text, *stage.python_texts)
    if not place or any(_RELINKS.search(one) for one in texts):
        return ""
    if not _is_conda(stage.root.reference) and any(_CONDA.search(one) for one in texts):
        return ""
    return place


def named(stage: OpenStage, program: str) -> str:
    """The environment of a Python (or its pip) that is not the one which PATH leads to at first; "" for that one, and
    where the base does not say which it is."""
    folder, name = posixpath.split(program)
    reference = stage.root.reference
    if folder not in _SYSTEM_FOLDERS or reference is None:
        return ""
    official = facts.normalise_repository(reference.name) == "python"
    if folder == "/usr/bin" and (official or _is_conda(reference)):
        return "/usr/bin/python3" if name.startswith(("python3", "pip")) else ""
    version = _VERSIONED.fullmatch(name)
    usual = (python_of(reference) if official else system_python_of(reference)) or ""
    if version is None or not usual or version[1] == ".".join(usual.split(".")[:2]):
        return ""
    return f"/usr/bin/python{version[1]}"


def _chosen_by_uv(words: Sequence[str]) -> str:
    """The Python that `uv pip install --python 3.11` names."""
    for before, word in pairwise(words):
        if before in ("-p", "--python"):
            return word
        if word.startswith("--python="):
            return word.partition("=")[2]
    return ""


def _is_conda(reference: Reference | None) -> bool:
    """Whether a base image is known to have conda's Python in front of the distribution's."""
    if reference is None:
        return False
    pytorch = reference.path == "pytorch/pytorch" and _PYTORCH_WITH_CONDA.fullmatch(reference.tag or "")
    return bool(pytorch) or _OF_CONDA.fullmatch(reference.path) is not None
