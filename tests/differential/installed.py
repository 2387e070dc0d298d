"""What install commands leave in an environment, against what wxlint believes of the same RUN instructions.

    python -m tests.differential.installed --tool pip --cases 2000 --seed 1 [--show 5]
    python -m tests.differential.installed --tool uv --cases 2000 --seed 1

A case is a sequence of commands (install_sequences.py). They run for real, in a throwaway environment, on local
indexes of dummy wheels whose paths are those of the real ones; wxlint reads them in a Dockerfile. Compared are, in the
end: which build of torch is there (none, a plain one or that of a channel) and which release, the companions of torch,
and the other accelerated packages with their releases. `missed` packages are there and not believed to be: the case
counts as unknown. A case whose commands fail would fail as a build: it is counted and left out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from packaging.specifiers import SpecifierSet

from tests.differential.dummy_index import CHANNEL_URL, DEFAULT_URL, TWINS, build
from tests.differential.install_sequences import PYTHON, Case, Maker
from wxlint.images.stack.base import Held
from wxlint.images.stack.state import Stack, stack_after
from wxlint.images.stack.torch.model import Torch
from wxlint.images.stack.torch.releases import same_release
from wxlint.lint.inputs import gather

_CLEAN = ("PIP_", "UV_", "VIRTUAL_ENV", "CONDA")


# -- what is there in the end


def uv_program() -> str | None:
    """The uv that is to be tried: the one beside the interpreter, else that of the path."""
    beside = os.path.dirname(sys.executable)
    return shutil.which("uv", path=os.pathsep.join((beside, os.environ.get("PATH", ""))))


class Real:
    """A throwaway environment and local indexes."""

    def __init__(self, folder: Path, tool: str) -> None:
        self.folder, self.tool = folder, tool
        self.uv = uv_program() or "uv"
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
                [self.uv, *command[1:3], "--python", self.python, *command[3:]],
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


class Belief(NamedTuple):
    """What wxlint believes to be there in the end."""

    torch: Torch
    stack: Stack


def believed(case: Case, place: Path) -> Belief:
    """What wxlint reads in a Dockerfile of the same commands."""
    for name, text in case.files.items():
        (place / name).write_text(text)
    lines = [f"FROM python:{PYTHON}-slim", *(f"COPY {name} ." for name in case.files)]
    lines += [f"RUN {step.shown()}" for step in case.steps]
    (place / "Dockerfile").write_text("\n".join(lines) + "\n")
    before = os.getcwd()
    os.chdir(place)
    try:
        repository = gather(["."], no_policy=True).repository
        evaluated = repository.graph.by_hand("Dockerfile")
        state = repository.beliefs.state(evaluated, evaluated.stages[-1])
        return Belief(state.torch, stack_after(Held(python=PYTHON), state.installs))
    finally:
        os.chdir(before)


def differences(there: dict[str, str], belief: Belief) -> list[str]:
    """What is believed and not so."""
    torch, stack = belief
    found = []
    if torch.channel not in ("unknown", channel_of(there)):
        found.append(f"torch: {torch.channel}")
    elif torch.channel not in ("unknown", "none") and torch.version is not None:
        if not same_release(torch.version, there["torch"].partition("+")[0]):
            found.append(f"torch: {torch.version}")
    if torch.channel not in ("unknown", "none"):
        found += [f"{name} is there" for name in sorted(torch.companions - there.keys())]
    for package in stack.packages:
        if package.conditional:
            continue
        version = there.get(package.name)
        if version is None:
            found.append(f"{package.name} is there")
        elif package.specifier and not SpecifierSet(package.specifier).contains(version, prereleases=True):
            found.append(f"{package.name}{package.specifier}")
    return found


def missed(there: dict[str, str], belief: Belief) -> list[str]:
    """Accelerated packages that are there and not believed to be."""
    known = {package.name for package in belief.stack.packages}
    return sorted(set(there) & ({*TWINS, "xformers", "vllm"} - known))


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
                there = real.run(case, Path(one))
                if there is None:
                    counts["failed"] += 1
                    continue
                belief = believed(case, Path(other))
            wrong = differences(there, belief)
            counts["missed"] += len(missed(there, belief))
            open_ = belief.torch.channel == "unknown" or missed(there, belief)
            kind = "wrong" if wrong else "unknown" if open_ else "agree"
            counts[kind] += 1
            if wrong and counts["wrong"] <= show:
                print(f"--- {seed}:{number} {there}; wxlint: {'; '.join(wrong)}")
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
