"""Install commands: what pip, uv, conda, poetry and apt are asked to install, and from where.

One Install is one command. Files it names (`-r`, `-c`, `.`) are read through a callback, as the build would see them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.findings import Span
from wxlint.images.install import WITH_VALUE, Install, Lines, Place, Source, opaque, read_arguments
from wxlint.images.install_others import apt, conda, project_tool, vendor
from wxlint.images.requirement import Requirement, parse_requirement
from wxlint.patterns import late
from wxlint.values import Value

if TYPE_CHECKING:
    from wxlint.documents.shell import Command, Word

__all__ = ["Install", "Lines", "Place", "Source", "installs", "may_install", "worth_reading"]

_NAMES = "install|setup|requirement|depend|bootstrap|one_click|start_linux|provision|init|build|torch|package"
"""What is in the name of a script that installs something."""
_INSTALLS = late(r"(?:pip|conda|mamba|\buv\b|poetry|pdm)[^;&|]*?\b(?:install|uninstall|wheel|sync|add|create|update|config)\b")
_SCRIPT = late(r"[^\s;&|<>(){},]*\.(?:sh|bash|py)\b")
_ACCELERATED = late(
    r"\b(?:apt|apt-get|aptitude|yum|dnf|microdnf|tdnf|zypper)\b[^;]*?\binstall\b[^;]*?(?:cuda|cudnn|nvidia|nvinfer|cublas|nccl|tensorrt|rocm|habanalabs|neuronx|level-zero|opencl-icd|python3-(?:py)?torch)"
)
_ACCELERATORS = tuple(
    "cuda cudnn nvidia nvinfer cublas nccl tensorrt rocm habanalabs neuronx level-zero opencl-icd torch".split()
)


def worth_reading(text: str) -> bool:
    """Whether a RUN may install something that wxlint speaks of; looking for words first spares most texts the patterns.

    The names of tools may stand in those of variables (`$PIP install`).
    """
    text = text.lower()
    # Spelt out: this is asked of every RUN, and a loop takes five times as long.
    tool = "pip" in text or "conda" in text or "uv" in text or "mamba" in text or "poetry" in text or "pdm" in text
    if tool and _INSTALLS.search(text):
        return True
    if (".sh" in text or ".py" in text or ".bash" in text) and any(
        "$" in word or "`" in word or _NAME_OF_INSTALLER.search(word) for word in _SCRIPT.findall(text)
    ):
        return True
    if "amdgpu-install" in text or "pixi" in text or (".run" in text and "cuda" in text):
        return True
    return "install" in text and any(word in text for word in _ACCELERATORS) and _ACCELERATED.search(text) is not None


_NAME_OF_INSTALLER = late(_NAMES)
_PIP = late(r"(?:.*[/\\\0])?pip(?:\d(?:\.\d+)?)?(?:\.exe)?")
_PYTHON = late(r"(?:.*[/\\])?(?:python|pypy)(?:\d(?:\.\d+)?)?(?:\.exe)?|\0.*|.*\0")
_CONDA = late(r"(?:.*[/\\\0])?(?:conda|mamba|micromamba)(?:\.exe)?")
_INSTALLER = late(rf"(?:{_NAMES})[\w./-]*\.(?:sh|bash|py)$", re.I)
"""Scripts whose name says that they install something."""
_VENDORS = late(
    r"google-cloud-sdk|gcloud|efa[_-]installer|(?:mini|ana)conda|mini-?forge|mambaforge|micromamba|nodesource|rustup|\bnvm\b|oh-my-zsh|homebrew|linuxbrew|vcpkg"
    r"|install[_-](?:python|openblas|clapack|lapack|mkl|ffmpeg|opencv|cmake|node(?:js)?|npm|rust|golang|java|jdk|llvm|boost|openmpi|protobuf|fonts?|locales?|docker|kubectl|efa|gdrcopy|ssl|openssl|openssh)[\w.-]*\.sh$",
    re.I,
)
"""Installers of other software, whose makers are known: they bring no torch for Python."""
_RUN_FILE = late(r"cuda[\w.-]*\.run", re.I)
"""NVIDIA's installer of the CUDA toolkit."""
_OPTIONS = late(r"\$\{?\w*(?:OPT|ARG|FLAG|INDEX|MIRROR|CACHE|TRUST)\w*[^/]*\}?", re.I)
"""An unquoted variable whose name says that it holds options: it may be empty, and names nothing to install."""


