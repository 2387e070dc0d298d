"""What a stage needs from outside the image: a device to compute on, and models from a hub or its cache."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import TypeVar

from stagekit.errors import FailedError, MissingError

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


# What the hub, its clients and torch's own downloads raise where something is not there or cannot be reached.
_ABSENT = {
    "ConnectionError",
    "EntryNotFoundError",
    "FileNotFoundError",
    "GatedRepoError",
    "HFValidationError",
    "HfHubHTTPError",
    "LocalEntryNotFoundError",
    "OfflineModeIsEnabled",
    "RepositoryNotFoundError",
    "RevisionNotFoundError",
    "URLError",
}
_SAYS_ABSENT = re.compile(r"couldn't connect|not a local folder|does not appear to have|cannot find|offline", re.I)


def load(model: str, loader: Callable[[], Model | None]) -> Model:
    """Loads a model from the hub or the mounted cache.

    Raises MissingError with what to do when it is not there, FailedError when it is there and cannot be loaded.
    """
    cache = os.environ.get("HF_HOME", "~/.cache/huggingface")
    remedy = (
        f"fetch it with `python pipeline.py --fetch-models`, mount a cache that holds it at {cache}, "
        "or allow the download (HF_TOKEN for a gated model)"
    )
    try:
        loaded = loader()
    # The hub's own errors and those of requests are OSErrors; a repository that is not there is a ValueError.
    except (OSError, ValueError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if absent(error):
            raise MissingError(f"the model {model} is not there: {first}\n{remedy}") from error
        raise FailedError(f"the model {model} could not be loaded: {first}") from error
    if loaded is None:  # pyannote's answer to a gated model without a token
        raise MissingError(f"the model {model} could not be loaded: its terms must be accepted on the hub\n{remedy}")
    print(f"model: {model}", file=sys.stderr)
    return loaded


def absent(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that a model is not there, rather than broken."""
    while error is not None:
        if any(kind.__name__ in _ABSENT for kind in type(error).__mro__):
            return True
        if isinstance(error, (OSError, ValueError)) and _SAYS_ABSENT.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def pinned(model: str) -> str:
    """A hub model as its loader takes it: NAME@COMMIT is the folder of just that commit, anything else is itself."""
    name, _, revision = model.partition("@")
    if not revision or os.path.exists(model):
        return model
    from huggingface_hub import snapshot_download  # comes with each of the packages that load from the hub

    return str(load(model, lambda: snapshot_download(name, revision=revision)))
