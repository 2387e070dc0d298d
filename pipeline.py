#!/usr/bin/env python3
"""Runs the stages on a film, in order, each in its container.

    python pipeline.py -i in/movie.mp4

Can be resumed: a stage whose result is there, made of the same film and the same results of earlier stages, is not run
again. `--from STAGE` runs that stage and those after it once more. Needs Python 3.10 and docker compose, nothing else.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "docker" / "common"))

from stagekit.command import film_folder, owned_by  # noqa: E402  lies beside the stages, which share it
from stagekit.errors import InputError, MissingError, NotReadyError  # noqa: E402
from stagekit.languages import language  # noqa: E402
from stagekit.manifest import NAME, stale  # noqa: E402


class Step(NamedTuple):
    """A stage. needs: the stages whose results it cannot do without. dispensable: the film goes on without it when
    something from outside is missing, such as a key or a model. asked: run only with --optional.
    """

    name: str
    needs: tuple[str, ...] = ()
    dispensable: bool = False
    asked: bool = False
    models: bool = False


STEPS = (
    Step("demux"),
    Step("tmdb", dispensable=True),
    Step("pre-ner", needs=("tmdb",), dispensable=True),
    Step("silero-vad", needs=("demux",), dispensable=True),
    Step("pyannote-vad", needs=("demux",), dispensable=True, models=True),
    Step("diarization", needs=("demux",), dispensable=True, models=True),
    Step("asr", needs=("demux",), models=True),
    Step("second-pass-translation", needs=("asr",), asked=True, models=True),
    Step("lyrics-detection", needs=("demux",), dispensable=True, asked=True, models=True),
    Step("post-ner", needs=("asr", "pre-ner"), dispensable=True),
    Step("subtitle-gen", needs=("asr",)),
    Step("mux", needs=("demux", "subtitle-gen")),
)
STAGES = tuple(step.name for step in STEPS)
OPTIONAL = tuple(step.name for step in STEPS if step.asked)


class Film(NamedTuple):
    """What the stages are given: the film, its folder, and what tmdb looks up."""

    path: str
    folder: str
    title: str
    year: str

    def arguments(self, stage: str) -> list[str]:
        """The command line of a stage for this film."""
        if stage == "demux":
            return [self.path, "--out", self.folder]
        if stage == "tmdb":
            return [self.title, *([self.year] if self.year else []), "--out", self.folder]
        return [self.folder]

    def stale(self, stage: str) -> str:
        """Why a stage has to be run, "" when its result is there and made of what is there now."""
        words = self.arguments(stage)
        source, *more = words[:-2] if "--out" in words else words
        return stale(Path(self.folder), stage, source, tuple(more))


def film(path: str, title: str = "", year: str = "") -> Film:
    """A film by its file: in/series/ep 01.mp4 -> out/series/ep_01. tmdb reads the title from the file's name itself.

    Raises InputError when the folder's name is another film's.
    """
    folder = film_folder(path)
    owned_by(folder, path)
    return Film(path, folder.as_posix(), title or Path(path).stem, year)


def has_gpu() -> bool:
    """Whether this host has an NVIDIA GPU whose driver answers."""
    if shutil.which("nvidia-smi") is None:
        return False
    return subprocess.run(["nvidia-smi", "-L"], check=False, capture_output=True).returncode == 0


def compose(variant: str) -> list[str]:
    """The compose command for a variant: without a GPU, the override that reserves none."""
    files = ["docker-compose.yml", *(["docker-compose.cpu.yml"] if variant == "cpu" else [])]
    return ["docker", "compose", *(word for name in files for word in ("-f", name))]


def lacking(target: Film, step: Step) -> tuple[str, ...]:
    """The stages without whose results a stage cannot run, and that have left none."""
    return tuple(need for need in step.needs if not (Path(target.folder) / need / NAME).is_file())


def run(
    command: Sequence[str], target: Film, steps: Sequence[Step], again: Sequence[str], env: Mapping[str, str]
) -> int:
    """Runs what is stale or named in `again`; returns the exit code of the first stage that ends the run, or 0."""
    began = time.monotonic()
    for at, step in enumerate(steps, 1):
        label = f"[{at}/{len(steps)}] {step.name}"
        if step.name not in again and not target.stale(step.name):
            print(f"{label}: done before", flush=True)
            continue
        if needs := lacking(target, step):
            if step.dispensable:
                print(f"{label}: left out, since {', '.join(needs)} left nothing", flush=True)
                continue
            print(f"{label}: needs {', '.join(needs)}, which left nothing", file=sys.stderr)
            return NotReadyError.code
        print(label, flush=True)
        started = time.monotonic()
        words = [*command, "run", "--rm", "-T", step.name, *target.arguments(step.name)]
        with log_file(target, step.name) as log:
            code = logged(words, env, log)
        if code == MissingError.code and step.dispensable:
            print(f"{label}: left out, for the reason above", flush=True)
        elif code:
            print(f"{label}: failed with exit code {code}; the same command resumes here", file=sys.stderr)
            return code
        else:
            print(f"{label}: {time.monotonic() - started:.1f} s", flush=True)
    print(f"all stages done in {time.monotonic() - began:.1f} s: {target.folder}")
    return 0


@contextmanager
def log_file(target: Film, stage: str) -> Iterator[TextIO]:
    """The log of a stage, in the film's folder; that of the run before is kept as .1."""
    path = Path(target.folder) / "logs" / f"{stage}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.replace(path.with_suffix(".log.1"))
    with path.open("w", encoding="utf-8") as log:
        yield log