_WRAPPERS = frozenset("sudo env time nice exec command xvfb-run nohup gosu su-exec retry timeout".split())


@lru_cache(maxsize=4096)
def _kind(name: str) -> str:
    """What kind of program a command's first word is; "" when it installs nothing."""
    if _PIP.fullmatch(name):
        return "pip"
    base = re.split(r"[/\\]", name)[-1]
    if base == "uv":
        return "uv"
    if _CONDA.fullmatch(name):
        return "conda"
    if base == "pixi":
        return "pixi"
    if base in ("poetry", "pdm", "pipenv", "hatch", "rye"):
        return "project"
    if base in ("apt-get", "apt", "aptitude", "yum", "dnf", "microdnf", "zypper", "tdnf"):
        return "apt"
    if base in _WRAPPERS:
        return "wrapper"
    if _PYTHON.fullmatch(name):
        return "python"
    if base == "amdgpu-install" or _RUN_FILE.fullmatch(base):
        return "vendor"
    if name.endswith((".sh", ".bash")) and _INSTALLER.search(base) and not _VENDORS.search(name):
        return "script"
    return "shell" if base in ("bash", "sh", "source", ".", "dash", "zsh") else ""


def may_install(command: Command) -> bool:
    """Whether `installs` has to be asked about a command."""
    return bool(_kind(command.words[0].value.text))


def installs(command: Command, scope: Mapping[str, Value], place: Place) -> Iterator[Install]:
    """The installs of one command; nothing when it installs nothing."""
    words = list(command.words)
    env = {**scope, **dict(command.env)}
    elsewhere = False
    for _ in range(6):  # wrappers: sudo -E pip, conda run -n env pip, poetry run pip, python -m pip
        if not words:
            return
        kind = _kind(words[0].value.text)
        if kind == "pip":
            yield from _pip("pip", words[1:], env, place, command, elsewhere)
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
            yield from project_tool(re.split(r"[/\\]", words[0].value.text)[-1], words[1:], place, command)
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
            words = words[1:]
            while words and (
                words[0].value.text.startswith("-") or "=" in words[0].value.text or words[0].value.text.isdigit()
            ):
                key, equals, value = words[0].value.text.partition("=")
                if equals:
                    env[key] = words[0].value._replace(text=value)
                words = words[1:]
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
                yield from _pip("pip", words[at + 2 :], env, place, command, elsewhere)
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
    return _INSTALLER.search(name) is not None and _VENDORS.search(name) is None


def _after_run(words: list[Word]) -> list[Word] | None:
    """`conda run -n env CMD...` without the wrapper; None when it is not a run."""
    if not words or words[0].value.text != "run":
        return None
    at = 1
    while at < len(words) and words[at].value.text.startswith("-"):
        at += 2 if words[at].value.text in ("-n", "--name", "-p", "--prefix", "--cwd") else 1
    return words[at:]


