"""What install commands leave in an environment, against what wxlint believes of the same RUN instructions.

    python -m tests.differential.installed --tool pip --cases 2000 --seed 1 [--show 5]
    python -m tests.differential.installed --tool uv --cases 2000 --seed 1
    python -m tests.differential.installed --tool project --cases 2000 --seed 1

A case is a sequence of commands (install_sequences.py, project_sequences.py). They run for real, in a throwaway
environment, on local indexes of dummy wheels whose paths are those of the real ones; wxlint reads them in a Dockerfile.
Compared are, in the end: which build of torch is there (none, a plain one or that of a channel) and which release, the
companions of torch and whether they go with it, and the other accelerated packages with their releases. `missed`
packages are there and not believed to be: the case counts as unknown. A case whose commands fail would fail as a build:
it is counted and left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TextIO

from packaging.specifiers import SpecifierSet

from tests.differential.dummy_index import DEFAULT_URL, TWINS, described
from tests.differential.environment_sequences import Image
from tests.differential.install_sequences import PYTHON, Case, Maker
from tests.differential.project_sequences import ProjectMaker
from tests.differential.real_installs import Real, environment
from wxlint import facts
from wxlint.images.stack.base import Held
from wxlint.images.stack.companions import Mismatch, mismatches
from wxlint.images.stack.state import Stack, stack_after
from wxlint.images.stack.torch.model import NONE, Torch
from wxlint.images.stack.torch.releases import same_release
from wxlint.lint.inputs import gather

RECORDED = Path(__file__).with_name("recorded") / "installs.jsonl"
_DEFAULT = "{default index}"
"""In the place of its address, in what is kept."""


def channel_of(versions: dict[str, str]) -> str:
    """The channel of the torch that is there."""
    if "torch" not in versions:
        return "none"
    return versions["torch"].partition("+")[2] or "default"


class Belief(NamedTuple):
    """What wxlint believes to be there in the end."""

    torch: Torch
    stack: Stack
    mismatches: list[Mismatch]


def files_of(case: Case | Image, made: str = "") -> dict[str, str]:
    """The repository of a case: a Dockerfile of its commands, and what these read. made: the text of the lock."""
    return {**case.files, **({case.made: made} if case.made else {}), "Dockerfile": case.dockerfile()}


def believed(files: Mapping[str, str], place: Path) -> Belief:
    """What wxlint reads in a repository, which is written to a folder."""
    for name, text in files.items():
        (place / name).write_text(text)
    before = os.getcwd()
    os.chdir(place)
    try:
        repository = gather(["."], no_policy=True).repository
        evaluated = repository.graph.evaluations.by_hand("Dockerfile")
        state = repository.beliefs.state(evaluated, evaluated.stages[-1])
        broken = mismatches(NONE, state.installs)
        return Belief(state.torch, stack_after(Held(python=PYTHON), state.installs), broken)
    finally:
        os.chdir(before)


def differences(there: dict[str, str], belief: Belief) -> list[str]:
    """What is believed and not so."""
    torch, stack = belief.torch, belief.stack
    found = []
    if torch.channel not in ("unknown", channel_of(there)) and not _is_same_build(torch, there):
        found.append(f"torch: {torch.channel}")
    elif torch.channel not in ("unknown", "none") and torch.version is not None:
        if not same_release(torch.version, there["torch"].partition("+")[0]):
            found.append(f"torch: {torch.version}")
    if torch.channel not in ("unknown", "none"):
        found += [f"{name} is there" for name in sorted(torch.companions - there.keys())]
    found += [f"{one.companion.name} does not go with torch" for one in belief.mismatches if _goes(one, there)]
    for package in stack.packages:
        if package.conditional:
            continue
        version = there.get(package.name)
        if version is None:
            found.append(f"{package.name} is there")
        elif package.specifier and not SpecifierSet(package.specifier).contains(version, prereleases=True):
            found.append(f"{package.name}{package.specifier}")
    return found


def _is_same_build(torch: Torch, there: dict[str, str]) -> bool:
    """Whether the plain build that is there is the one that a channel serves, where it is open which release it is."""
    cuda = facts.cuda_of_channel(torch.channel)
    return torch.version is None and channel_of(there) == "default" and cuda == facts.default_cuda(there["torch"])


def _goes(mismatch: Mismatch, there: dict[str, str]) -> bool:
    """Whether a companion that is believed not to go with torch does, or one of them is not there."""
    name = mismatch.companion.name
    if "torch" not in there or name not in there:
        return True
    (torch, _, local), (companion, _, other) = (there[one].partition("+") for one in ("torch", name))
    return local == other and facts.companion_fits(name, companion, torch) is True


def missed(there: dict[str, str], belief: Belief) -> list[str]:
    """Accelerated packages that are there and not believed to be."""
    known = {package.name for package in belief.stack.packages}
    return sorted(set(there) & ({*TWINS, "xformers", "vllm"} - known))


def kept(name: str, files: Mapping[str, str], there: Mapping[str, str]) -> str:
    """A case and what was there in the end, as a line of recorded/installs.jsonl."""
    texts = {path: text.replace(DEFAULT_URL, _DEFAULT) for path, text in files.items()}
    return json.dumps({"name": name, "files": texts, "there": there}, sort_keys=True)


def recorded() -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Yield the cases that were wrong once: the name of each, its files, and what was there in the end."""
    for line in RECORDED.read_text().splitlines():
        case = json.loads(line)
        yield case["name"], {k: v.replace(_DEFAULT, DEFAULT_URL) for k, v in case["files"].items()}, case["there"]


