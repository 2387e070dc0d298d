"""What every stage of the pipeline shares: its command line, exit codes, manifest and file formats.

A stage is a module with one function that does the work and a `Stage` that describes it:

    STAGE = Stage("demux", Takes.MEDIA, work)
    if __name__ == "__main__":
        raise SystemExit(run(STAGE))

It is started as `STAGE INPUT [--out FOLDER]`. The film's folder (out/movie) holds one folder per finished
stage: its files and a manifest.json that names them. That folder appears only when the stage has succeeded,
so a manifest that is there is whole; it names what was read by digest, which tells the pipeline where to go on.
"""

from __future__ import annotations

from stagekit.command import Stage, Takes, run
from stagekit.errors import BusyError, FailedError, InputError, MissingError, NotReadyError
from stagekit.manifest import Job, Result

__all__ = [
    "BusyError",
    "FailedError",
    "InputError",
    "Job",
    "MissingError",
    "NotReadyError",
    "Result",
    "Stage",
    "Takes",
    "run",
]
