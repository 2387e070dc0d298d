"""Install commands: what pip, uv, conda, poetry and apt are asked to install, and from where.

One Install is one command. Files it names (`-r`, `-c`, `.`) are read through a callback, as the build would see them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.images.installs.model import WITH_VALUE, Install, Lines, Place, Source, opaque
from wxlint.images.installs.other_tools import apt, conda, pipenv, project_tool, vendor
from wxlint.images.installs.pip import pip
from wxlint.shell.options import read_options
from wxlint.shell.wrappers import NAMES as WRAPPERS
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.shell.model import Command, Word

__all__ = ["Install", "Lines", "Place", "Source", "installs", "may_install", "worth_reading"]

_NAMES = "install|setup|requirement|depend|bootstrap|one_click|start_linux|provision|init|build|torch|package"
"""What is in the name of a script that installs something."""
_COMMANDS = late(r"[;&|]")
_INSTALLS = (
    late(r"pip|conda|mamba|\buv\b|poetry|pdm"),
    late(r"\b(?:install|uninstall|wheel|sync|add|create|update|config)\b"),
)
_WORD = late(r"[^\s;&|<>(){},]+")
_SCRIPT = late(r"\.(?:sh|bash|py)\b")
_ACCELERATED = (
    late(r"\b(?:apt|apt-get|aptitude|yum|dnf|microdnf|tdnf|zypper)\b"),
    late(r"\binstall\b"),
    late(
        r"cuda|cudnn|nvidia|nvinfer|cublas|nccl|tensorrt|rocm|habanalabs|neuronx|level-zero|opencl-icd|libcu(?:f|rand|s)|libn(?:v|pp)|python3-(?:py)?torch"
    ),
)
_ACCELERATORS = tuple(
    "cuda cudnn nvidia nvinfer cublas nccl tensorrt rocm habanalabs neuronx level-zero opencl-icd torch libcuf libcurand libcus libnv libnpp".split()
)


def worth_reading(text: str) -> bool:
    """Whether a RUN may install something that wxlint speaks of; looking for words first spares most texts the patterns.

    The names of tools may stand in those of variables (`$PIP install`).
    """
    text = text.lower()
    # Spelt out: this is asked of every RUN, and a loop takes five times as long.
    tool = "pip" in text or "conda" in text or "uv" in text or "mamba" in text or "poetry" in text or "pdm" in text
    if tool:
        for command in _COMMANDS.split(text):
            if _in_order(command, _INSTALLS):
                return True
    if (".sh" in text or ".py" in text or ".bash" in text) and any(
        "$" in word or "`" in word or _NAME_OF_INSTALLER.search(word)
        for word in _WORD.findall(text)
        if _SCRIPT.search(word)
    ):
        return True
    if "amdgpu-install" in text or "pixi" in text or (".run" in text and "cuda" in text):
        return True
    if "install" not in text or not any(map(text.__contains__, _ACCELERATORS)):
        return False
    return any(_in_order(command, _ACCELERATED) for command in text.split(";"))


def _in_order(command: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    """Whether each is found behind the one before. One pattern of them all would take the square of the length where they are not."""
    at = 0
    for pattern in patterns:
        match = pattern.search(command, at)
        if match is None:
            return False
        at = match.end()
    return True


_NAME_OF_INSTALLER = late(_NAMES)
_PIP = late(r"(?:.*[/\\\0])?pip(?:\d(?:\.\d+)?)?(?:\.exe)?")
_PYTHON = late(r"(?:.*[/\\])?(?:python|pypy)(?:\d(?:\.\d+)?)?(?:\.exe)?|\0.*|.*\0")
_CONDA = late(r"(?:.*[/\\\0])?(?:conda|mamba|micromamba)(?:\.exe)?")
_INSTALLER = late(rf"(?:{_NAMES})[\w./-]*\.(?:sh|bash|py)$", re.I)
"""Scripts whose name says that they install something."""
VENDORS = late(
    r"google-cloud-sdk|gcloud|efa[_-]installer|(?:mini|ana)conda|mini-?forge|mambaforge|micromamba|nodesource|rustup|\bnvm\b|oh-my-zsh|homebrew|linuxbrew|vcpkg"
    r"|install[_-](?:python|openblas|clapack|lapack|mkl|ffmpeg|opencv|cmake|node(?:js)?|npm|rust|golang|java|jdk|llvm|boost|openmpi|protobuf|fonts?|locales?|docker|kubectl|efa|gdrcopy|ssl|openssl|openssh)[\w.-]*\.sh$",
    re.I,
)
"""Installers of other software, whose makers are known: they bring no torch for Python."""
_RUN_WITH_VALUE = frozenset(("-n", "--name", "-p", "--prefix", "--cwd"))
"""Options of `conda run` that take a value."""
_RUN_FILE = late(r"cuda[\w.-]*\.run", re.I)
"""NVIDIA's installer of the CUDA toolkit."""


