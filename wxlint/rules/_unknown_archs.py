"""What the stages of a Dockerfile compile for, held against the nvcc that they have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.facts.gpu_archs import NvccArch, nvcc_arch, nvcc_compiles
from wxlint.images.graph.image_stages import built_stages
from wxlint.images.stack.base import flavour_of
from wxlint.rules import Problem
from wxlint.rules._arch_lists import ArchLists, Reading

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.images.graph.repository import Repository
    from wxlint.images.graph.state import State
    from wxlint.images.model.records import Evaluated, Stage

_VERSIONED = late(r"(?i)\bcuda[a-z-]*[-_=/:]+v?(\d+)[-.](\d+)")
_TOOLKIT = late(
    r"(?i)\bcuda-(?:toolkit|nvcc|compiler|minimal-build|command-line-tools)(?![-=]*\d)|cudatoolkit-dev|nvhpc|hpc-sdk"
    r"|nvidia-cuda-(?:toolkit|nvcc)|\bcuda[\w.-]*\.(?:run|sh|deb|rpm)\b"
    r"|\b(?:install|add|create)\b[^\n;&|]*\s[\"']?(?:[\w/.-]+::)?cuda[\"']?(?=[\s;&|]|$)"
)
"""What says that a stage may hold a CUDA toolkit of another version than its base: with a version, and without."""
_CONDA = frozenset(("cuda", "cuda-nvcc", "cuda-toolkit", "cuda-compiler", "cudatoolkit-dev"))
_GRAVE = (Severity.INFO, Severity.WARNING, Severity.ERROR)


def problems(repository: Repository, evaluated: Evaluated) -> Iterator[Problem]:
    """Yield the lists of a Dockerfile that name what the nvcc of their stage does not know, each place once."""
    worst: dict[Span, Problem] = {}
    lists = ArchLists(repository, evaluated)
    for stage in _built(evaluated):
        state = _toolkit(repository, evaluated, stage)
        if state is None:
            continue
        for reading in lists.readings(stage):
            found = _problem(reading, state)
            before = worst.get(reading.span)
            if found is not None and (before is None or _rank(found) > _rank(before)):
                worst[reading.span] = found
    yield from worst.values()


def _rank(problem: Problem) -> int:
    return _GRAVE.index(problem.severity) if problem.severity is not None else len(_GRAVE)


def _built(evaluated: Evaluated) -> list[Stage]:
    """The stages that a build goes through: those of the image, and what it starts from and copies from."""
    names = {stage.name: stage.index for stage in evaluated.stages if stage.name}
    waiting, seen = list(built_stages(evaluated)), set[int]()
    while waiting:
        index = waiting.pop()
        if index in seen or index >= len(evaluated.stages):
            continue
        seen.add(index)
        waiting += evaluated.stages[index].parents
        for instruction in evaluated.instructions_of(evaluated.stages[index]):
            for flag in instruction.flags:
                parts = (flag.value or "").lower().split(",")
                for one in parts if flag.name in ("from", "mount") else ():
                    name = one.removeprefix("from=")
                    waiting += [names[name]] if name in names else [int(name)] if name.isdecimal() else []
    return [evaluated.stages[index] for index in sorted(seen)]


def _toolkit(repository: Repository, evaluated: Evaluated, stage: Stage) -> State | None:
    """The state that a stage begins with, where it has the nvcc of a base whose CUDA is known, and no other."""
    state = repository.beliefs.base(evaluated, stage)
    reference = state.root.reference if state.root is not None else None
    if state.accelerator != "cuda" or not state.cuda or "." not in state.cuda or reference is None:
        return None
    if flavour_of(reference) in ("base", "runtime"):
        return None
    texts = [
        "\n".join((instruction.text, *(heredoc.body for heredoc in instruction.heredocs)))
        for one in evaluated.line_of(stage)
        for instruction in evaluated.instructions_of(one)
        if instruction.keyword in ("RUN", "ENV", "COPY", "ADD")
    ]
    below = {use.span.path for use in state.lineage} - {evaluated.path}
    texts += [repository.dockerfiles[path].source.text for path in below if path in repository.dockerfiles]
    if any(_may_bring_another(text, state.cuda) for text in texts):
        return None
    for install in (install for one in evaluated.line_of(stage) for install in one.installs):
        if install.tool == "conda" and (install.unread or any(one.name in _CONDA for one in install.requirements)):
            return None
    return state


def _may_bring_another(text: str, cuda: str) -> bool:
    own = tuple(cuda.split(".")[:2])
    return any(found.groups() != own for found in _VERSIONED.finditer(text)) or _TOOLKIT.search(text) is not None


def _problem(reading: Reading, state: State) -> Problem | None:
    cuda = state.cuda or ""
    unknown: dict[str, NvccArch] = {}
    for written, capability in reading.archs:
        known = nvcc_arch(capability) if nvcc_compiles(capability, cuda) is False else None
        if known is not None:
            unknown[written] = known
    if not unknown:
        return None
    doubted = not state.sure or any(one.confidence == "unverified" for one in unknown.values())
    severity = Severity.INFO if doubted else reading.severity
    root = state.root
    because = (reason_at("image", f"FROM {root.value.shown()}", root.span),) if root is not None else ()
    text = f"nvcc of CUDA {cuda} does not compile for {_listed(unknown, cuda)}"
    if not reading.is_read:
        text += ": what compiles with this list fails"
    return Problem(reading.span, text, (*because, *reading.because), _hint(unknown, cuda), severity)


def _is_later(known: NvccArch, cuda: str) -> bool:
    """Whether an architecture came after a CUDA version, which else has dropped it."""
    return tuple(map(int, known.first.split("."))) > tuple(map(int, cuda.split(".")[:2]))


def _listed(unknown: dict[str, NvccArch], cuda: str) -> str:
    """The architectures, those of one CUDA version together: `10.0, 12.0 (CUDA 12.8 is the first that does)`."""
    groups: dict[str, list[str]] = {}
    for written, known in unknown.items():
        later = _is_later(known, cuda)
        note = f"CUDA {known.first if later else known.last} is the {'first' if later else 'last'} that does"
        groups.setdefault(note, []).append(written)
    return " and for ".join(f"{', '.join(names)} ({note})" for note, names in groups.items())


def _hint(unknown: dict[str, NvccArch], cuda: str) -> str:
    later = [known.first for known in unknown.values() if _is_later(known, cuda)]
    gone = [known.last for known in unknown.values() if not _is_later(known, cuda)]
    names = ", ".join(unknown)
    if later and gone:
        return f"take {names} out of the list"
    bounds = sorted(later or gone, key=lambda version: tuple(map(int, version.split("."))))
    base = f"CUDA {bounds[-1]} or newer" if later else f"CUDA {bounds[0]} or older"
    return f"take {names} out of the list, or a base with {base}"
