"""What variables and options of a program say about the device that it computes on: `WHISPER_DEVICE=cpu`, `--cpu`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.words import json_words

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.core.values import Value
    from wxlint.documents.compose.services import Service, ServiceCommand
    from wxlint.images.model.records import Evaluated, Stage

_DEVICE = late(r"(?:.+_)?DEVICE(?:_TYPE)?")
_GPU = late(r"(?:.+_)?(?:USE|ENABLE|WITH)_(?:GPU|CUDA)|(?:.+_)?(?:GPU|CUDA)_ENABLED|(?:\w*OCR_)?(?:GPU|CUDA)")
_CPU = late(r"(?:.+_)?(?:FORCE|USE)_CPU(?:_MODE|_ONLY)?|(?:.+_)?CPU_ONLY|(?:.+_)?(?:DISABLE|NO)_(?:GPU|CUDA)")
VISIBLE = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")
"""Variables by which CUDA and the container runtime choose devices, whatever the program does."""
_ON, _OFF = frozenset(("1", "true", "yes", "on")), frozenset(("0", "false", "no", "off"))
_NO_DEVICE = frozenset(("", "-1", "none", "void"))
_ON_GPU = late(r"(?:cuda|gpu)(?::\d+)?")
_SOME_DEVICES = late(r"all|[\d,]+|gpu-.*")
_CPU_OPTIONS = frozenset(("--cpu", "--cpu-only", "--use-cpu", "--use_cpu", "--no-cuda", "--no-gpu"))
_GPU_OPTIONS = frozenset(("--gpu", "--cuda", "--use-gpu", "--use_gpu", "--use-cuda"))


class Setting(NamedTuple):
    """What something is set to compute on. name: of the variable or the option. literal: no other file changes it."""

    accelerator: str
    name: str
    reason: Reason
    span: Span | None = None
    literal: bool = True


def said_by_variable(name: str, value: str) -> str | None:
    """The accelerator, "cpu" or "cuda", that a variable of the environment chooses; None where it chooses none."""
    name, value = name.upper(), value.strip("'\" ").lower()
    if name in VISIBLE:
        return "cpu" if value in _NO_DEVICE else "cuda" if _SOME_DEVICES.fullmatch(value) else None
    if _GPU.fullmatch(name):
        return "cuda" if value in _ON else "cpu" if value in _OFF else None
    if _CPU.fullmatch(name):
        return "cpu" if value in _ON else None
    return _of_device(value) if _DEVICE.fullmatch(name) else None


def said_by_options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each option of a command line that chooses an accelerator, as it is written, and that accelerator."""
    for word, following in zip(words, (*words[1:], "")):
        name, equals, value = word.partition("=")
        if name == "--device":
            accelerator = _of_device((value if equals else following).lower())
            if accelerator is not None:
                yield (word if equals else f"{word} {following}"), accelerator
        elif word in _CPU_OPTIONS and not following.isdigit():  # `--cpu 4`: how many
            yield word, "cpu"
        elif word in _GPU_OPTIONS and not following.isdigit():
            yield word, "cuda"


def _of_device(value: str) -> str | None:
    return "cpu" if value == "cpu" else "cuda" if _ON_GPU.fullmatch(value) else None


def settings_of_image(evaluated: Evaluated, stage: Stage) -> Iterator[Setting]:
    """What an image is set to: by its variables, and by what it starts with."""
    for name, value in stage.env.items():
        accelerator = _chosen(name, value)
        if accelerator is not None and value.because:
            yield Setting(accelerator, name, value.because[-1])
    for instruction in evaluated.instructions_of(stage):
        if instruction.keyword in ("CMD", "ENTRYPOINT"):
            words = json_words(instruction.args) or instruction.args.split()
            span = instruction.span(evaluated.dockerfile.source, 0, len(instruction.text))
            yield from _of_words(words, instruction.keyword, span)


def settings_of_service(service: Service) -> Iterator[Setting]:
    """What a service is set to: by its environment, and by its command."""
    for named in service.environment:
        accelerator = _chosen(named.name, named.value)
        if accelerator is not None and named.value is not None:
            text = f"compose service {service.name}: {named.name}={named.value.text}"
            span = named.place.span
            yield Setting(accelerator, named.name, reason_at("env", text, span), span, not named.value.because)
    for command in (service.entrypoint, service.command):
        if command is not None:
            yield from _of_words(_words(command), f"compose service {service.name}", command.place.span)


def _words(command: ServiceCommand) -> list[str]:
    """The words of a command; of one with variables those that are known."""
    known = [text.value.text for text in command.words if text.value.known and not text.value.because]
    return known if command.listed else [word for text in known for word in text.split()]


def _of_words(words: list[str], what: str, span: Span) -> Iterator[Setting]:
    for option, accelerator in said_by_options(words):
        yield Setting(accelerator, option, reason_at("env", f"{what}: {option}", span), span)


def _chosen(name: str, value: Value | None) -> str | None:
    """What a variable chooses. The CPU counts where it is written out: no argument and no other file changes it."""
    chosen = said_by_variable(name, value.text) if value is not None and value.known else None
    if chosen == "cpu" and value is not None and any(reason.kind != "env" for reason in value.because):
        return None
    return chosen
