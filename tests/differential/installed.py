"""What install commands leave in an environment, against what wxlint believes of the same RUN instructions.

    python -m tests.differential.installed --tool pip --cases 2000 --seed 1 [--show 5]
    python -m tests.differential.installed --tool uv --cases 2000 --seed 1

A case is a sequence of commands. They run for real, in a throwaway environment, on local indexes of dummy wheels
whose paths are those
of the real ones; wxlint reads them in a Dockerfile. Compared is the torch that is there in the end: none, a plain
build or that of a
channel. A case whose commands fail would fail as a build: it is counted and left out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.differential.dummy_index import CARRIERS, CHANNEL_URL, CHANNELS, DEFAULT_URL, build, releases
from wxlint import facts
from wxlint.images.graph.summary import beliefs_of
from wxlint.lint.inputs import gather

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
VARIABLES = {
    "pip": ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
    "uv": ("UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX"),
}
_CLEAN = ("PIP_", "UV_", "VIRTUAL_ENV", "CONDA")


class Step(NamedTuple):
    """One command: variables that stand before it, and its words."""

    variables: dict[str, str]
    words: list[str]

    def shown(self) -> str:
        return " ".join([*(f"{n}='{v}'" for n, v in self.variables.items()), *(f"'{w}'" for w in self.words)])


class Case(NamedTuple):
    steps: list[Step]
    files: dict[str, str]


# -- random commands


class Maker:
    """Makes sequences of commands of one tool."""

    def __init__(self, seed: str, tool: str) -> None:
        self.rng, self.tool = random.Random(seed), tool
        self.versions = releases(PYTHON)
        self.files: dict[str, str] = {}
        self.reached: list[str] = []
        """The channels of the command that is made, "simple" for the default index."""

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def case(self) -> Case:
        steps = [self.step() for _ in range(self.rng.choice((1, 2, 2, 3)))]
        return Case(steps, self.files)

    def step(self) -> Step:
        program = ["pip"] if self.tool == "pip" else ["uv", "pip"]
        if self.chance(0.04):
            return Step({}, [*program, "uninstall", *(["-y"] if self.tool == "pip" else []), "torch"])
        sources = self.sources()
        self.reached = [url.rpartition("/")[2] for url in sources if url.startswith("http")]
        words = self.wanted() + sources
        if self.chance(0.15):
            words.append(self.rng.choice(("-U", "--upgrade")))
        if self.chance(0.05):
            words.append("--force-reinstall" if self.tool == "pip" else "--reinstall")
        if self.chance(0.08):
            words.append("--no-deps")
        if self.chance(0.12):
            words += ["-c", self.file("limits", [self.torch()])]
        variables = {}
        if self.chance(0.12):
            variables[self.rng.choice(VARIABLES[self.tool])] = self.url()
        return Step(variables, [*program, "install", *words])

    def wanted(self) -> list[str]:
        """What a command installs, or a file that lists it."""
        found = [self.one() for _ in range(self.rng.choice((1, 1, 2, 3)))]
        if not self.chance(0.25):
            return found
        lines = list(found)
        if self.chance(0.5):
            flags = ("--index-url", "--extra-index-url", "-i")
            lines.insert(self.rng.randrange(len(lines) + 1), f"{self.rng.choice(flags)} {self.url()}")
        return ["-r", self.file("list", lines)]

    def file(self, stem: str, lines: list[str]) -> str:
        name = f"{stem}{len(self.files)}.txt"
        self.files[name] = "\n".join(lines) + "\n"
        return name

    def one(self) -> str:
        choice = self.rng.random()
        if choice < 0.5:
            return self.torch()
        if choice < 0.75 or (self.reached and "simple" not in self.reached):
            return self.companion()
        return self.carrier() if choice < 0.92 else "flask"

    def torch(self) -> str:
        version = self.rng.choice(self.versions)
        served = [c for c in self.reached if version in facts.torch_releases(c)]
        channel = self.rng.choice(served or [c for c in CHANNELS if version in facts.torch_releases(c)])
        local = f"torch=={version}+{channel}" if served or self.chance(0.1) else f"torch=={version}"
        lower, upper = sorted(self.rng.sample(self.versions, 2), key=self.versions.index)
        return self.rng.choice(
            ("torch", "torch", f"torch=={version}", f"torch=={version}", local, f"torch>={version}",
             f"torch<{version}", f"torch>={lower},<{upper}", f"torch~={version}", f"torch!={version}")
        )  # fmt: skip

    def companion(self) -> str:
        name = self.rng.choice(("torchvision", "torchaudio"))
        listed = getattr(facts.companions(self.rng.choice(self.versions)), name)
        version = self.rng.choice(listed) if listed else ""
        return self.rng.choice((name, name, f"{name}=={version}", f"{name}>={version}") if version else (name,))

    def carrier(self) -> str:
        name = self.rng.choice(CARRIERS)
        if name == "whisperx" and self.chance(0.5):
            return f"whisperx=={self.rng.choice(('3.1.6', '3.3.3', '3.5.0', '3.7.4'))}"
        return name

    def url(self) -> str:
        return DEFAULT_URL if self.chance(0.25) else f"{CHANNEL_URL}/{self.rng.choice(CHANNELS)}"

    def sources(self) -> list[str]:
        words: list[str] = []
        if self.chance(0.45):
            flags = ("-i", "--index-url") if self.tool == "pip" else ("-i", "--index-url", "--default-index")
            words += [self.rng.choice(flags), self.url()]
        for _ in range(self.rng.choice((0, 0, 1, 1, 2)) if self.chance(0.6) else 0):
            flags = ("--extra-index-url",) if self.tool == "pip" else ("--extra-index-url", "--index")
            words += [self.rng.choice(flags), self.url()]
        if self.tool == "uv" and self.chance(0.06):
            words += ["--index-strategy", "unsafe-best-match"]
        return words


# -- what is there in the end


class Real:
    """A throwaway environment and local indexes."""

    def __init__(self, folder: Path, tool: str) -> None:
        self.folder, self.tool = folder, tool
        build(folder / "index", PYTHON)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(_CLEAN)}
        self.environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_NO_CONFIG": "1"}
        self.environment["PIP_INDEX_URL"] = self.environment["UV_DEFAULT_INDEX"] = self.local(DEFAULT_URL)
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, stdout=subprocess.DEVNULL)
        self.python = str(folder / "venv/bin/python")
        self.worker: subprocess.Popen[str] | None = None
        if tool == "pip":
            worker = Path(__file__).with_name("pip_worker.py")
            self.worker = subprocess.Popen(
                [self.python, str(worker)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=self.environment,
            )
        self.site = next((folder / "venv/lib").glob("python*/site-packages"))
        self.kept = set(os.listdir(self.site))

    def close(self) -> None:
        if self.worker is not None and self.worker.stdin is not None:
            self.worker.stdin.close()
            self.worker.wait()

    def local(self, text: str) -> str:
        """A text with the addresses of the real indexes replaced by those of the local ones."""
        base = (self.folder / "index").as_uri()
        return text.replace(CHANNEL_URL, f"{base}/whl").replace(DEFAULT_URL, f"{base}/simple")

    def run(self, case: Case, place: Path) -> dict[str, str] | None:
        """The versions that are there in the end; None when a command fails."""
        for name, text in case.files.items():
            (place / name).write_text(self.local(text))
        words = [[self.local(word) for word in step.words] for step in case.steps]
        variables = [{n: self.local(v) for n, v in step.variables.items()} for step in case.steps]
        return self._pip(words, variables, place) if self.tool == "pip" else self._uv(words, variables, place)

    def _pip(self, words: list[list[str]], variables: list[dict[str, str]], place: Path) -> dict[str, str] | None:
        assert self.worker is not None and self.worker.stdin is not None and self.worker.stdout is not None
        index = {"PIP_INDEX_URL": self.local(DEFAULT_URL)}
        asked = {
            "folder": str(place), "commands": [w[1:] for w in words], "variables": [{**index, **v} for v in variables]
        }  # fmt: skip
        self.worker.stdin.write(json.dumps(asked) + "\n")
        self.worker.stdin.flush()
        answers: list[dict[str, str]] = json.loads(self.worker.stdout.readline())
        return None if "failed" in answers[-1] else answers[-1]

    def _uv(self, words: list[list[str]], variables: list[dict[str, str]], place: Path) -> dict[str, str] | None:
        for name in set(os.listdir(self.site)) - self.kept:
            shutil.rmtree(self.site / name, ignore_errors=True)
        for command, given in zip(words, variables):
            environment = {**self.environment, **given}
            if "UV_INDEX_URL" in given:
                environment.pop("UV_DEFAULT_INDEX", None)
            listed = "".join((place / word).read_text() for word in command if word.endswith(".txt"))
            named = any(word in ("-i", "--index-url") for word in command) or "--index-url" in listed or "-i " in listed
            if named and "UV_DEFAULT_INDEX" not in given:
                environment.pop("UV_DEFAULT_INDEX", None)  # it would stand before them
            done = subprocess.run(
                [*command[:3], "--python", self.python, *command[3:]],
                cwd=place,
                env=environment,
                capture_output=True,
                check=False,
            )
            if done.returncode:
                return None
        stems = [
            n.removesuffix(".dist-info")
            for n in os.listdir(self.site)
            if n.endswith(".dist-info") and n not in self.kept
        ]
        return {name.replace("_", "-"): version for name, _, version in (stem.partition("-") for stem in stems)}


def channel_of(versions: dict[str, str]) -> str:
    """The channel of the torch that is there."""
    if "torch" not in versions:
        return "none"
    return versions["torch"].partition("+")[2] or "default"


def believed(case: Case, place: Path) -> str:
    """The channel that wxlint believes to be there."""
    for name, text in case.files.items():
        (place / name).write_text(text)
    lines = [f"FROM python:{PYTHON}-slim", *(f"COPY {name} ." for name in case.files)]
    lines += [f"RUN {step.shown()}" for step in case.steps]
    (place / "Dockerfile").write_text("\n".join(lines) + "\n")
    before = os.getcwd()
    os.chdir(place)
    try:
        gathered = gather(["."], no_policy=True)
        return next(b.torch for b in beliefs_of(gathered.repository, gathered.scope) if b.target is None)
    finally:
        os.chdir(before)


@contextlib.contextmanager
def environment(tool: str) -> Iterator[Real]:
    with tempfile.TemporaryDirectory() as folder:
        real = Real(Path(folder), tool)
        try:
            yield real
        finally:
            real.close()


def run(tool: str, cases: int, seed: str, show: int = 0) -> Counter[str]:
    """Compare many cases; print those that are wrong."""
    counts: Counter[str] = Counter()
    with environment(tool) as real:
        for number in range(cases):
            case = Maker(f"{seed}:{number}", tool).case()
            with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
                there: Any = real.run(case, Path(one))
                if there is None:
                    counts["failed"] += 1
                    continue
                belief = believed(case, Path(other))
            truth = channel_of(there)
            kind = "unknown" if belief == "unknown" else "agree" if belief == truth else "wrong"
            counts[kind] += 1
            if kind == "wrong" and counts["wrong"] <= show:
                print(f"--- {seed}:{number} {there}; wxlint: {belief}")
                print("\n".join(step.shown() for step in case.steps))
                for name, text in case.files.items():
                    print(f"    {name}: {text!r}")
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", choices=("pip", "uv"), default="pip")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--show", type=int, default=5, help="how many wrong cases to print")
    arguments = parser.parse_args()
    start = time.perf_counter()
    counts = run(arguments.tool, arguments.cases, arguments.seed, arguments.show)
    took = time.perf_counter() - start
    print(f"{arguments.tool}, {arguments.cases} cases, seed {arguments.seed}: {dict(counts)}, {took:.0f} s")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
