"""The lists of GPU architectures in a Dockerfile, and the commands that compile CUDA code for them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.facts.gpu_archs import arch_list, cmake_archs, flag_archs
from wxlint.facts.packages import archs_of_extension
from wxlint.images.evaluation.commands import RunCommand
from wxlint.images.evaluation.default_shell import shell_texts
from wxlint.images.evaluation.variables.expansion import Scope, assigned, expand, pairs
from wxlint.images.installs.requirement import FOLDER
from wxlint.images.stack.base import flavour_of
from wxlint.images.stack.compiled import asks_for_gpu, needs_nvcc
from wxlint.rules._without_gpu import local_extensions
from wxlint.shell.bash.reader import read_shell

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.graph.repository import Repository
    from wxlint.images.installs.model import Install
    from wxlint.images.installs.requirement import Requirement
    from wxlint.images.model.records import Evaluated, Stage
    from wxlint.shell.model import Word

TORCH_LIST = "TORCH_CUDA_ARCH_LIST"
_NVCC_VARIABLES = ("NVCC_APPEND_FLAGS", "NVCC_PREPEND_FLAGS")
"""Those that nvcc reads itself."""
_FLAG_VARIABLES = ("CUDAFLAGS", "NVCC_GENCODE", "NVCCFLAGS", "NVCC_FLAGS", *_NVCC_VARIABLES)
_NO_CONFIGURING = frozenset(("--build", "--install", "--open", "--workflow", "-E", "-P", "--version", "--help"))
_OTHER_COMPILER = ("CMAKE_CUDA_COMPILER", "CUDAToolkit_ROOT", "CUDA_TOOLKIT_ROOT_DIR")
_DEFINE = late(r"(?:^|\s)-D\s*([A-Za-z_]\w*)(?::[A-Z]+)?=(\"[^\"]*\"|'[^']*'|\S*)")
_PYTHON = late(r"python[\d.]*")
_BUILDS = frozenset("build build_ext install develop bdist_wheel bdist bdist_egg editable_wheel".split())
_LONG = 120
"""Characters of a command that a reason shows."""

Archs = tuple[tuple[str, str], ...]
"""Architectures: each as it is written, and its capability."""


class Reading(NamedTuple):
    """A list of architectures that something compiles for.

    span: of the list. because: what its value comes from, and what reads it. severity: None where nvcc is given it for
    certain. is_read: false where no command is known to compile with it.
    """

    archs: Archs
    span: Span
    because: tuple[Reason, ...]
    severity: Severity | None
    is_read: bool = True


class _Setting(NamedTuple):
    """A variable of a stage. by_env: ENV sets it, over any ARG."""

    value: Value
    span: Span
    by_env: bool


class ArchLists:
    """The lists of one evaluated Dockerfile."""

    def __init__(self, repository: Repository, evaluated: Evaluated) -> None:
        self.repository, self.evaluated = repository, evaluated
        self.source, self.escape = evaluated.dockerfile.source, evaluated.dockerfile.escape
        self.given = dict(evaluated.build.args)
        self.outer: dict[str, _Setting] = {}
        for instruction in evaluated.dockerfile.instructions:
            if instruction.keyword == "FROM":
                break
            if instruction.keyword == "ARG":
                self._set(instruction, self.outer)
        self._ends: dict[int, dict[str, _Setting]] = {}

    def readings(self, stage: Stage) -> Iterator[Reading]:
        """Yield the lists that a stage's own commands compile for, and the one that its ENV leaves behind."""
        held = self._start(stage)
        for instruction in self.evaluated.instructions_of(stage):
            if instruction.keyword in ("ARG", "ENV"):
                self._set(instruction, held)
            elif instruction.keyword == "RUN":
                yield from self._run(stage, instruction, held)
        self._ends[stage.index] = held
        left = held.get(TORCH_LIST)
        root = self.evaluated.base_of(stage)
        if left is not None and left.by_env and root is not None and flavour_of(root) == "devel":
            for reading in _reading(_torch_archs(left.value), left.span, left.value.because[-2:-1], Severity.INFO):
                yield reading._replace(is_read=False)

    # -- variables

    def _start(self, stage: Stage) -> dict[str, _Setting]:
        """The variables that a stage begins with: those of the stage that it starts from."""
        if len(stage.parents) != 1 or stage.external:
            return {}
        parent = stage.parents[0]
        if parent not in self._ends:
            before = self.evaluated.stages[parent]
            held = self._start(before)
            for instruction in self.evaluated.instructions_of(before):
                if instruction.keyword in ("ARG", "ENV"):
                    self._set(instruction, held)
            self._ends[parent] = held
        return dict(self._ends[parent])

    def _set(self, instruction: Instruction, held: dict[str, _Setting]) -> None:
        """Take in an ARG or ENV."""
        by_env = instruction.keyword == "ENV"
        scope = Scope({name: setting.value for name, setting in held.items()})
        for pair in pairs(instruction.text, instruction.args_at, self.escape, old_form=by_env):
            name = pair.name.strip("\"'")
            span = instruction.span(self.source, pair.start, pair.end)
            line = span.line
            if by_env:
                value = expand(pair.value or "", scope, self.escape)
                held[name] = _Setting(assigned("ENV", name, value, path=span.path, line=line), span, by_env)
            elif name not in held or not held[name].by_env:
                held[name] = self._argument(name, pair.value, scope, span)

    def _argument(self, name: str, default: str | None, scope: Scope, span: Span) -> _Setting:
        if name in self.given:
            return _Setting(self.given[name], span, False)
        if self.evaluated.build.more:
            return _Setting(Value(HOLE, (f"${{{name}}}",)), span, False)
        if default is not None:
            value = assigned("ARG", name, expand(default, scope, self.escape), path=span.path, line=span.line)
            return _Setting(value, span, False)
        outer = self.outer.get(name)
        return outer if outer is not None else _Setting(Value(HOLE, (f"${{{name}}}",)), span, False)

    # -- commands

    def _run(self, stage: Stage, instruction: Instruction, held: dict[str, _Setting]) -> Iterator[Reading]:
        local = [span for _, span in local_extensions(self.repository, self.evaluated, instruction)]
        values = {name: setting.value for name, setting in held.items()}
        for text, at in shell_texts(instruction):
            for command in read_shell(text, values, defaults=False).commands:
                ran = _Ran(RunCommand(command, text, self.source, at), held)
                installs = [install for install in stage.installs if _is_within(install.span, ran.span)]
                yield from _of_command(ran)
                yield from _of_install(ran, installs, any(_is_within(one, ran.span) for one in local))