def _pip(
    tool: str, words: list[Word], env: Mapping[str, Value], place: Place, command: Command, elsewhere: bool
) -> Iterator[Install]:
    while words and words[0].value.text.startswith("-"):  # global options
        words = words[2:] if words[0].value.text in WITH_VALUE else words[1:]
    if words and words[0].value.text == "uninstall" and not elsewhere:
        yield from _removal(tool, words, place, command)
        return
    if not words or words[0].value.text not in ("install", "sync", "add", "wheel"):
        return
    arguments = read_arguments(words[1:])
    if any(name == "--dry-run" for name, _, _, _ in arguments.options):
        return
    requirements: list[Requirement] = []
    missing: list[str] = []
    constraints: list[Requirement] = []
    extra, links = _from_environment(tool, env)
    index = next(
        (Source(name, env[name], None) for name in _index_variables(tool) if name in env and env[name].text), None
    )
    backend = env.get("UV_TORCH_BACKEND") if tool == "uv" else None
    given = ""
    alone = any(name == "--no-deps" for name, _, _, _ in arguments.options)
    lines: list[Lines] = []
    for name, value, start, end in arguments.options:
        if value is None:
            continue
        source = Source(name, _without_name(value), place.span(start, end))
        if name in ("-i", "--index-url", "--pypi-url", "--default-index"):
            index, given = source, name
        elif name in ("--extra-index-url", "--index"):
            extra.append(source)
        elif name in ("-f", "--find-links"):
            links.append(source)
        elif name in ("-r", "--requirement", "--requirements"):
            lines.append(_listed(tool, value, arguments.options, place, start))
        elif name in ("-c", "--constraint", "--constraints"):
            lines.append(place.requirements(value.text, True, start))
        elif name in ("-e", "--editable") and not alone:
            lines.append(_local(value, place, start, end))
        elif name == "--torch-backend":
            backend = value
        elif name in ("-t", "--target", "--root"):
            elsewhere = True
    constraint = env.get("PIP_CONSTRAINT" if tool == "pip" else "UV_CONSTRAINT")
    if constraint is not None:
        lines.extend(place.requirements(name, True, -1) for name in constraint.text.split())
    for word in arguments.positional:
        if _is_options(word):
            continue
        requirement = parse_requirement(word.value, place.span(word.start, word.end))
        if words[0].value.text == "sync":
            lines.append(place.requirements(word.value.text, False, word.start))
        elif requirement.kind == "path" and alone:
            continue
        elif requirement.kind == "path":
            lines.append(_local(word.value, place, word.start, word.end))
        else:
            requirements.append(requirement)
    for item in lines:
        requirements.extend(item.requirements)
        constraints.extend(item.constraints)
        missing.extend(item.missing)
        extra.extend(item.extra)
        links.extend(item.links)
        if item.index is not None and not given:
            index = item.index
    flags = {name for name, value, _, _ in arguments.options if value is None}
    strategy = next((v.text for n, v, _, _ in arguments.options if n == "--index-strategy" and v is not None), "")
    if "UV_INDEX_STRATEGY" in env and not strategy:
        strategy = env["UV_INDEX_STRATEGY"].text
    span = place.span(words[0].start, words[0].end)
    yield Install(
        tool,
        tuple(requirements),
        index,
        tuple(extra),
        tuple(links),
        tuple(constraints),
        tuple(missing),
        (),
        bool(flags & {"-U", "--upgrade", "--force-reinstall", "--reinstall"}),
        alone,
        "--no-index" in flags or any(item.no_index for item in lines),
        backend,
        strategy.startswith("unsafe"),
        command.conditional,
        elsewhere,
        span,
        place.span(command.start, command.end),
        command.because,
        _redirected(command, place),
        any(_is_options(word) for word in arguments.positional),
        builds=words[0].value.text == "wheel",
    )


def _removal(tool: str, words: list[Word], place: Place, command: Command) -> Iterator[Install]:
    found = tuple(
        parse_requirement(w.value, place.span(w.start, w.end)) for w in read_arguments(words[1:]).positional
    )
    yield Install(
        tool, found, conditional=command.conditional, span=place.span(words[0].start, words[0].end),
        command_span=place.span(command.start, command.end), because=command.because, removes=True,
    )  # fmt: skip


def _is_options(word: Word) -> bool:
    return not word.quoted and bool(_OPTIONS.fullmatch(word.value.shown()))


