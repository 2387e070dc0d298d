"""What a stage needs from outside the image: a device to compute on, and models from a hub or its cache."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from stagekit.errors import MissingError

Model = TypeVar("Model")


def device() -> str:
    """ "cuda" or "cpu". STAGE_DEVICE decides; without it a CUDA image takes the GPU or raises MissingError.

    A CUDA image that quietly computes on the CPU is what its users complain about, so that has to be asked for.
    """
    asked = os.environ.get("STAGE_DEVICE", "")
    if asked in ("cpu", "cuda"):
        return asked
    if os.environ.get("STAGE_VARIANT") != "cuda":
        return "cpu"
    import torch  # seconds to import, and only a CUDA image has it for sure

    if not torch.cuda.is_available():
        raise MissingError(
            "this is a CUDA image and CUDA is not available: start it with a GPU (compose reserves one; "
            "docker run needs --gpus all and the NVIDIA container toolkit), take the :cpu image "
            "(docker-compose.cpu.yml), or set STAGE_DEVICE=cpu"
        )
    return "cuda"


def load(model: str, loader: Callable[[], Model | None]) -> Model:
    """Loads a model from the hub or the mounted cache. Raises MissingError with what to do when it cannot be had."""
    cache = os.environ.get("HF_HOME", "~/.cache/huggingface")
    remedy = f"mount a cache that holds it at {cache}, or allow the download (HF_TOKEN for a gated model)"
    try:
        loaded = loader()
    # The hub's own errors and those of requests are OSErrors; a repository that is not there is a ValueError.
    except (OSError, ValueError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise MissingError(f"the model {model} could not be loaded: {first}\n{remedy}") from error
    if loaded is None:  # pyannote's answer to a gated model without a token
        raise MissingError(f"the model {model} could not be loaded: its terms must be accepted on the hub\n{remedy}")
    print(f"model: {model}", file=sys.stderr)
    return loaded
