"""The folder of a film, and the manifest each stage leaves there.

    out/movie/demux/manifest.json
    {"schema": "cp-whisperx/1", "stage": "demux", "source": "in/movie.mp4",
     "outputs": {"audio": "audio.wav"}, "facts": {"seconds": 2.0}}

`outputs` are file names inside the stage's own folder.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stagekit.errors import InputError, NotReadyError

SCHEMA = "cp-whisperx/1"
NAME = "manifest.json"


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

    def find(self, stage: str, output: str) -> Path | None:
        """The file that an earlier stage recorded under this name, or None when it has not run."""
        place = self.folder / stage
        try:
            named = json.loads((place / NAME).read_text(encoding="utf-8"))["outputs"][output]
            path = place / str(named)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = f"{type(error).__name__}: {error}"
            raise NotReadyError(f"{place / NAME} cannot be used ({why}): run {stage} again") from error
        if path.parent != place or not path.is_file():
            raise NotReadyError(f"{place / NAME} names {str(named)!r}, which is not there: run {stage} again")
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
        manifest = json.loads((self.folder / "demux" / NAME).read_text(encoding="utf-8"))
        film = Path(str(manifest.get("source", "")))
        if not film.is_file():
            raise InputError(f"the film {str(film)!r}, which demux read, is not there any more")
        return film


def open_job(stage: str, source: str, words: tuple[str, ...], folder: Path) -> Job:
    """A job with an empty folder to write in. Raises InputError when the place cannot be written."""
    work = folder / f"{stage}.partial"
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"cannot write to {folder} as user {os.getuid()}: {error.strerror}") from error
    return Job(stage, source, words, folder, work)


def close_job(job: Job, result: Result) -> Path:
    """Writes the manifest and puts the finished folder in place of an older one. Returns the manifest's path."""
    manifest = {
        "schema": SCHEMA,
        "stage": job.stage,
        "source": job.source,
        "outputs": {name: path.relative_to(job.work).name for name, path in result.outputs.items()},
        "facts": dict(result.facts),
    }
    (job.work / NAME).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    place = job.folder / job.stage
    shutil.rmtree(place, ignore_errors=True)
    job.work.rename(place)
    return place / NAME
