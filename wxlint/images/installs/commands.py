"""Install commands: what pip, uv, conda, poetry, apt and their kin are to install, and from where.

One Install is one command. Files that it names (`-r`, `-c`, `.`) are read through its context, as the build would see
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.facts import git_project
from wxlint.images.installs.call import Call, InstallContext
from wxlint.images.installs.model import Install
from wxlint.images.installs.pip import pip
from wxlint.images.installs.places import conda_run, of_program
from wxlint.images.installs.screening import MAKES, NAMES
from wxlint.shell.python_modules import module_run
from wxlint.shell.wrappers import NAMES as WRAPPERS
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.shell.model import Command, Word

_PIP = late(r"(?:.*[/\\\0])?pip(?:\d(?:\.\d+)?)?(?:\.exe)?")
_PYTHON = late(r"(?:.*[/\\])?(?:python|pypy)(?:\d(?:\.\d+)?)?(?:\.exe)?|\0.*|.*\0")
_CONDA_PROGRAM = late(r"(?:.*[/\\\0])?(?:conda|mamba|micromamba)(?:\.exe)?")
_INSTALLER = late(rf"(?:{NAMES})[\w./-]*\.(?:sh|bash|py)$", re.I)
"""Scripts whose name says that they install something."""
VENDORS = late(
    r"google-cloud-sdk|gcloud|efa[_-]installer|(?:mini|ana)conda|mini-?forge|mambaforge|micromamba|nodesource|rustup"
    r"|\bnvm\b|oh-?my-?zsh|homebrew|linuxbrew|vcpkg|dotnet-install"
    r"|install[_-](?:python|openblas|clapack|lapack|mkl|ffmpeg|opencv|cmake|node(?:js)?|npm|rust|golang|java|jdk|llvm"
    r"|boost|openmpi|protobuf|fonts?|locales?|docker|kubectl|efa|gdrcopy|ssl|openssl|openssh)[\w.-]*\.sh$",
    re.I,
)
"""Installers of other software, whose makers are known: they bring no torch for Python."""
_RUN_FILE = late(r"cuda[\w.-]*\.run", re.I)
"""NVIDIA's installer of the CUDA toolkit."""
_SYSTEM = frozenset(("apt-get", "apt", "aptitude", "yum", "dnf", "microdnf", "zypper", "tdnf"))
_PROJECT_TOOLS = frozenset(("poetry", "pdm", "pipenv", "hatch", "rye"))
_ENVIRONMENTS = {"comfy": ("install", "update", "node"), "spack": ("install", "load"), "easy_install": ()}
"""Programs that install Python packages of their own choice, with the verbs that do; all calls where there is none."""
_SHELLS = frozenset(("bash", "sh", "source", ".", "dash", "zsh"))
_MODULES = frozenset(("pip", "pip3", "uv", "poetry", "pdm", "pipenv", "spacy", "conda"))
"""Modules that `python -m` runs, each as the program of its name."""
_MOST_LAUNCHERS = 6
_USUAL = {"pip": "pip", "pip3": "pip", "python": "python", "python3": "python"}
"""Names for which no pattern is needed."""


@lru_cache(maxsize=4096)
def _kind(name: str) -> str:
    """What kind of program a command's first word is; "" when it installs nothing."""
    if name in _USUAL:
        return _USUAL[name]
    if _PIP.fullmatch(name):
        return "pip"
    base = _base(name)
    if base in ("uv", "pip-sync", "pipx", "pixi", "conda-lock", "spacy"):
        return base
    if _CONDA_PROGRAM.fullmatch(name):
        return "conda"
    if base in _PROJECT_TOOLS:
        return "project"
    if base in _SYSTEM:
        return "apt"
    if _PYTHON.fullmatch(name):
        return "python"
    if base in _ENVIRONMENTS:
        return "environment"
    if base == "amdgpu-install" or _RUN_FILE.fullmatch(base):
        return "vendor"
    if base in MAKES or (name.endswith((".sh", ".bash")) and not VENDORS.search(name[-300:])):
        return "script"
    return "shell" if base in _SHELLS else ""


def _base(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]


def is_installer(name: str) -> bool:
    """Whether a script that cannot be read may install something that a rule looks at, by its name."""
    return _INSTALLER.search(name[-300:]) is not None and VENDORS.search(name[-300:]) is None


def may_install(command: Command) -> bool:
    """Whether `installs` may find something in a command."""
    return bool(_kind(command.words[0].value.text)) or _base(command.words[0].value.text) in WRAPPERS


def runs_installer(command: Command) -> bool:
    """Whether a command, or the one that another program such as sudo runs for it, is an installer's."""
    return bool(_kind(unwrap(command).words[0].value.text))


def installs(command: Command, variables: Mapping[str, Value], context: InstallContext) -> Iterator[Install]:
    """The installs of one command; nothing when it installs nothing. variables: those in scope, the command's own
    left out."""
    command = unwrap(command)
    if command.env:
        variables = {**variables, **dict(command.env)}
    call = Call(command.words, variables, command, context)
    for _ in range(_MOST_LAUNCHERS):
        kind = _kind(call.name)
        run = conda_run(call.rest, call.context.absolute) if kind == "conda" else None
        inner = run.words if run is not None else _launched(kind, call.rest)
        place = run.place if run is not None else _of_path(kind, call)
        if place:
            call = call._replace(place=place)
        if inner is None:
            for install in _READERS.get(kind, _nothing)(call):
                yield install._replace(environment=context.environment)
            return
        if not inner:
            return
        call = call._replace(words=inner)


