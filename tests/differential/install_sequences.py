"""Random sequences of install commands: pip or uv, with indexes, files, constraints, upgrades, removals and variables.

What is chosen has the shape of what Dockerfiles do: most commands name torch, a companion or what brings it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tests.differential.dummy_index import (
    CARRIERS,
    CHANNEL_URL,
    CHANNELS,
    DEFAULT_URL,
    NIGHTLY,
    TWINS,
    WITH_EXTRAS,
    releases,
)
from wxlint import facts

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PROGRAMS = {
    "pip": (("pip",), ("pip",), ("pip3",), ("python", "-m", "pip"), ("python3", "-m", "pip")),
    "uv": (("uv", "pip"),),
}
VARIABLES = {
    "pip": (
        "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT", "PIP_NO_DEPS", "PIP_PRE", "PIP_UPGRADE", "PIP_TARGET",
        "PIP_FORCE_REINSTALL", "PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_UPGRADE_STRATEGY", "PIP_REQUIREMENT",
        "PIP_IGNORE_INSTALLED",
    ),
    "uv": (
        "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_CONSTRAINT", "UV_OVERRIDE",
        "UV_PRERELEASE", "UV_INDEX_STRATEGY", "UV_RESOLUTION", "UV_NO_INDEX", "UV_FIND_LINKS",
    ),
}  # fmt: skip
"""Variables that decide what an install takes; others are drawn by the last words of their names."""
MARKERS = (
    "sys_platform == 'linux'", "sys_platform == 'darwin'", "python_version >= '3.9'", "python_version < '3.9'",
    "platform_machine == 'x86_64'", "platform_machine == 'aarch64'", "sys_platform != 'win32' and os_name == 'posix'",
)  # fmt: skip


class Step(NamedTuple):
    """One command: variables that stand before it, and its words. joined: behind the one before, by `&&`."""

    variables: dict[str, str]
    words: list[str]
    joined: bool = False

    def shown(self) -> str:
        return " ".join([*(f"{n}='{v}'" for n, v in self.variables.items()), *(_quoted(w) for w in self.words)])


def _quoted(word: str) -> str:
    return f'"{word}"' if "'" in word else f"'{word}'"


class Case(NamedTuple):
    """environment: what ENV sets. onbuild: the commands stand behind ONBUILD in a stage that the last one begins with.
    lock: a command of uv that is run before the build, and makes a file that the build copies."""

    steps: list[Step]
    files: dict[str, str]
    environment: Mapping[str, str] = MappingProxyType({})
    onbuild: bool = False
    lock: tuple[str, ...] = ()
    made: str = ""

    def dockerfile(self) -> str:
        """The commands as a Dockerfile."""
        files = [*self.files, *([self.made] if self.made else [])]
        lines = [f"FROM python:{PYTHON}-slim" + (" AS base" if self.onbuild else ""), "WORKDIR /app"]
        lines += [f'ENV {name}="{value}"' for name, value in self.environment.items()]
        lines += [f"COPY {name} ." for name in files]
        prefix = "ONBUILD " if self.onbuild else ""
        for step in self.steps:
            if step.joined and lines[-1].startswith(f"{prefix}RUN"):
                lines[-1] += f" && {step.shown()}"
            else:
                lines.append(f"{prefix}RUN {step.shown()}")
        return "\n".join([*lines, *(["FROM base"] if self.onbuild else [])]) + "\n"


class Maker:
    """Makes sequences of commands of one tool, "pip" or "uv"."""

    def __init__(self, seed: str, tool: str) -> None:
        self.rng, self.tool = random.Random(seed), tool
        self.versions = releases(PYTHON)
        self.files: dict[str, str] = {}
        self.reached: list[str] = []
        """The channels of the command that is made, "simple" for the default index."""

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def case(self) -> Case:
        environment = dict([self.variable()]) if self.chance(0.1) else {}
        steps = [self.step() for _ in range(self.rng.choice((1, 2, 2, 3)))]
        if self.tool == "pip" and self.chance(0.06):
            name = self.rng.choice(("index-url", "extra-index-url"))
            self.files["pip.conf"] = f"[global]\n{name} = {self.url()}\n"
            environment["PIP_CONFIG_FILE"] = "/app/pip.conf"
        if self.tool == "uv" and self.chance(0.08):
            self.files["uv.toml"] = self.settings()
        steps = [step._replace(joined=self.chance(0.2)) for step in steps]
        return Case(steps, self.files, environment, self.chance(0.05))

    def settings(self) -> str:
        """A uv.toml of one setting."""
        index = f'[[index]]\nname = "one"\nurl = "{self.url()}"\n'
        return self.rng.choice(
            (index, f"{index}default = true\n",
             f'extra-index-url = ["{self.url()}"]\n', f'index-url = "{self.url()}"\n',
             'index-strategy = "unsafe-best-match"\n', 'prerelease = "allow"\n', 'resolution = "lowest-direct"\n')
        )  # fmt: skip

    def step(self) -> Step:
        program = list(self.rng.choice(PROGRAMS[self.tool]))
        if self.chance(0.06):
            gone = self.rng.sample(("torch", "torch", "torchvision", *TWINS), self.rng.choice((1, 1, 2)))
            return Step({}, [*program, "uninstall", *(["-y"] if self.tool == "pip" else []), *dict.fromkeys(gone)])
        sources = self.sources()
        self.reached = [url.rpartition("/")[2] for url in sources if "http" in url]
        if self.tool == "uv" and self.chance(0.04):
            return Step({}, [*program, "sync", self.file("all", [self.one() for _ in range(3)]), *sources])
        words = self.wanted() + sources + self.switches()
        if self.chance(0.12):
            words += [self.rng.choice(("-c", "--constraint")), self.file("limits", [self.limit()])]
        return Step(dict([self.variable()]) if self.chance(0.12) else {}, [*program, "install", *words])

    def switches(self) -> list[str]:
        """Options that change how an install resolves."""
        words = [self.rng.choice(("-U", "--upgrade"))] if self.chance(0.15) else []
        shared = {"--no-deps": 0.06, "--pre": 0.03, "--target=/opt/lib": 0.02}
        own = {
            "pip": {
                "--force-reinstall": 0.04, "--upgrade-strategy=eager": 0.02, "--ignore-installed": 0.02, "-I": 0.01,
            },
            "uv": {
                "--reinstall": 0.04, "--exact": 0.02, "--index-strategy=unsafe-best-match": 0.04,
                "--index-strategy=unsafe-first-match": 0.02, "--resolution=lowest-direct": 0.02,
                "--resolution=lowest": 0.02, "--prerelease=allow": 0.02, "--upgrade-package=torch": 0.03,
                "--reinstall-package=torch": 0.02, "-Ptorchvision": 0.02,
            },
        }[self.tool]  # fmt: skip
        words += [word for word, share in {**shared, **own}.items() if self.chance(share)]
        if self.tool == "uv" and self.chance(0.04):
            words += ["--override", self.file("override", [self.torch()])]
        return words

    def variable(self) -> tuple[str, str]:
        name = self.rng.choice(VARIABLES[self.tool])
        if name.endswith(("CONSTRAINT", "OVERRIDE")):
            return name, self.file("limits", [self.limit()])
        if name.endswith("REQUIREMENT"):
            return name, self.file("more", [self.one()])
        if name.endswith("LINKS"):
            return name, f"{CHANNEL_URL}/torch_stable.html"
        if "INDEX" in name and not name.endswith(("NO_INDEX", "STRATEGY")):
            return name, self.url()
        chosen = {
            "PIP_TARGET": "/opt/lib", "PIP_UPGRADE_STRATEGY": "eager", "UV_PRERELEASE": "allow",
            "UV_INDEX_STRATEGY": "unsafe-best-match", "UV_RESOLUTION": "lowest-direct",
        }  # fmt: skip
        return name, chosen.get(name) or self.rng.choice(("1", "true", "1", "0"))

    def wanted(self) -> list[str]:
        """What a command installs, or a file that lists it."""
        found = [self.one() for _ in range(self.rng.choice((1, 1, 2, 3)))]
        if self.chance(0.05):
            found[-1] = f"{found[-1]}; {self.rng.choice(MARKERS)}"
        if self.chance(0.04):
            return [self.address()]
        if not self.chance(0.25):
            return found
        lines = list(found)
        if self.chance(0.5):
            flags = ("--index-url", "--extra-index-url", "-i")
            lines.insert(self.rng.randrange(len(lines) + 1), f"{self.rng.choice(flags)} {self.url()}")
        elif self.tool == "pip" and self.chance(0.15):
            lines[-1] += f" --index-url {self.url()}"  # which pip does not look at
        if self.chance(0.1):
            lines.append(f"-c {self.file('inner', [self.limit()])}")
        if self.chance(0.15):
            lines.append(f"-r {self.file('nested', [self.one()])}")
        if self.tool == "pip" and self.chance(0.05):
            lines.insert(0, "--pre")
        return [self.rng.choice(("-r", "--requirement")), self.file("list", lines)]

    def address(self) -> str:
        """A wheel by its address."""
        channel = self.rng.choice(CHANNELS)
        version = self.rng.choice([v for v in self.versions if v in facts.torch_releases(channel)])
        url = f"{CHANNEL_URL}/{channel}/torch/torch-{version}%2B{channel}-py3-none-any.whl"
        return self.rng.choice((url, f"torch @ {url}"))

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
        if choice < 0.79:
            return self.with_extra()
        return self.carrier() if choice < 0.88 else self.twin() if choice < 0.97 else "flask"

    def limit(self) -> str:
        """A line of constraints: of torch, or of anything else."""
        return self.torch() if self.chance(0.7) else self.one().partition("[")[0]

    def torch(self) -> str:
        version = self.rng.choice(self.versions)
        served = [c for c in self.reached if version in facts.torch_releases(c)]
        channel = self.rng.choice(served or [c for c in CHANNELS if version in facts.torch_releases(c)] or ["cpu"])
        local = f"torch=={version}+{channel}" if served or self.chance(0.1) else f"torch=={version}"
        lower, upper = sorted(self.rng.sample(self.versions, 2), key=self.versions.index)
        return self.rng.choice(
            ("torch", "torch", f"torch=={version}", f"torch=={version}", local, f"torch>={version}",
             f"torch<{version}", f"torch>={lower},<{upper}", f"torch~={version}", f"torch!={version}",
             f"torch=={version.rpartition('.')[0]}.*")
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

    def with_extra(self) -> str:
        name = self.rng.choice(tuple(WITH_EXTRAS))
        return f"{name}[{self.rng.choice(WITH_EXTRAS[name])}]" if self.chance(0.8) else name

    def twin(self) -> str:
        """One of packages that share what Python imports."""
        name = self.rng.choice(tuple(TWINS))
        version = self.rng.choice(TWINS[name])
        return self.rng.choice((name, name, f"{name}=={version}", f"{name}>={version}", f"{name}<{version}"))

    def url(self) -> str:
        if self.chance(0.04):
            return self.rng.choice((CHANNEL_URL, f"{CHANNEL_URL}/nightly/{self.rng.choice(NIGHTLY)}"))
        return DEFAULT_URL if self.chance(0.25) else f"{CHANNEL_URL}/{self.rng.choice(CHANNELS)}"

    def sources(self) -> list[str]:
        words: list[str] = []
        if self.chance(0.45):
            flags = ("-i", "--index-url") if self.tool == "pip" else ("-i", "--index-url", "--default-index")
            flag, url = self.rng.choice(flags), self.url()
            words += [f"{flag}={url}"] if flag.startswith("--") and self.chance(0.3) else [flag, url]
        for _ in range(self.rng.choice((0, 0, 1, 1, 2)) if self.chance(0.6) else 0):
            flags = ("--extra-index-url",) if self.tool == "pip" else ("--extra-index-url", "--index")
            words += [self.rng.choice(flags), self.url()]
        if self.chance(0.03):
            words += [self.rng.choice(("-f", "--find-links")), f"{CHANNEL_URL}/torch_stable.html"]
        if self.chance(0.02):
            words.append("--no-index")
        return words
