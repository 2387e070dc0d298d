"""What a package's name or version says by itself of the CUDA and the torch it was built for.

Makers write the generation into names (`cupy-cuda12x`, `mxnet-cu112`, `faiss-gpu-cu12`) and into local versions
(`+cu118`, `+cu12torch2.4cxx11abiFALSE`, `+pt25cu124`): no table is needed to read it.
"""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

_NAME = late(r".+-(?:cuda|cu)-?(\d{2,3})x?(?:-.*)?")
_CUDA = late(r"(?<![a-z])cu(?:da)?(\d{2,3})(?!\d)|(?:pt|torch)[\d.]+cu(\d{2,3})(?!\d)")
_TORCH = late(r"torch(\d+\.\d+)|torch(\d)(\d{1,2})\d(?!\d)|pt(\d)\.?(\d+?)(?=\D|$|cu)")
_FOLDER_TORCH = late(r"(?:torch|pyt)-?(?:(\d+\.\d+)(?:\.\d+)?(?![\d.])|(\d)(\d{1,2})\d(?![\d.]))")
_FOLDER_CUDA = late(r"(?<![a-z])cu(?:da[-_]?)?(\d{2,3})(?!\d)")
_FOLDER_CPU = late(r"(?<![a-z\d])cpu(?![a-z\d])")


class Generation(NamedTuple):
    """cuda: "12", "11.8", or "" where nothing says so. torch: "2.4" or "". cpu: a build for the CPU."""

    cuda: str = ""
    torch: str = ""
    cpu: bool = False


def cuda_of_digits(digits: str) -> str:
    """Return the CUDA version that the digits of a suffix stand for: "12" is any 12, "118" is 11.8, "92" is 9.2."""
    if len(digits) == 2 and digits[0] != "1":
        return f"{digits[0]}.{digits[1]}"
    return digits if len(digits) == 2 else f"{digits[:2]}.{digits[2]}"


def generation_of_name(name: str) -> Generation:
    """Return what a distribution's normalised name says: `cupy-cuda12x`, `spconv-cu118`, `nvidia-dali-cuda120`."""
    match = _NAME.fullmatch(name) if "-cu" in name else None
    if match is None:
        return Generation()
    if name.endswith("x") or name.startswith("nvidia-dali"):  # cupy-cuda12x; DALI's cuda120 is for any CUDA 12
        return Generation(match[1][:2])
    return Generation(cuda_of_digits(match[1]))


def generation_of_local(local: str) -> Generation:
    """Return what a local version says: "cu118", "cu12torch2.4cxx11abiFALSE", "pt25cu124", "torch240cu121"."""
    text = local.lower()
    cuda = _CUDA.search(text)
    torch = _TORCH.search(text)
    return Generation(
        cuda_of_digits(cuda[1] or cuda[2]) if cuda else "",
        (torch[1] or f"{torch[2] or torch[4]}.{torch[3] or torch[5]}") if torch else "",
    )


def generation_of_release(name: str, pin: str) -> Generation:
    """Return what the release of a distribution says: paddlepaddle-gpu numbers its builds by CUDA, "2.6.1.post120"."""
    match = re.search(r"\.post(\d{2,3})$", pin) if name == "paddlepaddle-gpu" else None
    return Generation(cuda_of_digits(match[1])) if match is not None else Generation()


def generation_of_folder(url: str) -> Generation:
    """Return what the address of a folder or an index of wheels says.

    `whl/torch-2.4.0+cu121.html`, `dist/cu118/torch2.0/index.html`, `wheels/torch-2.4/cu124/repo.html`, `whl/cpu`,
    `wheels/py310_cu117_pyt201/download.html`, `onnxruntime-cuda-12/pypi/simple`.
    """
    text = url.lower().replace("%2b", "+")
    torch, cuda = _FOLDER_TORCH.search(text), _FOLDER_CUDA.search(text)
    return Generation(
        cuda_of_digits(cuda[1]) if cuda is not None else "",
        (torch[1] or f"{torch[2]}.{torch[3]}") if torch is not None else "",
        cuda is None and _FOLDER_CPU.search(text) is not None,
    )


def generation_of_extra(extra: str) -> str:
    """Return the CUDA version that an extra names: `cuda12`, `cuda12-local`, `cu13`, `cuda11x`, `cuda118`."""
    match = re.match(r"cu(?:da)?(\d{2,3})", extra)
    return cuda_of_digits(match[1]) if match is not None else ""


def same_cuda(one: str, two: str) -> bool | None:
    """Return whether two CUDA versions are of one generation: libraries of one major version go together. None if
    either is unknown."""
    if not one or not two:
        return None
    return one.partition(".")[0] == two.partition(".")[0]


def cuda_major(version: str) -> str:
    """Return the major version: "12" of "12.4"."""
    return re.split(r"\.", version, maxsplit=1)[0]