class _Ran:
    """A command of a RUN with the variables that it sees."""

    def __init__(self, ran: RunCommand, held: dict[str, _Setting]) -> None:
        self.ran, self._held = ran, held
        self.env = dict(ran.command.env)
        self.words = ran.command.words
        self.span = ran.span()
        self.text = " ".join(word.value.text for word in self.words)
        self.doubt = None if ran.must_succeed else Severity.INFO

    def variable(self, name: str) -> tuple[Value, Span] | None:
        """The value of a variable with the place where it is set; None where it is not set or not known."""
        setting = self._held.get(name)
        value = self.env.get(name, setting.value if setting is not None else None)
        if value is None or not value.known:
            return None
        if setting is not None and setting.value.text == value.text:
            return setting.value, setting.span
        found = list(re.finditer(rf"(?<![\w$]){name}=(?:\"[^\"]*\"|'[^']*'|[^\s\"';&|]+)", self.ran.text))
        near = [match for match in found if match.start() < self.ran.command.end]
        if not near:
            return value, self.span
        first, last = self.ran.at(near[-1].start()), self.ran.at(near[-1].end() - 1) + 1
        return value, self.ran.source.span(first, last)

    def reads(self, name: str, archs: _Reader, severity: Severity | None) -> Iterator[Reading]:
        """Yield what the command takes from a variable."""
        found = self.variable(name)
        if found is not None:
            yield from _reading(archs(found[0]), found[1], self.why(found[0]), self.doubt or severity)

    def why(self, value: Value) -> tuple[Reason, ...]:
        """What a value comes from, and the command."""
        shown = self.text if len(self.text) <= _LONG else f"{self.text[:_LONG].rpartition(' ')[0]} …"
        return (*value.because[-2:], reason_at("install", shown.replace(HOLE, "…"), self.span))


if TYPE_CHECKING:
    from collections.abc import Callable

    _Reader = Callable[[Value], Archs]


def _reading(archs: Archs, span: Span, because: tuple[Reason, ...], severity: Severity | None) -> Iterator[Reading]:
    if archs:
        yield Reading(archs, span, because, severity)


def _is_within(span: Span | None, whole: Span) -> bool:
    """Whether a place begins inside of another one."""
    if span is None or span.path != whole.path:
        return False
    return (whole.line, whole.column) <= (span.line, span.column) <= (whole.end_line, whole.end_column)


def _of_command(ran: _Ran) -> Iterator[Reading]:
    """Yield what the compiler, and what calls it, compiles for."""
    name = ran.ran.name
    if name == "nvcc":
        known = (word.value.text for word in ran.words[1:] if word.value.known)
        yield from _reading(flag_archs(" ".join(known)), ran.span, (), ran.doubt)
        for variable in _NVCC_VARIABLES:
            yield from ran.reads(variable, _flags, None)
    elif name == "cmake":
        yield from _of_cmake(ran)
    elif name in ("make", "gmake"):
        for word in ran.words[1:]:
            if word.value.known and "=" in word.value.text:
                archs = flag_archs(word.value.text.partition("=")[2])
                yield from _reading(archs, ran.ran.span(word), (), ran.doubt or Severity.WARNING)
        for variable in _FLAG_VARIABLES:
            yield from ran.reads(variable, _flags, Severity.WARNING)
    elif _PYTHON.fullmatch(name) and _builds_extensions([word.value.text for word in ran.words]):
        yield from ran.reads(TORCH_LIST, _torch_archs, Severity.WARNING)