def _redirected(command: Command, place: Place) -> tuple[tuple[str, Span], ...]:
    """`pydantic>=2.0`: a redirection that touches the word before it and goes to something like a version."""
    ends = {word.end: word for word in command.words}
    found = []
    for redirect in command.redirects:
        word = ends.get(redirect.start)
        target = redirect.target.value.text
        if (
            word is not None
            and redirect.operator in (">", "<", ">>")
            and re.match(r"=?\s*\d", target)
            and not redirect.target.quoted
        ):
            found.append((f"{word.value.shown()}{redirect.operator}{target}", place.span(word.start, redirect.end)))
    return tuple(found)


def _listed(
    tool: str, value: Value, options: list[tuple[str, Value | None, int, int]], place: Place, start: int
) -> Lines:
    """A file of requirements; uv takes a pyproject.toml for one, with the extras and groups that are asked for."""
    folder, _, name = value.text.rpartition("/")
    if tool != "uv" or name != "pyproject.toml":
        return place.requirements(value.text, False, start)
    groups = [v.text.lower() for n, v, _, _ in options if v is not None and n in ("--extra", "--group")]
    every = any(n in ("--all-extras", "--all-groups") for n, _, _, _ in options)
    return place.project(folder or ("/" if value.text.startswith("/") else "."), (*groups, *(("*",) if every else ())))


def _local(value: Value, place: Place, start: int, end: int) -> Lines:
    """A project folder (`.`, `-e .[gpu]`, `/app`), or a local wheel whose name tells nothing."""
    text = value.text.removeprefix("file://")
    folder, _, extras = text.partition("[")
    if folder.startswith(("git+", "http")):
        return Lines(requirements=(parse_requirement(value, place.span(start, end)),))
    if place.brought(folder):
        return Lines()
    if folder.endswith((".whl", ".tar.gz", ".zip")):
        return Lines(missing=(value.shown(),))
    return place.project(folder, tuple(e.strip() for e in extras.rstrip("]").split(",") if e.strip()))


def _without_name(value: Value) -> Value:
    """uv takes `name=URL` for an index."""
    return value._replace(text=re.sub(r"^[\w.-]+=(?=https?:)", "", value.text))


def _index_variables(tool: str) -> tuple[str, ...]:
    return ("PIP_INDEX_URL", "PIP_CONFIG_INDEX_URL") if tool == "pip" else ("UV_DEFAULT_INDEX", "UV_INDEX_URL")


def _from_environment(tool: str, env: Mapping[str, Value]) -> tuple[list[Source], list[Source]]:
    """Extra indexes and find-links that the environment gives; uv ignores PIP_* and pip.conf."""
    names = ("PIP_EXTRA_INDEX_URL",) if tool == "pip" else ("UV_EXTRA_INDEX_URL", "UV_INDEX")
    extra = [
        Source(n, _without_name(env[n]._replace(text=url)), None)
        for n in names
        if n in env
        for url in env[n].text.split()
    ]
    name = "PIP_FIND_LINKS" if tool == "pip" else "UV_FIND_LINKS"
    links = [Source(name, env[name]._replace(text=url), None) for url in env[name].text.split()] if name in env else []
    return extra, links


def _uv(
    words: list[Word], env: Mapping[str, Value], place: Place, command: Command, elsewhere: bool
) -> Iterator[Install]:
    while words and words[0].value.text.startswith("-"):
        words = words[2:] if words[0].value.text in WITH_VALUE else words[1:]
    if not words:
        return
    verb = words[0].value.text
    if verb == "pip":
        yield from _pip("uv", words[1:], env, place, command, elsewhere)
    elif verb == "add":
        yield from _pip("uv", words, env, place, command, elsewhere)
    elif verb == "run" and not any(w.value.text == "--no-sync" for w in words):
        rest = [w for w in words[1:] if not w.value.text.startswith("-")]
        if rest and _PIP.fullmatch(rest[0].value.text):
            yield from _pip("pip", words[words.index(rest[0]) + 1 :], env, place, command, elsewhere)
    elif verb == "sync":
        yield from project_tool("uv", words, place, command)
    elif verb == "tool":
        return  # an environment of its own
