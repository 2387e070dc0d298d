"""The command line of a stage: `STAGE INPUT [--out FOLDER]`, and the exit codes of `errors`."""

from __future__ import annotations

import argparse
import enum
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from stagekit.errors import InputError, StageError
from stagekit.manifest import Job, Result, close_job, open_job

# Programs that may be run in a stage's image instead of the stage: `docker run IMAGE python -c …` is how
# an image is looked into. A short list, since a film may be called like a program.
PROGRAMS = ("python", "nvidia-smi", "sh", "bash")


class Takes(enum.Enum):
    """What a stage's INPUT is; the value is its help text."""

    MEDIA = "the film, such as in/movie.mp4"
    FOLDER = "the film's folder, such as out/movie"
    TITLE = "the film's title, and its year as a second word"


class Stage(NamedTuple):
    """A stage: its name as the images have it, what it takes, and the function that does the work."""

    name: str
    takes: Takes
    work: Callable[[Job], Result]


def run(stage: Stage, argv: Sequence[str] | None = None) -> int:
    """Does the stage's work for a command line; returns the exit code. Prints the manifest's path on success."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in PROGRAMS:
        instead(words)
    job = None
    try:
        job = start(stage, words)
        print(close_job(job, stage.work(job)))
        return 0
    except StageError as error:
        print(f"{stage.name}: {error}", file=sys.stderr)
        return error.code
    finally:
        if job is not None:
            shutil.rmtree(job.work, ignore_errors=True)


def start(stage: Stage, words: Sequence[str]) -> Job:
    """The job that a command line asks for. Raises InputError; argparse leaves with 2 on a wrong option."""
    parser = argparse.ArgumentParser(prog=stage.name)
    parser.add_argument("input", help=stage.takes.value)
    if stage.takes is Takes.TITLE:
        parser.add_argument("year", nargs="?", help="the year it came out")
    parser.add_argument("--out", type=Path, help="the film's folder (default: out/NAME)")
    args = parser.parse_args(words)
    more = (args.year,) if stage.takes is Takes.TITLE and args.year else ()
    given = Path(args.input)
    if stage.takes is Takes.MEDIA:
        if not given.is_file():
            raise InputError(f"no such file: {args.input}")
        folder = args.out or Path("out") / folder_name(given.stem)
    elif stage.takes is Takes.FOLDER:
        if not given.is_dir():
            raise InputError(f"no such folder: {args.input}")
        folder = args.out or given
    else:
        folder = args.out or Path("out") / folder_name(args.input)
    return open_job(stage.name, args.input, more, folder)


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
