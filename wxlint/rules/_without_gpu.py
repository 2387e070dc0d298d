"""Extensions of torch that are compiled in a build, and ask which GPU is there to compile for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.images.stack.base import flavour_of
from wxlint.images.stack.compiled import asks_for_gpu
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.graph.image import Image, TorchStep
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.records import Evaluated

_PIP = late(r"^(?:uv )?(?:\S*/)?(?:python[\d.]* -m )?pip[\d.]* (?:-\S+ )*install\b")
_FOLDER = late(r"(?:\.{0,2}/)?[\w.-]+(?:/[\w.-]+)+/?")
_EXTENSION = late(r"\bCUDAExtension\s*\(")
_CHOOSES = late(r"\barch|_arch|gencode|environ|getenv|is_available|device_count|CUDA_HOME|\bif\b.*(?i:cuda|torch)")
"""What a setup.py says that looks for a GPU itself, or gives the compiler its own list."""
_GIVES_ONE = ("default-runtime", "default runtime")
"""What a text says where the engine gives a GPU to each build."""
_LIST = "TORCH_CUDA_ARCH_LIST"
_LISTS = {
    _LIST: 'set TORCH_CUDA_ARCH_LIST before ("8.0;8.6;9.0+PTX"): the capabilities of the GPUs that the image is for',
    "TCNN_CUDA_ARCHITECTURES": "set TCNN_CUDA_ARCHITECTURES before (80,86): the GPUs that the image is for",
}


def problems(repository: Repository, image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield what an image compiles on a base with nvcc, for a torch with CUDA, where nothing says for which GPUs."""
    missing = _missing(image)
    if not missing or not _compiles_for_cuda(image, steps) or any(map(repository.sources.mentions, _GIVES_ONE)):
        return
    for variable, shown, span in (*_known(image), *_local(repository, image)):
        if variable in missing:
            message = f"the build of {shown} asks which GPU is there to compile for, and a build has none"
            yield Problem(span, message, image.base.because, _LISTS[variable], Severity.WARNING, image.label)


def _missing(image: Image) -> set[str]:
    """The variables of which neither the Dockerfile nor its build says anything."""
    build, text = image.evaluated.build, image.evaluated.dockerfile.source.text
    given = {name for name, _ in build.args}
    return set() if build.more else {name for name in _LISTS if name not in text and name not in given}


def _compiles_for_cuda(image: Image, steps: tuple[TorchStep, ...]) -> bool:
    """Whether an image stands on a base of CUDA's devel flavour, with a torch for CUDA there or installed."""
    root = image.base.root
    reference = root.reference if root is not None else None
    if reference is None or flavour_of(reference) != "devel" or not image.base.sure:
        return False
    channels = [image.base.torch.channel, *(choice.channel for step in steps for choice in step.choices)]
    return image.base.accelerator == "cuda" and any(channel.startswith("cu") for channel in channels)


def _known(image: Image) -> Iterator[tuple[str, str, Span]]:
    """Yield the variables that projects in git need, each with what is installed and where that stands."""
    own = {install.span for stage in image.evaluated.line_of(image.stage) for install in stage.installs}
    for install in image.installs:
        if install.tool not in ("pip", "uv") or not install.must_succeed or install.removes or install.span not in own:
            continue
        for requirement in install.requirements:
            variable = (
                asks_for_gpu(requirement.url or "") if requirement.kind == "vcs" and not requirement.maybe else ""
            )
            span = requirement.span or install.span
            if variable and span is not None:
                yield variable, requirement.written, span


def _local(repository: Repository, image: Image) -> Iterator[tuple[str, str, Span]]:
    """The same of folders of the repository whose setup.py compiles CUDA code and leaves the choice to torch."""
    evaluated = image.evaluated
    for stage in evaluated.line_of(image.stage):
        for instruction in evaluated.instructions_of(stage):
            for shown, span in _folders(evaluated, instruction):
                parts = normal(shown).lstrip("/").split("/")
                paths = {posixpath.join(*parts), posixpath.join("", *parts[1:])}  # below the folder of a WORKDIR, too
                for path in (posixpath.join(context, one) for context in evaluated.build.contexts for one in paths):
                    source = repository.sources.read(normal(posixpath.join(path, "setup.py")))
                    if source is not None and _leaves_it_to_torch(source.text):
                        yield _LIST, shown, span
                        break


def _folders(evaluated: Evaluated, instruction: Instruction) -> Iterator[tuple[str, Span]]:
    """Yield the folders that a RUN installs for certain."""
    if instruction.keyword != "RUN" or "pip" not in instruction.text or "/" not in instruction.text:
        return
    from wxlint.images.evaluation.commands import commands_of

    for ran in commands_of(evaluated.dockerfile.source, instruction):
        words = [word.value.text for word in ran.command.words]
        if _PIP.search(" ".join(words[:4])) is None or not ran.must_succeed:
            continue
        for word in ran.command.words[2:]:
            text = word.value.text
            if word.value.known and _FOLDER.fullmatch(text):
                yield text, ran.span(word)


def _leaves_it_to_torch(setup: str) -> bool:
    return _EXTENSION.search(setup) is not None and _CHOOSES.search(setup) is None