def _builds_extensions(words: list[str]) -> bool:
    """Whether Python runs a setup.py that builds, or `build` without an environment of its own."""
    if words[1:3] == ["-m", "build"]:
        return bool({"--no-isolation", "-n"} & set(words))
    scripts = [number for number, word in enumerate(words) if word.rpartition("/")[2] == "setup.py"]
    return bool(scripts and _BUILDS & set(words[scripts[0] :]))


def _of_cmake(ran: _Ran) -> Iterator[Reading]:
    if any(word.value.text in _NO_CONFIGURING for word in ran.words[1:2]):
        return
    defined = dict(_defined(ran.words))
    if any(name in defined for name in _OTHER_COMPILER) or "CUDACXX" in ran.env:
        return
    listed = defined.get("CMAKE_CUDA_ARCHITECTURES")
    if listed is None:
        yield from ran.reads("CUDAARCHS", _cmake, Severity.WARNING)
    elif listed[0].known:
        because = listed[0].because[-2:]
        yield from _reading(_cmake(listed[0]), ran.ran.span(listed[1]), because, ran.doubt)
    for name, archs in (("CMAKE_CUDA_FLAGS", _flags), (TORCH_LIST, _torch_archs)):
        if name in defined and defined[name][0].known:
            value, word = defined[name]
            yield from _reading(archs(value), ran.ran.span(word), value.because[-2:], ran.doubt or Severity.WARNING)
    yield from ran.reads("CUDAFLAGS", _flags, Severity.WARNING)


def _defined(words: tuple[Word, ...]) -> Iterator[tuple[str, tuple[Value, Word]]]:
    """Yield the variables that a cmake command sets with -D: `-DNAME=value`, `-DNAME:STRING=value`, `-D NAME=value`."""
    for before, word in itertools.pairwise(words):
        text = word.value.text
        if text.startswith("-D"):
            text = text[2:]
        elif before.value.text != "-D":
            continue
        name, equals, value = text.partition("=")
        if equals:
            yield name.partition(":")[0], (word.value._replace(text=value), word)


def _of_install(ran: _Ran, installs: list[Install], is_local: bool) -> Iterator[Reading]:
    """Yield what pip or uv compiles for. is_local: a folder of the repository whose setup.py leaves it to torch."""
    installs = [one for one in installs if one.tool in ("pip", "uv") and not one.removes]
    asked = [(one, install) for install in installs for one in install.requirements if not one.maybe]
    if not installs or (not asked and not is_local):
        return
    own = [archs_of_extension(one.name, one.url) == "own" for one, _ in asked]
    llama = any(one.name == "llama-cpp-python" and needs_nvcc(one, install) for one, install in asked)
    if is_local or any(_takes_list(one, install) for one, install in asked):
        yield from ran.reads(TORCH_LIST, _torch_archs, None)
    elif not all(own) and "--no-build-isolation" in ran.text and any(_is_source(one, ran) for one, _ in asked):
        yield from ran.reads(TORCH_LIST, _torch_archs, Severity.WARNING)
    elif not all(own) and TORCH_LIST in ran.ran.text:
        yield from ran.reads(TORCH_LIST, _torch_archs, Severity.INFO)
    if llama or any(_is_source(one, ran) for one, _ in asked):
        yield from ran.reads("CMAKE_ARGS", _cmake_args, None if llama else Severity.WARNING)
        yield from ran.reads("CUDAARCHS", _cmake, Severity.WARNING)


def _takes_list(requirement: Requirement, install: Install) -> bool:
    """Whether a package is compiled by torch's builder of extensions, for what TORCH_CUDA_ARCH_LIST says."""
    if requirement.name == "llama-cpp-python" or not install.must_succeed:
        return False
    if requirement.kind == "vcs":
        url = requirement.url or ""
        if archs_of_extension(requirement.name, url) == "list" or asks_for_gpu(url) == TORCH_LIST:
            return True
    return needs_nvcc(requirement, install)


def _is_source(requirement: Requirement, ran: _Ran) -> bool:
    """Whether a requirement is built from its source."""
    if archs_of_extension(requirement.name, requirement.url) == "own":
        return False
    return requirement.kind in ("vcs", "path", FOLDER) or "--no-binary" in ran.text


# -- what a value names


def _torch_archs(value: Value) -> Archs:
    listed = arch_list(value.text) if value.known and value.text.strip() else None
    return tuple((one, one) for one in dict.fromkeys(listed or ()))


def _cmake(value: Value) -> Archs:
    return cmake_archs(value.text.strip("\"'"))


def _cmake_args(value: Value) -> Archs:
    """What CMAKE_ARGS says of architectures."""
    defined = {match[1]: match[2].strip("\"'") for match in _DEFINE.finditer(value.text)}
    if any(name in defined for name in _OTHER_COMPILER):
        return ()
    return cmake_archs(defined.get("CMAKE_CUDA_ARCHITECTURES", ""))


def _flags(value: Value) -> Archs:
    return flag_archs(value.text)