def _of_path(kind: str, call: Call) -> str:
    """The environment whose program a call names by its path; "" for none."""
    value = call.words[0].value
    return of_program(value.text, call.context.absolute) if kind in ("pip", "python") and "/" in value.text else ""


# -- programs that start another


def _launched(kind: str, words: tuple[Word, ...]) -> tuple[Word, ...] | None:
    """What a program of a kind is given to start; None where it starts nothing."""
    return _LAUNCHERS[kind](words) if kind in _LAUNCHERS else None


def _behind_run(words: tuple[Word, ...]) -> tuple[Word, ...] | None:
    """`poetry run CMD...` without the launcher."""
    return words[1:] if words and words[0].value.text == "run" else None


def _behind_module(words: tuple[Word, ...]) -> tuple[Word, ...] | None:
    """`python -m pip ...` as `pip ...`; empty for a module that is not read, None when python runs no module."""
    run = module_run(words)
    if run is None:
        return None
    return run.words if run.name.value.text in _MODULES else ()


_LAUNCHERS: dict[str, Callable[[tuple[Word, ...]], tuple[Word, ...] | None]] = {
    "project": _behind_run,
    "python": _behind_module,
}


# -- programs that install


def _nothing(_: Call) -> Iterator[Install]:
    return iter(())


# Most repositories install with pip: the readers of other tools are imported by who needs them.


def _apt(call: Call) -> Iterator[Install]:
    from wxlint.images.installs.system import apt

    return apt(call)


def _vendor(call: Call) -> Iterator[Install]:
    from wxlint.images.installs.system import vendor

    return vendor(call)


def _uv(call: Call) -> Iterator[Install]:
    from wxlint.images.installs.uv import uv

    return uv(call)


def _conda(call: Call) -> Iterator[Install]:
    from wxlint.images.installs.conda import conda

    return conda(call)


def _conda_lock(call: Call) -> Iterator[Install]:
    from wxlint.images.installs.conda import conda_lock

    return conda_lock(call)


def _pip_sync(call: Call) -> Iterator[Install]:
    """`pip-sync FILE...`, which is `pip sync` with requirements.txt where no file is named."""
    first = call.words[0]
    given = call.rest or (first._replace(value=Value("requirements.txt")),)
    return pip("pip", call._replace(words=(first, first._replace(value=Value("sync")), *given)))


def _project(call: Call) -> Iterator[Install]:
    from wxlint.images.installs.projects import pipenv, project_tool

    tool = _base(call.name)
    return pipenv(call) if tool == "pipenv" else project_tool(tool, call)


def _pipx(call: Call) -> Iterator[Install]:
    from wxlint.images.installs.tools import pipx

    return pipx(call)


def _pixi(call: Call) -> Iterator[Install]:
    if len(call.words) > 1 and call.words[1].value.text in ("install", "add", "run"):
        yield call.opaque(call.words[0])


def _spacy(call: Call) -> Iterator[Install]:
    from wxlint.images.installs.spacy import spacy

    return spacy(call)


def _environment(call: Call) -> Iterator[Install]:
    """`comfy --workspace DIR install --nvidia`, which brings torch: what comes is for the program to say."""
    verbs = _ENVIRONMENTS[_base(call.name)]
    if not verbs or any(word.value.text in verbs or not word.value.known for word in call.rest):
        yield call.opaque(call.words[0])


def _python(call: Call) -> Iterator[Install]:
    """`python setup.py install` and scripts whose names say that they install something."""
    program = _first_argument(call.rest)
    if program is None or not is_installer(program.value.text):
        return
    folder, _, name = program.value.text.rpartition("/")
    if name != "setup.py":
        yield call.opaque(program)
    elif {word.value.text for word in call.words} & {"install", "develop"}:
        yield from _setup(call, program, folder or ".")


def _setup(call: Call, program: Word, folder: str) -> Iterator[Install]:
    """`python setup.py install`, which takes what pip would; an opaque program where that is not known."""
    words = [program._replace(value=program.value._replace(text=text)) for text in ("install", f"{folder}/.")]
    found = list(pip("pip", call._replace(words=(call.words[0], *words))))
    of_git = [r.url for install in found for r in install.requirements if r.kind == "vcs"]
    if any(install.unread for install in found) or any(not url or git_project(url) is None for url in of_git):
        yield call.opaque(program)
    else:
        yield from found


def _shell(call: Call) -> Iterator[Install]:
    """`bash install.sh`, `sh cuda_12.run`."""
    program = _first_argument(call.rest)
    if program is None:
        return
    name = program.value.text
    if _RUN_FILE.fullmatch(_base(name)):
        yield from _vendor(call._replace(words=call.words[call.words.index(program) :]))
    elif name.endswith((".sh", ".bash")) and not VENDORS.search(name[-300:]):
        yield call.opaque(program)


def _script(call: Call) -> Iterator[Install]:
    yield call.opaque(call.words[0])


def _first_argument(words: tuple[Word, ...]) -> Word | None:
    return next((word for word in words if not word.value.text.startswith("-")), None)


_READERS: dict[str, Callable[[Call], Iterator[Install]]] = {
    "pip": lambda call: pip("pip", call),
    "pip-sync": _pip_sync,
    "uv": _uv,
    "conda": _conda,
    "conda-lock": _conda_lock,
    "project": _project,
    "pipx": _pipx,
    "pixi": _pixi,
    "spacy": _spacy,
    "apt": _apt,
    "environment": _environment,
    "vendor": _vendor,
    "python": _python,
    "script": _script,
    "shell": _shell,
}