def logged(words: Sequence[str], env: Mapping[str, str], log: TextIO) -> int:
    """Runs a program, shows what it writes and keeps it; returns its exit code."""
    with subprocess.Popen(
        words, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    ) as running:  # fmt: skip
        assert running.stdout is not None
        for line in running.stdout:
            sys.stdout.write(line)
            log.write(line)
    return running.returncode


def fetch_models(command: Sequence[str], steps: Sequence[Step], env: Mapping[str, str]) -> int:
    """Loads the models of the stages into ./models; returns the first failure's exit code, or 0."""
    allowed = {**env, "HF_HUB_OFFLINE": "0", "STAGE_DEVICE": "cpu"}
    codes = []
    for step in steps:
        if step.models:
            print(f"models of {step.name}", flush=True)
            words = [*command, "run", "--rm", "-T", step.name, "--fetch-models"]
            codes.append(subprocess.run(words, check=False, env=allowed, stdin=subprocess.DEVNULL).returncode)
    return next((code for code in codes if code), 0)


def settings(env: Mapping[str, str]) -> dict[str, str]:
    """The environment with STAGE_USER: the files then belong to whoever runs this.

    It is written to .env as well, so that `docker compose run` by hand does the same. Windows needs no such thing.
    """
    path = ROOT / ".env"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    written = dict(re.findall(r"^\s*(\w+)=(.*)$", text, re.M))
    said = {**written, **env}
    if hasattr(os, "getuid") and "STAGE_USER" not in said:
        said["STAGE_USER"] = f"{os.getuid()}:{os.getgid()}"
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{'' if text.endswith(chr(10)) or not text else chr(10)}STAGE_USER={said['STAGE_USER']}\n")
    return said


def chosen(args: argparse.Namespace) -> list[Step]:
    """The stages of this run, in order."""
    if args.only:
        return [step for step in STEPS if step.name in args.only]
    return [step for step in STEPS if step.name not in args.skip and (args.optional or not step.asked)]


def arguments(argv: Sequence[str] | None) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run the stages on a film.")
    parser.add_argument("-i", "--input", help="the film, in the folder in/")
    parser.add_argument("--title", default="", help="the title to look up (default: by the file's name)")
    parser.add_argument("--year", default="", help="the year it came out (default: by the file's name)")
    parser.add_argument(
        "--variant", choices=("auto", "cpu", "cuda"), default="auto", help="default: cuda where there is a GPU"
    )
    parser.add_argument("--optional", action="store_true", help=f"run {' and '.join(OPTIONAL)} as well")
    each = {"choices": STAGES, "metavar": "STAGE"}
    parser.add_argument("--skip", action="append", default=[], help="leave it out", **each)
    parser.add_argument("--only", action="append", default=[], help="run this stage and no other", **each)
    parser.add_argument("--from", dest="start", help="run this stage and those after it again", **each)
    parser.add_argument("--dry-run", action="store_true", help="say what would be run, and why")
    parser.add_argument("--fetch-models", action="store_true", help="load the models into ./models, and end")
    return parser, parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 2 usage, otherwise the failed stage's."""
    parser, args = arguments(argv)
    given = Path(args.input).resolve() if args.input else None
    os.chdir(ROOT)  # the containers see in/, out/ and models/ of this folder
    steps = chosen(args)
    if args.start and args.start not in [step.name for step in steps]:
        parser.error(f"--from {args.start}: this run leaves that stage out")
    env = settings(os.environ)
    variant = args.variant if args.variant != "auto" else "cuda" if has_gpu() else "cpu"
    if args.fetch_models:
        return fetch_models(compose("cpu"), steps, env)
    if given is None:
        parser.error("-i FILM is needed")
    path = Path(os.path.relpath(given, ROOT)).as_posix()
    if not path.startswith("in/") or not Path(path).is_file():
        parser.error(f"no such file in {ROOT / 'in'}: {args.input} (the containers see that folder only)")
    try:
        if any(step.name == "second-pass-translation" for step in steps):
            language(env.get("TRANSLATION_TARGET") or "en")
        target = film(path, args.title, args.year)
    except InputError as error:
        parser.error(str(error))
    names = [step.name for step in steps]
    again = names[names.index(args.start) :] if args.start else names if args.only else []
    print(f"{path}: {variant} images, results in {target.folder}", flush=True)
    if args.dry_run:
        for name in names:
            print(f"{name}: {'asked for' if name in again else target.stale(name) or 'done before'}")
        return 0
    return run(compose(variant), target, steps, again, env)


if __name__ == "__main__":
    raise SystemExit(main())
