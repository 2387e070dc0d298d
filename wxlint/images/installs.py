"""Install commands: what pip, uv, conda, poetry and apt are asked to install, and from where.

One Install is one command. Files it names (`-r`, `-c`, `.`) are read through a callback, as the build would see them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from wxlint.findings import Span
from wxlint.images.requirement import Requirement, conda_requirement, parse_requirement
from wxlint.values import Value

if TYPE_CHECKING:
    from wxlint.documents.shell import Command, Word

WORTH_READING = re.compile(
    r"(?:pip|conda|mamba|\buv\b|poetry|pdm)[^;&|]*?\b(?:install|sync|add|create|update|config)\b"
    r"|\.sh\b|\.py\b"
    r"|\b(?:apt|apt-get|aptitude|yum|dnf|microdnf|tdnf|zypper)\b[^;]*?\binstall\b[^;]*?(?:cuda|cudnn|nvidia|nvinfer|cublas|nccl|tensorrt)"
)
"""A RUN that this does not match installs nothing that wxlint speaks of."""

_PIP = re.compile(r"(?:.*[/\\\0])?pip(?:\d(?:\.\d+)?)?(?:\.exe)?")
_PYTHON = re.compile(r"(?:.*[/\\])?(?:python|pypy)(?:\d(?:\.\d+)?)?(?:\.exe)?|\0.*|.*\0")
_CONDA = re.compile(r"(?:.*[/\\\0])?(?:conda|mamba|micromamba)(?:\.exe)?")
_INSTALLER = re.compile(
    r"(?:install|setup|requirement|depend|bootstrap|one_click|start_linux|provision|init|build|torch|package)[\w./-]*\.(?:sh|bash|py)$",
    re.I,
)
"""Scripts whose name says that they install something."""
_OPTIONS = re.compile(r"\$\{?\w*(?:OPT|ARG|FLAG|INDEX|MIRROR|CACHE|TRUST)\w*[^/]*\}?", re.I)
"""An unquoted variable whose name says that it holds options: it may be empty, and names nothing to install."""
_WITH_VALUE = frozenset(
    "-i --index-url --pypi-url --extra-index-url -f --find-links -r --requirement --requirements -c --constraint --constraints -b --build-constraint -e --editable"
    " -t --target --prefix --root --python -p --platform --python-version --python-platform --implementation --abi --timeout --retries"
    " --trusted-host --allow-insecure-host --cache-dir --proxy --cert --client-cert --no-binary --only-binary --progress-bar --src"
    " --upgrade-strategy --report --config-settings -C --global-option --install-option --index-strategy --torch-backend --index"
    " --default-index --prerelease --resolution --keyring-provider --link-mode --exclude-newer --log --no-build-package"
    " --upgrade-package -P --override --overrides --extra --group --no-build-isolation-package --package --reinstall-package"
    " --extras -E -G --with --without --only --directory --project --color --use-feature --use-deprecated --exists-action --root-user-action".split()
)


class Source(NamedTuple):
    """An index or a folder of wheels. flag: how it was given ("--index-url", "PIP_INDEX_URL", ...)."""

    flag: str
    value: Value
    span: Span | None


class Install(NamedTuple):
    """One install command.

    tool: "pip", "uv", "uv-project", "poetry", "conda" or "apt". index: replaces the default index. extra: merged with it (pip) or
    asked first (uv). links: --find-links. constraints: lines of -c files. missing: what could not be read ("requirements.txt").
    upgrade: -U was given. conditional: the command may not run. elsewhere: into a folder of its own (--target).
    redirected: version bounds that the shell takes for redirections, as written. open: a variable may hold further options.
    """

    tool: str
    requirements: tuple[Requirement, ...]
    index: Source | None = None  # type: ignore[assignment]  # tuple.index is not used
    extra: tuple[Source, ...] = ()
    links: tuple[Source, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    missing: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    upgrade: bool = False
    no_deps: bool = False
    no_index: bool = False
    backend: Value | None = None
    best_match: bool = False
    conditional: bool = False
    elsewhere: bool = False
    span: Span | None = None
    command_span: Span | None = None
    because: tuple[str, ...] = ()
    redirected: tuple[tuple[str, Span], ...] = ()
    open: bool = False


class Place(NamedTuple):
    """How to turn what a command says into positions and files.

    span: (start, end) of the text to a Span. file: a path as the command sees it to (requirements, sources, missing) — see files.py.
    """

    span: Callable[[int, int], Span]
    requirements: Callable[[str, bool, int], Lines]
    project: Callable[[str, tuple[str, ...]], Lines]
    environment: Callable[[str], Install | None]


class Lines(NamedTuple):
    """What a requirements file or a project asks for."""

    requirements: tuple[Requirement, ...] = ()
    index: Source | None = None  # type: ignore[assignment]  # tuple.index is not used
    extra: tuple[Source, ...] = ()
    links: tuple[Source, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    missing: tuple[str, ...] = ()
    no_index: bool = False


def installs(command: Command, scope: Mapping[str, Value], place: Place) -> Iterator[Install]:
    """The installs of one command; nothing when it installs nothing."""
    words = list(command.words)
    env = {**scope, **dict(command.env)}
    elsewhere = False
    for _ in range(6):  # wrappers: sudo -E pip, conda run -n env pip, poetry run pip, python -m pip
        if not words:
            return
        name = words[0].value.text
        if _PIP.fullmatch(name):
            yield from _pip("pip", words[1:], env, place, command, elsewhere)
            return
        base = re.split(r"[/\\]", name)[-1]
        if base == "uv":
            yield from _uv(words[1:], env, place, command, elsewhere)
            return
        if _CONDA.fullmatch(name):
            rest = _after_run(words[1:])
            if rest is None:
                yield from _conda(words[1:], place, command)
                return
            words = rest
        elif base in ("poetry", "pdm", "pipenv", "hatch", "rye"):
            if len(words) > 1 and words[1].value.text == "run":
                words = words[2:]
                continue
            yield from _project_tool(base, words[1:], place, command)
            return
        elif base in ("apt-get", "apt", "aptitude", "yum", "dnf", "microdnf", "zypper", "tdnf"):
            yield from _apt(words[1:], place, command)
            return
        elif base in (
            "sudo",
            "env",
            "time",
            "nice",
            "exec",
            "command",
            "xvfb-run",
            "nohup",
            "gosu",
            "su-exec",
            "retry",
            "timeout",
        ):
            words = words[1:]
            while words and (
                words[0].value.text.startswith("-") or "=" in words[0].value.text or words[0].value.text.isdigit()
            ):
                key, equals, value = words[0].value.text.partition("=")
                if equals:
                    env[key] = words[0].value._replace(text=value)
                words = words[1:]
        elif _PYTHON.fullmatch(name):
            at = next((i for i, w in enumerate(words[1:6], 1) if w.value.text == "-m"), 0)
            if not at or at + 1 >= len(words):
                program = next((w for w in words[1:] if not w.value.text.startswith("-")), None)
                verbs = {w.value.text for w in words}
                if program is None or not _INSTALLER.search(program.value.text):
                    return
                if not program.value.text.endswith("setup.py") or verbs & {"install", "develop"}:
                    yield _opaque(program, place, command)
                return
            module = words[at + 1].value.text
            if module in ("pip", "pip3"):
                yield from _pip("pip", words[at + 2 :], env, place, command, elsewhere)
                return
            if module not in ("uv", "poetry", "pdm", "pipenv", "conda"):
                return
            words = words[at + 1 :]
        elif name.endswith((".sh", ".bash")) and _INSTALLER.search(base):
            yield _opaque(words[0], place, command)
            return
        elif base in ("bash", "sh", "source", ".", "dash", "zsh"):
            program = next((w for w in words[1:] if not w.value.text.startswith("-")), None)
            if (
                program is not None
                and program.value.text.endswith((".sh", ".bash"))
                and _INSTALLER.search(program.value.text)
            ):
                yield _opaque(program, place, command)
            return
        else:
            return


def _opaque(program: Word, place: Place, command: Command) -> Install:
    """A program of the build that installs what only it knows."""
    span = place.span(program.start, program.end)
    return Install(
        "script",
        (),
        missing=(program.value.shown(),),
        conditional=command.conditional,
        span=span,
        command_span=span,
        because=command.because,
    )


def _after_run(words: list[Word]) -> list[Word] | None:
    """`conda run -n env CMD...` without the wrapper; None when it is not a run."""
    if not words or words[0].value.text != "run":
        return None
    at = 1
    while at < len(words) and words[at].value.text.startswith("-"):
        at += 2 if words[at].value.text in ("-n", "--name", "-p", "--prefix", "--cwd") else 1
    return words[at:]


class _Arguments(NamedTuple):
    positional: list[Word]
    options: list[tuple[str, Value | None, int, int]]


def _arguments(words: list[Word]) -> _Arguments:
    """Options with their values (`--x=v`, `--x v`, `-iv`), and what is left."""
    positional: list[Word] = []
    options: list[tuple[str, Value | None, int, int]] = []
    at = 0
    while at < len(words):
        word = words[at]
        text = word.value.text
        at += 1
        if text == "--":
            continue
        if text.startswith("--"):
            name, equals, _ = text.partition("=")
            if equals:
                value = word.value._replace(text=text[len(name) + 1 :])
                options.append((name, value, word.start, word.end))
            elif name in _WITH_VALUE and at < len(words):
                options.append((name, words[at].value, words[at].start, words[at].end))
                at += 1
            else:
                options.append((name, None, word.start, word.end))
        elif text.startswith("-") and len(text) > 1:
            short = text[:2]
            if short in _WITH_VALUE:
                if len(text) > 2:
                    options.append((short, word.value._replace(text=text[2:].lstrip("=")), word.start, word.end))
                elif at < len(words):
                    options.append((short, words[at].value, words[at].start, words[at].end))
                    at += 1
            else:
                options.extend((f"-{letter}", None, word.start, word.end) for letter in text[1:])
        else:
            positional.append(word)
    return _Arguments(positional, options)


def _pip(
    tool: str, words: list[Word], env: Mapping[str, Value], place: Place, command: Command, elsewhere: bool
) -> Iterator[Install]:
    while words and words[0].value.text.startswith("-"):  # global options
        words = words[2:] if words[0].value.text in _WITH_VALUE else words[1:]
    if not words or words[0].value.text not in ("install", "sync", "add"):
        return
    arguments = _arguments(words[1:])
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
        source = Source(name, value, place.span(start, end))
        if name in ("-i", "--index-url", "--pypi-url", "--default-index"):
            index, given = source, name
        elif name in ("--extra-index-url", "--index"):
            extra.append(source)
        elif name in ("-f", "--find-links"):
            links.append(source)
        elif name in ("-r", "--requirement", "--requirements"):
            lines.append(place.requirements(value.text, False, start))
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
    )


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


def _local(value: Value, place: Place, start: int, end: int) -> Lines:
    """A project folder (`.`, `-e .[gpu]`, `/app`), or a local wheel whose name tells nothing."""
    text = value.text.removeprefix("file://")
    folder, _, extras = text.partition("[")
    if folder.startswith(("git+", "http")):
        return Lines(requirements=(parse_requirement(value, place.span(start, end)),))
    return place.project(folder, tuple(e.strip() for e in extras.rstrip("]").split(",") if e.strip()))


def _index_variables(tool: str) -> tuple[str, ...]:
    return ("PIP_INDEX_URL", "PIP_CONFIG_INDEX_URL") if tool == "pip" else ("UV_DEFAULT_INDEX", "UV_INDEX_URL")


def _from_environment(tool: str, env: Mapping[str, Value]) -> tuple[list[Source], list[Source]]:
    """Extra indexes and find-links that the environment gives; uv ignores PIP_* and pip.conf."""
    names = ("PIP_EXTRA_INDEX_URL",) if tool == "pip" else ("UV_EXTRA_INDEX_URL", "UV_INDEX")
    extra = [Source(n, env[n]._replace(text=url), None) for n in names if n in env for url in env[n].text.split()]
    name = "PIP_FIND_LINKS" if tool == "pip" else "UV_FIND_LINKS"
    links = [Source(name, env[name]._replace(text=url), None) for url in env[name].text.split()] if name in env else []
    return extra, links


def _uv(
    words: list[Word], env: Mapping[str, Value], place: Place, command: Command, elsewhere: bool
) -> Iterator[Install]:
    while words and words[0].value.text.startswith("-"):
        words = words[2:] if words[0].value.text in _WITH_VALUE else words[1:]
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
        yield from _project_tool("uv", words, place, command)
    elif verb == "tool":
        return  # an environment of its own


def _project_tool(tool: str, words: list[Word], place: Place, command: Command) -> Iterator[Install]:
    """`uv sync`, `poetry install`, `pdm install`: what the project file in the working directory asks for."""
    if not words:
        return
    verb = words[0].value.text
    arguments = _arguments(words[1:])
    span, whole = place.span(words[0].start, words[0].end), place.span(command.start, command.end)
    if verb in ("install", "sync", "i"):
        chosen = [
            v.text
            for n, v, _, _ in arguments.options
            if v is not None and n in ("--extra", "--extras", "-E", "--group", "--with", "-G")
        ]
        folder = next(
            (
                v.text
                for n, v, _, _ in arguments.options
                if v is not None and n in ("--directory", "--project", "-C", "-p")
            ),
            ".",
        )
        every = any(n in ("--all-extras", "--all-groups") for n, _, _, _ in arguments.options)
        lines = place.project(folder, tuple(chosen) + (("*",) if every else ()))
        kind = "uv-project" if tool == "uv" else "poetry"
        yield Install(
            kind, lines.requirements, lines.index, lines.extra, lines.links, lines.constraints, lines.missing,
            conditional=command.conditional, span=span, command_span=whole, because=command.because,
        )  # fmt: skip
    elif verb == "add":
        found = tuple(parse_requirement(w.value, place.span(w.start, w.end)) for w in arguments.positional)
        yield Install(
            "poetry", found, conditional=command.conditional, span=span, command_span=whole, because=command.because
        )


def _conda(words: list[Word], place: Place, command: Command) -> Iterator[Install]:
    rest = [w for w in words if w.value.text not in ("-y", "--yes", "-q", "--quiet")]
    if not rest:
        return
    verb = rest[0].value.text
    if verb == "env" and len(rest) > 1:
        rest = rest[1:]
        verb = "env " + rest[0].value.text
    if verb not in ("install", "create", "update", "env create", "env update"):
        return
    channels: list[str] = []
    requirements: list[Requirement] = []
    missing: list[str] = []
    at = 1
    while at < len(rest):
        word = rest[at]
        text = word.value.text
        at += 1
        name, equals, attached = text.partition("=")
        if name.startswith("-"):
            takes = name in (
                "-n",
                "--name",
                "-p",
                "--prefix",
                "-c",
                "--channel",
                "-f",
                "--file",
                "--solver",
                "--experimental-solver",
            )
            value = attached if equals else rest[at].value.text if takes and at < len(rest) else ""
            at += 1 if takes and not equals else 0
            if name in ("-c", "--channel"):
                channels.append(value)
            elif name in ("-f", "--file"):
                found = place.environment(value)
                if found is None:
                    missing.append(value)
                else:
                    requirements.extend(found.requirements)
                    channels.extend(found.channels)
                    yield (
                        found._replace(
                            tool="pip", requirements=found.constraints, constraints=(), conditional=command.conditional
                        )
                        if (found.constraints)
                        else found._replace(requirements=())
                    )
            continue
        requirements.append(conda_requirement(word.value, place.span(word.start, word.end)))
    if (
        verb.startswith("env")
        and not requirements
        and not missing
        and not any(w.value.text in ("-f", "--file") for w in rest)
    ):
        missing.append("environment.yml")
    yield Install(
        "conda", tuple(requirements), channels=tuple(channels), missing=tuple(missing), conditional=command.conditional,
        span=place.span(rest[0].start, rest[0].end), command_span=place.span(command.start, command.end), because=command.because,
    )  # fmt: skip


def _apt(words: list[Word], place: Place, command: Command) -> Iterator[Install]:
    arguments = [w for w in words if not w.value.text.startswith("-")]
    if not arguments or arguments[0].value.text not in ("install", "reinstall"):
        return
    found = []
    for word in arguments[1:]:
        name = word.value.text.partition("=")[0].lower()
        found.append(Requirement(name, span=place.span(word.start, word.end), written=word.value.shown()))
    yield Install(
        "apt", tuple(found), conditional=command.conditional, span=place.span(arguments[0].start, arguments[0].end),
        command_span=place.span(command.start, command.end), because=command.because,
    )  # fmt: skip
