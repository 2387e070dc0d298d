"""The command line of a stage: `STAGE INPUT [--out FOLDER]`, and the exit codes of `errors`.

`STAGE --fetch-models` loads the stage's models into the mounted cache and does nothing else.
"""

from __future__ import annotations

import argparse
import enum
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple, NoReturn

from stagekit.errors import InputError, NotReadyError, StageError
from stagekit.manifest import Job, Result, close_job, film_digest, leave_job, manifest_of, open_job
from stagekit.models import record_commits

# Programs that may be run in a stage's image instead of the stage: `docker run IMAGE python -c …` is how
# an image is looked into. A short list, since a film may be called like a program.
PROGRAMS = ("python", "nvidia-smi", "sh", "bash")


class Takes(enum.Enum):
    """What a stage's INPUT is; the value is its help text."""

    MEDIA = "the film, such as in/movie.mp4"
    FOLDER = "the film's folder, such as out/movie"
    TITLE = "the film's title, and its year as a second word"


class Stage(NamedTuple):
    """A stage: its name as the images have it, what it takes, the function that does the work, and the one that
    loads its models, for a stage that has some.
    """

    name: str
    takes: Takes
    work: Callable[[Job], Result]
    fetch: Callable[[], None] | None = None


def run(stage: Stage, argv: Sequence[str] | None = None) -> int:
    """Does the stage's work for a command line; returns the exit code. Prints the manifest's path on success."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in PROGRAMS:
        instead(words)
    job = None
    try:
        if words == ["--fetch-models"]:
            if stage.fetch is not None:
                stage.fetch()
                record_commits()
            return 0
        job = start(stage, words)
        print(close_job(job, stage.work(job)))
        return 0
    except StageError as error:
        print(f"{stage.name}: {error}", file=sys.stderr)
        return error.code
    finally:
        if job is not None:
            leave_job(job)


def start(stage: Stage, words: Sequence[str]) -> Job:
    """The job that a command line asks for. Raises InputError; argparse leaves with 2 on a wrong option."""
    parser = argparse.ArgumentParser(prog=stage.name)
    parser.add_argument("input", help=stage.takes.value)
    if stage.takes is Takes.TITLE:
        parser.add_argument("year", nargs="?", help="the year it came out")
    parser.add_argument("--out", type=Path, help="the film's folder (default: out/NAME)")
    parser.add_argument("--fetch-models", action="store_true", help="alone: load the models, and nothing else")
    args = parser.parse_args(words)
    more = (args.year,) if stage.takes is Takes.TITLE and args.year else ()
    given = Path(args.input)
    if stage.takes is Takes.MEDIA:
        if not given.is_file():
            raise InputError(f"no such file: {args.input}")
        folder = args.out or film_folder(args.input)
        owned_by(folder, args.input)
    elif stage.takes is Takes.FOLDER:
        if not given.is_dir():
            raise InputError(f"no such folder: {args.input}")
        folder = args.out or given
    else:
        folder = args.out or Path("out") / folder_name(args.input)
    job = open_job(stage.name, args.input, more, folder)
    if stage.takes is Takes.MEDIA:
        job.reads[args.input] = film_digest(given)
    return job


def film_folder(film: str) -> Path:
    """A film's folder: in/movie.mp4 -> out/movie, in/series/ep 01.mp4 -> out/series/ep_01. Raises InputError."""
    path = PurePosixPath(film)
    below = path.parts[1:-1] if path.parts[:1] == ("in",) else ()
    return Path("out").joinpath(*[folder_name(part) for part in (*below, path.stem)])


def owned_by(folder: Path, film: str) -> None:
    """Raises InputError when the folder holds another film's results: in/a.mp4 and in/a.mkv would share it."""
    try:
        owner = manifest_of(folder / "demux")["source"]
    except (FileNotFoundError, NotReadyError):
        return
    if owner != film:
        raise InputError(f"{folder} holds the results of {owner}: give --out for {film}")


def folder_name(title: str) -> str:
    """A film's title as a folder name: "Movie Name" -> "Movie_Name". Raises InputError when nothing is left."""
    name = re.sub(r"[^\w.-]+", "_", title).strip("._-")[:80]
    if not name:
        raise InputError(f"{title!r} holds nothing to name a folder after: give --out")
    return name


def instead(words: Sequence[str]) -> NoReturn:
    """Becomes another program, as a shell's exec does."""
    try:
        os.execvp(words[0], list(words))
    except FileNotFoundError:
        print(f"this image has no {words[0]}", file=sys.stderr)
        raise SystemExit(127) from None
