"""A quick look at the text of a RUN: whether it may install something. Words come first, as most texts need no
pattern."""

from __future__ import annotations

import re
from functools import lru_cache

from wxlint.core.patterns import late

NAMES = "install|setup|requirement|depend|bootstrap|one_click|start_linux|provision|init|build|torch|package"
"""What is in the name of a script that installs something."""
MAKES = frozenset(("make", "gmake"))
_MAKE = late(r"(?:^|[;&|(\s])g?make(?=\s|$)")
_COMMANDS = late(r"[;&|]")
_INSTALLS = (
    late(r"pip|conda|mamba|\buv\b|poetry|pdm"),
    late(r"\b(?:install|uninstall|wheel|sync|add|remove|inject|create|update|config|run|lock|bundle)\b"),
)
_WORD = late(r"[^\s;&|<>(){},]+")
_SCRIPT = late(r"\.(?:sh|bash|py)\b")
_NAMED_INSTALLER = late(NAMES)
_ACCELERATED = (
    late(r"\b(?:apt|apt-get|aptitude|yum|dnf|microdnf|tdnf|zypper)\b"),
    late(r"\binstall\b"),
    late(
        r"cuda|cudnn|nvidia|nvinfer|cublas|nccl|tensorrt|rocm|habanalabs|neuronx|level-zero|opencl-icd|libcu(?:f|rand|s)"
        r"|libn(?:v|pp)|python3-(?:py)?torch"
    ),
)
_ACCELERATORS = tuple(
    "cuda cudnn nvidia nvinfer cublas nccl tensorrt rocm habanalabs neuronx level-zero opencl-icd torch"
    " libcuf libcurand"
    " libcus libnv libnpp".split()
)


@lru_cache(maxsize=1024)
def worth_reading(text: str) -> bool:
    """Whether a RUN may install something that a rule looks at.

    The names of tools may stand in those of variables (`$PIP install`).
    """
    text = text.lower()
    # Spelt out: this runs for every RUN, and a loop takes five times as long.
    tool = "pip" in text or "conda" in text or "uv" in text or "mamba" in text or "poetry" in text or "pdm" in text
    if tool:
        for command in _COMMANDS.split(text):
            if _in_order(command, _INSTALLS):
                return True
    if (".sh" in text or ".py" in text or ".bash" in text) and any(
        "$" in word or "`" in word or not word.endswith(".py") or _NAMED_INSTALLER.search(word)
        for word in _WORD.findall(text)
        if _SCRIPT.search(word)
    ):
        return True
    if "amdgpu-install" in text or "pixi" in text or (".run" in text and "cuda" in text):
        return True
    if "comfy" in text or "spack" in text or "spacy" in text or "easy_install" in text:
        return True
    if "install" not in text or not any(map(text.__contains__, _ACCELERATORS)):
        return False
    return any(_in_order(command, _ACCELERATED) for command in text.split(";"))


def calls_make(text: str) -> bool:
    """Whether a RUN may call make, whose recipes may install something."""
    return "make" in text and _MAKE.search(text) is not None


def _in_order(command: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    """Whether each pattern matches behind the one before.

    A single pattern of them all takes the square of the length.
    """
    at = 0
    for pattern in patterns:
        match = pattern.search(command, at)
        if match is None:
            return False
        at = match.end()
    return True
