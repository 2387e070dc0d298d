"""What a stage needs from outside the image: a device to compute on, and models from a hub or its cache."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
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
    """A model as most loaders take it: the folder of a commit where NAME@COMMIT or a record says which, else itself."""
    name, _, revision = model.partition("@")
    if os.path.exists(model):
        return model
    if not revision:
        return str(_fetched(name) or model)
    from huggingface_hub import snapshot_download  # comes with each of the packages that load from the hub

    return str(load(model, lambda: snapshot_download(name, revision=revision)))


def at_commit(model: str) -> str:
    """A model as pyannote takes it: NAME@COMMIT where a record says which, else itself."""
    folder = None if "@" in model or os.path.exists(model) else _fetched(model)
    return f"{model}@{folder.name}" if folder is not None else model


def record_commits() -> None:
    """Notes the commit of every model in the caches, so that later runs take the same; what is noted stays."""
    found = {
        path.parent.parent.name.removeprefix("models--").replace("--", "/"): path.read_text().strip()
        for cache in _caches()
        for path in cache.glob("models--*/refs/main")
    }
    kept = {**found, **_recorded()}
    if kept:
        made = _record().with_suffix(f".{os.getpid()}")
        made.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
        made.replace(_record())


def _fetched(name: str) -> Path | None:
    """The folder of the commit that is noted for a hub model, where it lies in a cache."""
    commit = _recorded().get(name, "")
    folders = [cache / f"models--{name.replace('/', '--')}" / "snapshots" / commit for cache in _caches()]
    return next((folder for folder in folders if commit and folder.is_dir()), None)


def _recorded() -> dict[str, str]:
    try:
        return dict(json.loads(_record().read_text()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise FailedError(f"{_record()} cannot be read: {error}; without it, models are looked up anew") from error


def _record() -> Path:
    return _home() / "commits.json"


def _caches() -> list[Path]:
    pyannote = os.environ.get("PYANNOTE_CACHE")
    return [_home() / "hub", *([Path(pyannote)] if pyannote else [])]


def _home() -> Path:
    return Path(os.environ.get("HF_HOME") or "~/.cache/huggingface").expanduser()
