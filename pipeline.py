#!/usr/bin/env python3
"""Runs the stages on a film, in order, each in its container.

    python pipeline.py -i in/movie.mp4

A stage that has finished (out/movie/STAGE/manifest.json) is not run again, so after a failure the same
command goes on where it stopped. `--again STAGE` runs that stage and those after it once more.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
OPTIONAL = ("second-pass-translation", "lyrics-detection")
STAGES = (
    "demux",
    "tmdb",
    "pre-ner",
    "silero-vad",
    "pyannote-vad",
    "diarization",
    "asr",
    "second-pass-translation",
    "lyrics-detection",
    "post-ner",
    "subtitle-gen",
    "mux",
)


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


def film(path: str) -> Film:
    """A film by its file: "in/Movie Name (2024).mp4" -> out/Movie_Name_2024, "Movie Name", "2024"."""
    stem = Path(path).stem
    found = re.fullmatch(r"(.+?)[\s._(\[-]+((?:19|20)\d\d)[)\]]?", stem)
    title, year = found.groups() if found else (stem, "")
    folder = re.sub(r"[^\w.-]+", "_", stem).strip("._-")[:80] or "film"
    return Film(path, f"out/{folder}", re.sub(r"[\s._]+", " ", title).strip(), year)


def has_gpu() -> bool:
    """Whether this host has an NVIDIA GPU whose driver answers."""
    if shutil.which("nvidia-smi") is None:
        return False
    return subprocess.run(["nvidia-smi", "-L"], check=False, capture_output=True).returncode == 0


def compose(variant: str) -> list[str]:
    """The compose command for a variant: without a GPU, the override that reserves none."""
    files = ["docker-compose.yml", *(["docker-compose.cpu.yml"] if variant == "cpu" else [])]
    return ["docker", "compose", *(word for name in files for word in ("-f", name))]


def pending(folder: Path, stages: Sequence[str], again: str | None) -> list[str]:
    """The stages still to run: those without a manifest, and from `again` on all of them."""
    start = stages.index(again) if again else len(stages)
    return [stage for at, stage in enumerate(stages) if at >= start or not (folder / stage / "manifest.json").is_file()]


def run(
    command: Sequence[str], target: Film, stages: Sequence[str], todo: Sequence[str], env: Mapping[str, str]
) -> int:
    """Runs what is to do; returns the first failure's exit code, or 0."""
    for at, stage in enumerate(stages, 1):
        label = f"[{at}/{len(stages)}] {stage}"
        if stage not in todo:
            print(f"{label}: done before", flush=True)
            continue
        print(label, flush=True)
        began = time.monotonic()
        words = [*command, "run", "--rm", "-T", stage, *target.arguments(stage)]
        code = subprocess.run(words, check=False, cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL).returncode
        if code:
            print(f"{label}: failed with exit code {code}; the same command goes on from here", file=sys.stderr)
            return code
        print(f"{label}: {time.monotonic() - began:.1f} s", flush=True)
    print(f"all stages done: {target.folder}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 2 usage, otherwise the failed stage's."""
    parser = argparse.ArgumentParser(description="Run the stages on a film.")
    parser.add_argument("-i", "--input", required=True, help="the film, in the folder in/")
    parser.add_argument("--title", help="the title to look up (default: from the file name)")
    parser.add_argument("--year", help="the year it came out (default: from the file name)")
    parser.add_argument(
        "--variant", choices=("auto", "cpu", "cuda"), default="auto", help="default: cuda where there is a GPU"
    )
    parser.add_argument("--optional", action="store_true", help=f"run {' and '.join(OPTIONAL)} as well")
    parser.add_argument("--skip", action="append", choices=STAGES, default=[], metavar="STAGE", help="leave it out")
    parser.add_argument("--again", choices=STAGES, metavar="STAGE", help="run this stage and those after it again")
    args = parser.parse_args(argv)

    path = Path(os.path.relpath(Path(args.input).resolve(), ROOT)).as_posix()
    if not path.startswith("in/") or not (ROOT / path).is_file():
        parser.error(f"no such file in {ROOT / 'in'}: {args.input} (the containers see that folder only)")
    stages = [stage for stage in STAGES if stage not in args.skip and (args.optional or stage not in OPTIONAL)]
    if args.again and args.again not in stages:
        parser.error(f"--again {args.again}: this run leaves that stage out")

    found = film(path)
    target = found._replace(title=args.title or found.title, year=args.year or found.year)
    variant = args.variant if args.variant != "auto" else "cuda" if has_gpu() else "cpu"
    (ROOT / target.folder).mkdir(parents=True, exist_ok=True)
    env = dict(os.environ)
    if hasattr(os, "getuid"):  # the files then belong to whoever runs this; Windows needs nothing of the kind
        env.setdefault("STAGE_USER", f"{os.getuid()}:{os.getgid()}")
    print(f"{path}: {variant} images, results in {target.folder}", flush=True)
    return run(compose(variant), target, stages, pending(ROOT / target.folder, stages, args.again), env)


if __name__ == "__main__":
    raise SystemExit(main())