@lru_cache(maxsize=4096)
def _kind(name: str) -> str:
    """What kind of program a command's first word is; "" when it installs nothing."""
    if _PIP.fullmatch(name):
        return "pip"
    base = re.split(r"[/\\]", name)[-1]
    if base in ("uv", "pip-sync"):
        return base
    if _CONDA.fullmatch(name):
        return "conda"
    if base == "pixi":
        return "pixi"
    if base in ("poetry", "pdm", "pipenv", "hatch", "rye"):
        return "project"
    if base in ("apt-get", "apt", "aptitude", "yum", "dnf", "microdnf", "zypper", "tdnf"):
        return "apt"
    if base in WRAPPERS:
        return "wrapper"
    if _PYTHON.fullmatch(name):
        return "python"
    if base == "amdgpu-install" or _RUN_FILE.fullmatch(base):
        return "vendor"
    if name.endswith((".sh", ".bash")) and _INSTALLER.search(base[-300:]) and not VENDORS.search(name[-300:]):
        return "script"
    return "shell" if base in ("bash", "sh", "source", ".", "dash", "zsh") else ""


def may_install(command: Command) -> bool:
    """Whether `installs` has to be asked about a command."""
    return bool(_kind(command.words[0].value.text))


def installs(command: Command, scope: Mapping[str, Value], place: Place) -> Iterator[Install]:
    """The installs of one command; nothing when it installs nothing."""
    if _kind(command.words[0].value.text) == "wrapper":
        command = unwrap(command)
    words = list(command.words)
    env = {**scope, **dict(command.env)} if command.env else scope
    elsewhere = False
    for _ in range(6):  # wrappers: sudo -E pip, conda run -n env pip, poetry run pip, python -m pip
        if not words:
            return
        kind = _kind(words[0].value.text)
        if kind == "pip":
            yield from pip("pip", words[1:], env, place, command, elsewhere)
            return
        if kind == "pip-sync":
            given = words[1:] or [words[0]._replace(value=Value("requirements.txt"))]
            yield from pip("pip", [words[0]._replace(value=Value("sync")), *given], env, place, command, elsewhere)
            return
        if kind == "uv":
            yield from _uv(words[1:], env, place, command, elsewhere)
            return
        if kind == "conda":
            rest = _after_run(words[1:])
            if rest is None:
                yield from conda(words[1:], place, command)
                return
            words = rest
        elif kind == "project":
            if len(words) > 1 and words[1].value.text == "run":
                words = words[2:]
                continue
            tool = re.split(r"[/\\]", words[0].value.text)[-1]
            if tool == "pipenv":
                yield from pipenv(words[1:], env, place, command)
            else:
                yield from project_tool(tool, words[1:], place, command)
            return
        elif kind == "pixi":
            if len(words) > 1 and words[1].value.text in ("install", "add", "run"):
                yield opaque(words[0], place, command)
            return
        elif kind == "apt":
            yield from apt(words[1:], place, command)
            return
        elif kind == "vendor":
            yield from vendor(words, place, command)
            return
        elif kind == "wrapper":
            inner = unwrap(command._replace(words=tuple(words), env=()))
            if len(inner.words) == len(words):
                return
            env = {**env, **dict(inner.env)}
            words = list(inner.words)
        elif kind == "python":
            at = next((i for i, w in enumerate(words[1:6], 1) if w.value.text == "-m"), 0)
            if not at or at + 1 >= len(words):
                program = next((w for w in words[1:] if not w.value.text.startswith("-")), None)
                verbs = {w.value.text for w in words}
                if program is None or not _installs(program):
                    return
                if not program.value.text.endswith("setup.py") or verbs & {"install", "develop"}:
                    yield opaque(program, place, command)
                return
            module = words[at + 1].value.text
            if module in ("pip", "pip3"):
                yield from pip("pip", words[at + 2 :], env, place, command, elsewhere)
                return
            if module not in ("uv", "poetry", "pdm", "pipenv", "conda"):
                return
            words = words[at + 1 :]
        elif kind == "script":
            yield opaque(words[0], place, command)
            return
        elif kind == "shell":
            program = next((w for w in words[1:] if not w.value.text.startswith("-")), None)
            if program is not None and _RUN_FILE.fullmatch(re.split(r"[/\\]", program.value.text)[-1]):
                yield from vendor(words[words.index(program) :], place, command)
            elif program is not None and program.value.text.endswith((".sh", ".bash")) and _installs(program):
                yield opaque(program, place, command)
            return
        else:
            return


def _installs(program: Word) -> bool:
    """Whether a script may install something that wxlint speaks of, by its name."""
    name = program.value.text
    return _INSTALLER.search(name[-300:]) is not None and VENDORS.search(name[-300:]) is None


def _after_run(words: list[Word]) -> list[Word] | None:
    """`conda run -n env CMD...` without the wrapper; None when it is not a run."""
    if not words or words[0].value.text != "run":
        return None
    return read_options(words[1:], _RUN_WITH_VALUE, stop=True).positional


def _uv(
    words: list[Word], env: Mapping[str, Value], place: Place, command: Command, elsewhere: bool
) -> Iterator[Install]:
    words = read_options(words, WITH_VALUE, stop=True).positional
    if not words:
        return
    verb = words[0].value.text
    if verb == "pip":
        yield from pip("uv", words[1:], env, place, command, elsewhere)
    elif verb == "add":
        yield from pip("uv", words, env, place, command, elsewhere)
    elif verb == "run" and not any(w.value.text == "--no-sync" for w in words):
        rest = [w for w in words[1:] if not w.value.text.startswith("-")]
        if rest and _PIP.fullmatch(rest[0].value.text):
            yield from pip("pip", words[words.index(rest[0]) + 1 :], env, place, command, elsewhere)
    elif verb == "sync":
        yield from project_tool("uv", words, place, command)
    elif verb == "tool":
        return  # an environment of its own