class Answers:
    """What the real tools did in each case. path: a file that keeps it, so that a later run, with another wxlint, need
    not ask again, while the indexes serve the same; None for none. The tools' own releases are not looked at: a file
    is for one machine and a while."""

    def __init__(self, tool: str, path: Path | None) -> None:
        self.tool, self.path, self.served = tool, path, described(PYTHON)
        lines = path.read_text().splitlines() if path is not None and path.exists() else ()
        self.known: dict[str, Answer | None] = {}
        for line in lines:
            key, made, there = json.loads(line)
            self.known[key] = None if there is None else Answer(made, there)

    def of(self, case: Case, real: Real) -> Answer | None:
        """What a case leaves; None where a command fails."""
        asked = json.dumps(
            [self.served, self.tool, case.lock, case.made, case.dockerfile(), case.files], sort_keys=True
        )
        key = hashlib.sha256(asked.encode()).hexdigest()
        if key not in self.known:
            with tempfile.TemporaryDirectory() as place:
                made = real.prepare(case, Path(place))
                there = real.run(case, Path(place)) if made is not None else None
            self.known[key] = None if made is None or there is None else Answer(made, there)
            if self.path is not None:
                with self.path.open("a") as file:
                    file.write(json.dumps([key, *(self.known[key] or (None, None))]) + "\n")
        return self.known[key]


class Answer(NamedTuple):
    """made: the text of the file that the lock command makes. there: the versions that are there in the end."""

    made: str
    there: dict[str, str]


class Output(NamedTuple):
    """show: how many wrong cases are printed. keep: what all of them are written to."""

    show: int = 0
    keep: TextIO | None = None


_QUIET = Output()


def run(
    tool: str, numbers: Iterable[int], seed: str, output: Output = _QUIET, answers: Path | None = None
) -> Counter[str]:
    """Compare the cases of these numbers. answers: as those of Answers."""
    counts: Counter[str] = Counter()
    known = Answers(tool, answers)
    with environment(tool) as real:
        for number in numbers:
            named = f"{seed}:{number}"
            case = (ProjectMaker(named) if tool == "project" else Maker(named, tool)).case()
            answer = known.of(case, real)
            if answer is None:
                counts["failed"] += 1
                continue
            there, files = answer.there, files_of(case, answer.made)
            with tempfile.TemporaryDirectory() as place:
                belief = believed(files, Path(place))
            wrong = differences(there, belief)
            if wrong and output.keep is not None:
                output.keep.write(kept(f"{tool} {named}", files, there) + "\n")
            counts["missed"] += len(missed(there, belief))
            open_ = belief.torch.channel == "unknown" or missed(there, belief)
            kind = "wrong" if wrong else "unknown" if open_ else "agree"
            counts[kind] += 1
            if wrong and counts["wrong"] <= output.show:
                print(f"--- {named} {there}; wxlint: {'; '.join(wrong)}")
                print("\n".join(case.dockerfile().splitlines()[2:]))
                for name, text in case.files.items():
                    print(f"    {name}: {text!r}")
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", choices=("pip", "uv", "project"), default="pip")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--start", type=int, default=0, help="the number of the first case, for a run in pieces")
    parser.add_argument("--show", type=int, default=5, help="how many wrong cases to print")
    parser.add_argument("--keep", type=Path, help="add the wrong cases to this file, as recorded/installs.jsonl is")
    parser.add_argument("--answers", type=Path, help="keep what the tools did in this file, and do not ask again")
    arguments = parser.parse_args()
    began = time.perf_counter()
    with open(arguments.keep or os.devnull, "a") as keep:
        numbers = range(arguments.start, arguments.start + arguments.cases)
        counts = run(arguments.tool, numbers, arguments.seed, Output(arguments.show, keep), arguments.answers)
    took = time.perf_counter() - began
    print(f"{arguments.tool}, {arguments.cases} cases, seed {arguments.seed}: {dict(counts)}, {took:.0f} s")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
