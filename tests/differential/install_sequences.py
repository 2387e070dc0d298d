"""Random sequences of install commands: pip or uv, with indexes, files, constraints, upgrades and removals."""

from __future__ import annotations

import random
import sys
from typing import NamedTuple

from tests.differential.dummy_index import CARRIERS, CHANNEL_URL, CHANNELS, DEFAULT_URL, TWINS, releases
from wxlint import facts

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
VARIABLES = {
    "pip": ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT"),
    "uv": ("UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_CONSTRAINT"),
}


class Step(NamedTuple):
    """One command: variables that stand before it, and its words."""

    variables: dict[str, str]
    words: list[str]

    def shown(self) -> str:
        return " ".join([*(f"{n}='{v}'" for n, v in self.variables.items()), *(f"'{w}'" for w in self.words)])


class Case(NamedTuple):
    steps: list[Step]
    files: dict[str, str]


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
        if self.chance(0.06):
            gone = self.rng.sample(("torch", "torch", "torchvision", *TWINS), self.rng.choice((1, 1, 2)))
            return Step({}, [*program, "uninstall", *(["-y"] if self.tool == "pip" else []), *dict.fromkeys(gone)])
        sources = self.sources()
        self.reached = [url.rpartition("/")[2] for url in sources if url.startswith("http")]
        words = self.wanted() + sources
        if self.chance(0.15):
            words.append(self.rng.choice(("-U", "--upgrade")))
        if self.chance(0.05):
            words.append("--force-reinstall" if self.tool == "pip" else "--reinstall")
        if self.tool == "pip" and self.chance(0.03):
            words.append("--upgrade-strategy=eager")
        if self.chance(0.08):
            words.append("--no-deps")
        if self.chance(0.12):
            words += ["-c", self.file("limits", [self.torch()])]
        variables = {}
        if self.chance(0.12):
            name = self.rng.choice(VARIABLES[self.tool])
            variables[name] = self.file("limits", [self.torch()]) if name.endswith("CONSTRAINT") else self.url()
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
        return self.carrier() if choice < 0.88 else self.twin() if choice < 0.97 else "flask"

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
        name = self.rng.choice(tuple(CARRIERS))
        version = self.rng.choice(CARRIERS[name])
        return self.rng.choice((name, name, f"{name}=={version}", f"{name}<={version}"))

    def twin(self) -> str:
        """One of packages that share what Python imports."""
        name = self.rng.choice(tuple(TWINS))
        version = self.rng.choice(TWINS[name])
        return self.rng.choice((name, name, f"{name}=={version}", f"{name}>={version}", f"{name}<{version}"))

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
