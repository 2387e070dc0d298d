"""Images that hold nothing which computes on a GPU, as far as all of what makes them was read.

A base that is known, lists of packages that were read to their ends, and commands that bring nothing else. Whatever is
not known may compute on a GPU.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.documents.dockerfile.words import json_words
from wxlint.images.evaluation.commands import RunCommand, commands_of
from wxlint.images.graph.image import Image, contributing, stack_of
from wxlint.images.graph.lineage.external_images import server_for_cpu
from wxlint.images.graph.services.copied_script import copied_script
from wxlint.images.model.records import StageCopy
from wxlint.images.stack.state import takes_cuda_from_nowhere
from wxlint.shell.python_modules import module_run

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service
    from wxlint.images.graph.repository import Repository
    from wxlint.images.installs.model import Install
    from wxlint.images.model.records import Stage

_PYTHON_TOOLS = ("pip", "uv", "uv-project", "poetry", "pipenv")
_HARMLESS = frozenset(
    "addgroup adduser apt apt-get cat cd chmod chown cp echo export find groupadd install ln locale-gen ls mkdir mv "
    "pip pip3 poetry printf pwd rm sed set sleep test touch true update-ca-certificates useradd uv [".split()
)
"""Programs that bring nothing but what is read of them as an install."""
_MAY_COMPUTE = late(
    r"(?:.*[-_.])?(?:nvidia|nv|cuda|cudnn|gpus?|gpustat|gputil|pynvml|nvitop|py3nvml|"
    r"opencl|pyopencl|opengl|pyopengl|vulkan|libegl1|egl|libglvnd0|glvnd|mesa|osmesa|moderngl|glfw|wgpu|vispy|vtk|pyvista|"
    r"pyglet|panda3d|pyqt\w*|blender|bpy|open3d|mujoco|pybullet|chromium|playwright|selenium|"
    r"ffmpeg|gstreamer.*|av|pyav|decord|dali|moviepy|imageio|"
    r"numba|taichi|warp|xgboost|lightgbm|catboost|triton|jax|tensor\w*|torch\w*|paddle\w*|mxnet|cupy|pycuda|hashcat|"
    r"llama|ollama|mlc|exllama\w*|whisper\w*|ultralytics|"
    r"ray|dask|docker|kubernetes|jupyter\w*|notebook|ipykernel)(?:[-_.\d].*)?"
)
"""Names of packages that watch a GPU, draw, encode or compute on one, or start what does, each kind on lines of its
own."""
_OWN_PROGRAM = late(r"/?(?:usr/(?:local/)?)?(?:bin/)?uvx?/?")


def holds_no_gpu_stack(repository: Repository, image: Image, service: Service | None) -> tuple[Reason, ...]:
    """Why nothing of an image computes on a GPU; () where that is not proven. service: that runs it."""
    state = image.state
    plain = state.accelerator == "cpu" and state.sure and state.torch.channel == "none"
    if not plain or state.packages or state.others or state.stored:
        return ()
    stack = stack_of(image)
    if not all(one.build in ("cpu", "same") or takes_cuda_from_nowhere(one, stack) for one in stack.packages):
        return ()
    known = {name for one in stack.packages for name in (one.name, one.brought_by)}
    base = state.root.reference if state.root is not None else None
    served = server_for_cpu(base) if base is not None else None
    if not _is_read(state.installs, known, enough=served is not None):
        return ()
    stages = contributing(image.evaluated, image.stage)
    if not all(_brings_nothing(image, stage) for stage in stages):
        return ()
    if _installs_at_start(repository, image, service, known=served is not None):
        return ()
    lists = dict.fromkeys(
        r.span.path for install in state.installs if install.tool != "apt" for r in install.requirements if r.span
    )
    listed = (Reason("install", "nothing that it installs computes on a GPU", path) for path in lists)
    in_vain = (
        reason_at("install", f"{one.written} takes CUDA's libraries from the system, which holds none", one.span)
        for one in stack.packages
        if one.libraries == "system"
    )
    return (*state.because, *(served[:1] if served is not None else ()), *in_vain, *listed)


def _is_read(installs: Sequence[Install], known: Set[str], *, enough: bool) -> bool:
    """Whether everything is known that installs bring, and nothing of it may compute on a GPU.

    known: packages that are known not to, for all that their names say. enough: whether the base does something by
    itself, so that nothing has to be installed.
    """
    if not enough and not any(install.tool in _PYTHON_TOOLS and install.requirements for install in installs):
        return False
    for install in installs:
        if install.unread or install.open or install.elsewhere or install.tool in ("conda", "script"):
            return False
        for requirement in install.requirements:
            if requirement.kind != "name" or not requirement.name:
                return False
            if requirement.name not in known and _MAY_COMPUTE.fullmatch(requirement.name):
                return False
    return True


def _brings_nothing(image: Image, stage: Stage) -> bool:
    """Whether a stage gets nothing but files of the build context and what its installs name."""
    source = image.evaluated.dockerfile.source
    for step in stage.steps:
        if isinstance(step, StageCopy) and not _is_harmless_copy(image, step):
            return False
    for instruction in image.evaluated.instructions_of(stage):
        if instruction.keyword == "ADD" and "://" in instruction.args:
            return False
        if instruction.keyword == "RUN" and not all(map(_is_harmless, commands_of(source, instruction))):
            return False
    return True


def _is_harmless_copy(image: Image, step: StageCopy) -> bool:
    if step.stage is None:
        return all(_OWN_PROGRAM.fullmatch(path) for path in step.paths)
    return any(stage.index == step.stage for stage in contributing(image.evaluated, image.stage))


def _is_harmless(ran: RunCommand) -> bool:
    if ran.name in ("python", "python3"):
        run = module_run(ran.command.words[1:])
        return run is not None and run.name.value.text in ("pip", "venv", "nltk.downloader")
    return ran.name in _HARMLESS


def _installs_at_start(repository: Repository, image: Image, service: Service | None, *, known: bool) -> bool:
    """Whether what a container starts with may install more, or is not known. known: it is where the base says it."""
    texts = [
        " ".join(text.value.text for text in command.words)
        for command in ((service.entrypoint, service.command) if service is not None else ())
        if command is not None
    ]
    instructions = image.evaluated.instructions_of(image.stage)
    last = {one.keyword: one for one in instructions if one.keyword in ("ENTRYPOINT", "CMD")}
    texts += [" ".join(json_words(one.args) or [one.args]) for one in last.values()]
    for word in [word for text in texts for word in text.split() if word.endswith(".sh")]:
        found = copied_script(repository, image, instructions, posixpath.basename(word))
        if found is None:
            return True
        texts.append(found.text)
    return (not texts and not known) or any(_GETS_MORE.search(text) for text in texts)


_GETS_MORE = late(r"\b(?:install|sync|curl|wget|git|add|uvx?|vllm|torch\w*|nvidia-smi)\b")
"""Words of a command that fetches more when a container starts, or runs what does compute on a GPU."""
