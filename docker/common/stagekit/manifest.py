"""The folder of a film, and the manifest each stage leaves there.

    out/movie/demux/manifest.json
    {"schema": "cp-whisperx/2", "stage": "demux", "source": "in/movie.mp4", "words": [],
     "reads": {"in/movie.mp4": "sha256:…"}, "outputs": {"audio": "audio.wav"}, "facts": {"seconds": 2.0}}

`outputs` are file names inside the stage's own folder. `reads` are the digests of what the stage has read: the film,
and what earlier stages recorded (`asr/transcript`), null for what was looked for and not there. A result whose reads
have other digests now is stale. The form is that of manifest.schema.json.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from stagekit.documents import read_document, write_document
from stagekit.errors import BusyError, InputError, NotReadyError

SCHEMA = "cp-whisperx/2"
NAME = "manifest.json"
_SAMPLES, _SAMPLE = 16, 1 << 20  # of a film: so many pieces of so many bytes, since a film may hold tens of gigabytes


class Result(NamedTuple):
    """What a stage made: output name -> file in `Job.work`, and facts worth reading (numbers, names, model)."""

    outputs: Mapping[str, Path]
    facts: Mapping[str, Any] = {}


class Job(NamedTuple):
    """One run of a stage. `source` is the input as it was given; `work` is where the stage writes."""

    stage: str
    source: str
    words: tuple[str, ...]
    folder: Path
    work: Path
    lock: TextIO | None
    reads: dict[str, str | None]

    def find(self, stage: str, output: str) -> Path | None:
        """The file that an earlier stage recorded under this name, or None when it has not run."""
        path = recorded(self.folder, stage, output)
        self.reads[f"{stage}/{output}"] = None if path is None else digest(path)
        return path

    def need(self, stage: str, output: str) -> Path:
        """As `find`, but raises NotReadyError when the stage has not run."""
        path = self.find(stage, output)
        if path is None:
            raise NotReadyError(f"{self.folder} has no {output} from {stage}: run {stage} first")
        return path

    def film(self) -> Path:
        """The film that demux read. Raises NotReadyError when demux has not run, InputError when the film is gone."""
        self.need("demux", "audio")
        film = Path(manifest_of(self.folder / "demux")["source"])
        if not film.is_file():
            raise InputError(f"the film {str(film)!r}, which demux read, is not there any more")
        self.reads[str(film)] = film_digest(film)
        return film


def manifest_of(place: Path) -> dict[str, Any]:
    """The manifest of a stage's folder. Raises FileNotFoundError without one, NotReadyError when it cannot be used."""
    return read_document(place / NAME, "manifest", f"run {place.name} again")


def recorded(folder: Path, stage: str, output: str) -> Path | None:
    """The file that a stage recorded, None when the stage has not run. Raises NotReadyError when it is not usable."""
    place = folder / stage
    try:
        named = manifest_of(place)["outputs"].get(output)
    except FileNotFoundError:
        return None
    path = place / str(named)
    if named is None or path.parent != place or path.is_symlink() or not path.is_file():
        raise NotReadyError(f"{place / NAME} names {named!r} as its {output}, which is not there: run {stage} again")
    return path


def stale(folder: Path, stage: str, source: str, words: tuple[str, ...] = ()) -> str:
    """Why the result of a stage has to be made again, "" when it is what a new run would read the same files for."""
    try:
        manifest = manifest_of(folder / stage)
        for output in manifest["outputs"]:
            recorded(folder, stage, output)
        if (manifest["source"], tuple(manifest["words"])) != (source, words):
            return f"it was made of {' '.join([manifest['source'], *manifest['words']])}"
        for name, before in manifest["reads"].items():
            now = _digest_now(folder, name)
            if now != before:
                return f"{name} {'is new' if before is None else 'is gone' if now is None else 'has changed'}"
    except FileNotFoundError:
        return "it has not run"
    except NotReadyError as error:
        return str(error)
    return ""


def _digest_now(folder: Path, name: str) -> str | None:
    """The digest of what a manifest names among its reads: a file of a stage in this folder, else the film itself."""
    stage, _, output = name.partition("/")
    if (folder / stage).is_dir() and "/" not in output:
        path = recorded(folder, stage, output)
        return None if path is None else digest(path)
    film = Path(name)
    return film_digest(film) if film.is_file() else None


def digest(path: Path) -> str:
    """The digest of a file that a stage made."""
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_SAMPLE):
            summed.update(piece)
    return f"sha256:{summed.hexdigest()}"


def film_digest(path: Path) -> str:
    """The digest of a film: its size, and pieces spread evenly over it, since reading all of it takes a minute."""
    size = path.stat().st_size
    summed = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for number in range(_SAMPLES):
            file.seek(max(0, size - _SAMPLE) * number // (_SAMPLES - 1))
            summed.update(file.read(_SAMPLE))
    return f"sampled-sha256:{summed.hexdigest()}"


def open_job(stage: str, source: str, words: tuple[str, ...], folder: Path) -> Job:
    """A job with an empty folder of its own to write in, and the lock of its stage.

    Raises InputError when the place cannot be written, BusyError when another run of the stage is at work there.
    """
    import fcntl  # not on Windows, where pipeline.py reads manifests as well

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / f".{stage}.lock").open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write to {folder} as user {os.getuid()}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise BusyError(f"another run of {stage} is at work in {folder}") from None
    for left in folder.glob(f"{stage}.partial-*"):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    return Job(stage, source, words, folder, Path(tempfile.mkdtemp(prefix=f"{stage}.partial-", dir=folder)), lock, {})


def close_job(job: Job, result: Result) -> Path:
    """Writes the manifest and puts the finished folder in place of an older one. Returns the manifest's path."""
    manifest = {
        "schema": SCHEMA,
        "stage": job.stage,
        "source": job.source,
        "words": list(job.words),
        "reads": dict(job.reads),
        "outputs": {name: path.relative_to(job.work).name for name, path in result.outputs.items()},
        "facts": dict(result.facts),
    }
    write_document(job.work / NAME, manifest, "manifest")
    job.work.chmod(0o755)  # mkdtemp lets nobody else in
    place = job.folder / job.stage
    older = job.folder / f"{job.stage}.partial-older"
    if place.exists():
        place.rename(older)
    job.work.rename(place)
    shutil.rmtree(older, ignore_errors=True)
    return place / NAME


def leave_job(job: Job) -> None:
    """Removes what a job that did not finish has written, and lets the next one in."""
    shutil.rmtree(job.work, ignore_errors=True)
    if job.lock is not None:
        job.lock.close()
